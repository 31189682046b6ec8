// Rows that tell of a finding, and feedback told to versions.

import Basics
import Testing

@testable import Reason

@Suite struct TellingRowsTests {
    @Test func `rows that tell of a drift lie where the moved column went`() throws {
        var traffic = Traffic(seed: 40)
        let reference = ModelReference(
            traffic.plain(2000), origin: .firstAnswers(from: 0, through: 1))
        traffic.shift = 1.5
        let block = traffic.plain(500)
        let rows = TellingRows(reference).rows(
            .drift, of: block, columns: ["amount"], labels: joinedLabels(block, [:]))
        #expect(rows.count == TellingRows.rowsMax)
        #expect(rows.map(\.score) == rows.map(\.score).sorted(by: >))
        for row in rows {
            let cell = try #require(row.cells.first)
            #expect(cell.column == "amount" && (cell.ratio ?? 0) > 1)
            #expect(try #require(Double(cell.value)) > 0.5)
            #expect(row.label != nil && !row.id.isEmpty)
        }
        // Rows of one bin would tell one thing: as many bins as have become commoner are shown.
        #expect(Set(rows.map { $0.cells.first?.ratio }).count >= 3)
    }

    @Test func `rows that tell of broken data hold what the reference does not know`() {
        var traffic = Traffic(seed: 41)
        let reference = ModelReference(
            traffic.plain(1000), origin: .firstAnswers(from: 0, through: 1))
        traffic.newRegion = 0.1
        let block = traffic.plain(300)
        let rows = TellingRows(reference).rows(.data, of: block, columns: ["region"], labels: [])
        #expect(!rows.isEmpty)
        #expect(rows.allSatisfy { $0.cells.first?.value == "moon" && $0.score == 1 })
    }

    @Test func `rows that tell of worse answers are the surest wrong ones`() {
        var traffic = Traffic(seed: 42)
        let block = traffic.plain(1000)
        let reference = ModelReference(block, origin: .firstAnswers(from: 0, through: 1))
        let rows = TellingRows(reference).rows(
            .quality, of: block, columns: [], labels: joinedLabels(block, [:]))
        #expect(rows.count == 5 && rows.allSatisfy { $0.score > 0.9 })
        #expect(rows.map(\.score) == rows.map(\.score).sorted(by: >))
        for row in rows {
            // No class is given here, so that the score says which: 1 from one half on.
            let score =
                row.cells.first { $0.column == "score" }.flatMap { Double($0.value) } ?? .nan
            #expect(row.label == (score >= 0.5 ? "0" : "1") && !score.isNaN, "\(row.id)")
        }
        // What is right tells nothing.
        let none = TellingRows(reference).rows(
            .quality, of: block, columns: [], labels: Array(repeating: nil, count: 1000))
        #expect(none.isEmpty)
    }

    @Test func `what has not moved tells nothing`() {
        var traffic = Traffic(seed: 43)
        let block = traffic.plain(1000)
        let reference = ModelReference(block, origin: .firstAnswers(from: 0, through: 1))
        let rows = TellingRows(reference).rows(.drift, of: block, columns: ["amount"], labels: [])
        #expect(rows.isEmpty)
    }

    @Test func `feedback is told to versions, and what names no model is counted apart`() throws {
        func feedback(_ id: String, _ fields: [String: EventValue], at time: Millis) -> Event {
            Event(
                id: id, source: "app", kind: .feedback, time: time, service: "chat",
                fields: fields)
        }
        let state = DeliveryState(events: [
            feedback(
                "a", ["model": .text("m"), "version": .text("1"), "thumbs": .text("up")], at: 1),
            feedback(
                "b",
                [
                    "model": .text("m"), "version": .text("1"), "thumbs": .text("down"),
                    "score": .number(4),
                ], at: 2),
            feedback(
                "c",
                [
                    "model": .text("m"), "version": .text("2"), "score": .number(3),
                    "scale": .number(10),
                ], at: 3),
            feedback("d", ["model": .text("other"), "thumbs": .text("up")], at: 4),
            feedback("e", ["thumbs": .text("up")], at: 5),
        ])
        let found = ModelFeedback(state.feedback, of: "m", service: "chat")
        #expect(found.versions.map(\.version) == ["2", "1"] && found.unnamed == 1)
        let one = try #require(found.versions.last)
        #expect(one.count == 2 && one.up == 1 && one.down == 1 && one.meanScore == 0.8)
        #expect(one.upShare?.value == 0.5 && one.upShare?.interval.contains(0.5) == true)
        #expect(found.versions.first?.meanScore == 0.3 && found.versions.first?.upShare == nil)
        #expect(ModelFeedback(state.feedback, of: "m", service: "else").unnamed == 0)
    }
}
