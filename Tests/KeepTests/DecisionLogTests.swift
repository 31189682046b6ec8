// The log of decisions: outcomes are added once, and which decisions still wait for theirs.

import Basics
import Keep
import Testing

private let day: Int64 = 86_400_000

private func row(_ id: String, _ name: String, _ time: Int64, subject: String = "") -> DecisionRow {
    DecisionRow(id: id, name: name, subject: subject, askedAt: time, json: "{\"id\":\"\(id)\"}")
}

@Suite struct DecisionLogTests {
    @Test func `the first outcome of a decision stands`() throws {
        let scratch = RecordsScratch()
        let keeper = try RecordKeeper.open(folder: scratch.path, registry: Registry())
        let log = keeper.decisions
        try log.keep(row("a", "go", 1))
        #expect(try log.decision("a")?.outcome == nil)
        try log.conclude("a", time: 2, json: #"{"value":1}"#)
        try log.conclude("a", time: 3, json: #"{"value":2}"#)
        try log.conclude("nobody", time: 3, json: "{}")
        #expect(try log.decision("a")?.outcome == #"{"value":1}"#)
        #expect(try log.concluded().map(\.id) == ["a"])
        #expect(try log.newest(told: true).map(\.id) == ["a"])
        try keeper.close()
    }

    @Test
    func `of what was asked minutes apart only the last of a day waits, or what was answered`()
        throws
    {
        let scratch = RecordsScratch()
        let keeper = try RecordKeeper.open(folder: scratch.path, registry: Registry())
        let log = keeper.decisions
        for (id, time) in [("a", day), ("b", day + 1), ("c", day + 2), ("d", 2 * day)] {
            try log.keep(row(id, "commit", time))
        }
        try log.keep(row("other", "commit", day + 3, subject: "alpha"))
        try log.keep(row("go", "go", day + 4))
        #expect(try log.answer("a", time: day + 5, json: "{}"))
        let waiting = try log.waiting("commit", since: 0, lastOfDay: true)
        #expect(waiting.map(\.row.id) == ["a", "c", "other", "d"])
        #expect(waiting.map(\.supersededAt) == [day + 1, 2 * day, nil, nil])
        #expect(try log.waiting("commit", since: 0, lastOfDay: false).count == 5)
        #expect(try log.waiting("commit", since: day + 2, lastOfDay: true).count == 3)
        try log.conclude("c", time: 3 * day, json: "{}")
        #expect(try log.waiting("commit", since: 0, lastOfDay: true).count == 3)
        #expect(try log.waiting("go", since: 0, lastOfDay: false).map(\.row.id) == ["go"])
        try keeper.close()
    }
}
