// The budget: quiet series are notified about as often as it says, incidents are not held back by it.

import Basics
import Reason
import Testing

private let start: Millis = 1_767_225_600_000
private let dayLength: Millis = 86_400_000

private func look(_ evidence: [String: Double]) -> [NotificationBudget.Evidence] {
    evidence.sorted { $0.key < $1.key }.map { .init(series: $0.key, evidence: $0.value) }
}

/// A budget after three weeks in which it was spent as it may be: one notification a week.
private func settled() -> NotificationBudget {
    var budget = NotificationBudget()
    for hour in 0..<(21 * 24) {
        let seen = hour % 168 == 100 ? ["spent": 6] : hour % 40 == 0 ? ["a": 1.8] : [:]
        _ = budget.notified(look(seen), among: 10, at: start + Millis(hour) * 3_600_000)
    }
    return budget
}

@Suite struct NotificationBudgetTests {
    @Test(arguments: QuietKind.allCases)
    func `quiet series are notified within the budget`(_ kind: QuietKind) {
        let outcome = nullTrial(kind, series: 10, days: 28, step: 900_000, seed: 11)
        #expect(outcome.observations == 26_880)
        #expect(abs(outcome.budgeted - 4) < 1e-9)
        // 0.9 of 4 is expected; 9 would be a chance of 1 in 100.
        #expect(outcome.notifications <= 8, "\(kind): \(outcome.notifications)")
    }

    @Test func `strong evidence is told at once and not again within the quiet time`() {
        var budget = settled()
        let now = start + 22 * dayLength
        #expect(budget.notified(look(["b": 6]), among: 10, at: now) == ["b"])
        #expect(budget.notified(look(["b": 6]), among: 10, at: now + 3_600_000) == [])
        #expect(budget.notified(look(["b": 6]), among: 10, at: now + dayLength) == ["b"])
    }

    @Test func `weak evidence alone is not told, the same in many series at once is`() {
        var budget = settled()
        let now = start + 22 * dayLength
        let weak = 2.3
        #expect(budget.notified(look(["a": weak]), among: 10, at: now) == [])
        let names = (0..<9).map { "s\($0)" }
        let together = Dictionary(uniqueKeysWithValues: names.map { ($0, weak) })
        #expect(budget.notified(look(together), among: 10, at: now + dayLength).count == 9)
    }

    @Test func `weak evidence that stays for weeks is told in the end`() {
        var budget = settled()
        var told: Int?
        for half in 0..<60 where told == nil {
            let now = start + 22 * dayLength + Millis(half) * 12 * 3_600_000
            if budget.notified(look(["c": 2.6]), among: 10, at: now) == ["c"] { told = half }
        }
        #expect(told.map { $0 > 0 } == true, "\(String(describing: told))")
    }

    @Test func `incidents make the level stricter within bounds only`() {
        var budget = settled()
        for day in 0..<6 {
            let now = start + Millis(22 + day) * dayLength
            #expect(budget.notified(look(["i\(day)": 8]), among: 20, at: now) == ["i\(day)"])
        }
        let now = start + 28 * dayLength
        #expect(budget.notified(look(["other": 5]), among: 20, at: now) == ["other"])
    }

    @Test func `a budget that is kept and read back is the same`() throws {
        var budget = settled()
        _ = budget.notified(look(["b": 6, "c": 2]), among: 10, at: start + 22 * dayLength)
        #expect(try NotificationBudget(decoding: budget.encoded()) == budget)
        var damaged = budget.encoded()
        damaged[40] ^= 4
        #expect(throws: ModelStateError.self) { try NotificationBudget(decoding: damaged) }
    }

    @Test func `the first two days only teach`() {
        var budget = NotificationBudget()
        #expect(budget.notified(look(["a": 9]), among: 1, at: start) == [])
        #expect(budget.notified(look(["a": 9]), among: 1, at: start + dayLength * 3 / 2) == [])
        #expect(budget.notified(look(["a": 9]), among: 1, at: start + 3 * dayLength) == ["a"])
    }
}
