import Basics
import Testing

@testable import Send

private func silence(_ id: String = "", from: Millis, to: Millis, _ value: String = "x") -> Silence
{
    Silence(
        id: id, matchers: [Matcher("a", equals: value)], startsAt: from, endsAt: to,
        createdBy: "me",
        comment: "why")
}

@Suite struct SilenceRules {
    @Test func `a silence has its time, and nothing before it`() throws {
        var silences = Silences()
        let made = try silences.set(silence(from: 0, to: 100), newID: "n1", at: 50)
        #expect(made.map(\.startsAt) == [50])
        #expect(silences.holding(["a": "x"], at: 50) == ["n1"])
        #expect(silences.holding(["a": "y"], at: 50).isEmpty)
        #expect(silences.holding(["a": "x"], at: 100).isEmpty)
        _ = try silences.set(silence(from: 200, to: 300), newID: "n2", at: 50)
        #expect(silences["n2"]?.state(at: 60) == .pending)
    }

    @Test func `its end may be moved; anything else makes a new one and ends the old`() throws {
        var silences = Silences()
        _ = try silences.set(silence(from: 10, to: 100), newID: "n1", at: 10)
        #expect(
            try silences.set(silence("n1", from: 10, to: 500), newID: "n2", at: 20).map(\.id) == [
                "n1"
            ])
        let changed = try silences.set(silence("n1", from: 10, to: 500, "z"), newID: "n3", at: 30)
        #expect(changed.map(\.id) == ["n1", "n3"])
        #expect(silences["n1"]?.state(at: 30) == .expired)
        #expect(silences.holding(["a": "z"], at: 30) == ["n3"])
    }

    @Test func `what is wrong is refused`() throws {
        var silences = Silences()
        #expect(throws: SilenceError.notFound) {
            try silences.set(silence("no", from: 0, to: 9), newID: "n", at: 1)
        }
        #expect(throws: SilenceError.invalid("at least one matcher required")) {
            var bad = silence(from: 0, to: 9)
            bad.matchers = []
            _ = try silences.set(bad, newID: "n", at: 1)
        }
        #expect(
            throws: SilenceError.invalid("at least one matcher must not match the empty string")
        ) {
            var bad = silence(from: 0, to: 9)
            bad.matchers = [try Matcher("a", .matches, ".*")]
            _ = try silences.set(bad, newID: "n", at: 1)
        }
        _ = try silences.set(silence(from: 0, to: 9), newID: "n", at: 1)
        _ = try silences.expire("n", at: 2)
        #expect(throws: SilenceError.alreadyExpired("n")) { try silences.expire("n", at: 3) }
    }

    @Test func `an ended silence is remembered for five days, and there are not too many`() throws {
        var silences = Silences()
        _ = try silences.set(silence(from: 0, to: 10), newID: "n", at: 1)
        #expect(silences.prune(at: 120 * 3_600_000).isEmpty)
        #expect(silences.prune(at: 120 * 3_600_000 + 11) == ["n"])
        for index in 0..<Silences.countMax {
            _ = try silences.set(silence(from: 0, to: 10), newID: "\(index)", at: 1)
        }
        #expect(throws: SilenceError.tooMany(Silences.countMax)) {
            try silences.set(silence(from: 0, to: 10), newID: "more", at: 1)
        }
    }
}
