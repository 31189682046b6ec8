// A model version under watch, simulated: no accusation without drift, the stated delay with it, the
// column and the direction named, acquittal, and the same verdict after a restart.

import Basics
import Bytes
import Testing

@testable import Reason

/// Looks of all answers together, with what they changed.
private func looks(_ outcomes: [ModelCase.Outcome], _ segment: String = "") -> [(
    ModelLook, ModelWatch.Change
)] {
    outcomes.compactMap { outcome in
        if case .looked(segment, let look, let change, _) = outcome { return (look, change) }
        return nil
    }
}

@Suite struct ModelCaseTests {
    @Test func `the first two thousand answers are the reference, and say so`() throws {
        var traffic = Traffic(seed: 7)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        var gathered = 0
        for _ in 0..<4 {
            for case .gathered(let block) in watching.take(traffic.block(500), now: traffic.time) {
                gathered = block.count
            }
        }
        #expect(gathered == 2000)
        let reference = try #require(watching.reference)
        #expect(reference.origin.phrase(rows: reference.rows).key == "models.reference.first")
        #expect(watching.scopes.map(\.segment).sorted() == ["", "branch", "online"])
        #expect(watching.whole?.watched == ["amount", "age", "region", "score"])
    }

    @Test func `a week with fewer answers is a reference too`() {
        #expect(
            !ModelReference.isComplete(rows: 1999, since: 0, now: ModelReference.weekMillis - 1))
        #expect(ModelReference.isComplete(rows: 200, since: 0, now: ModelReference.weekMillis))
        #expect(!ModelReference.isComplete(rows: 199, since: 0, now: 2 * ModelReference.weekMillis))
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `fifty windows without drift accuse nothing`(_ seed: UInt64) {
        var traffic = Traffic(seed: seed)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        var count = 0
        for _ in 0..<54 {
            let found = looks(watching.take(traffic.plain(500), now: traffic.time))
            count += found.count
            #expect(found.allSatisfy { $0.1.began.isEmpty }, "seed \(seed)")
        }
        #expect(count == 50)
        #expect(watching.scopes.allSatisfy { $0.watch.drifted.isEmpty }, "seed \(seed)")
    }

    @Test(arguments: [11, 12] as [UInt64])
    func `a shift of a standard deviation is found in the first window and named`(_ seed: UInt64)
        throws
    {
        var traffic = Traffic(seed: seed)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        for _ in 0..<6 { _ = watching.take(traffic.plain(500), now: traffic.time) }
        traffic.shift = 1
        let begin = traffic.time
        let (look, change) = try #require(
            looks(watching.take(traffic.plain(500), now: traffic.time)).first)
        #expect(change.began == ["amount"], "seed \(seed)")
        let whole = try #require(watching.whole)
        let finding = try #require(driftFinding(watching.key, whole))
        #expect(finding.summary.arguments["column"] == "amount")
        #expect(finding.evidence.first?.key == "drift.direction.up")
        #expect(finding.start == begin + 1000 && finding.start == look.from)
        #expect(finding.end == nil && finding.labels["model"] == "credit")
    }

    @Test func `a small shift takes more windows, and a new category is named`() throws {
        var traffic = Traffic(seed: 21)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        for _ in 0..<6 { _ = watching.take(traffic.plain(500), now: traffic.time) }
        traffic.newRegion = 0.15
        var began: [String] = []
        var windows = 0
        while began.isEmpty && windows < 20 {
            windows += 1
            began = looks(watching.take(traffic.plain(500), now: traffic.time)).flatMap(\.1.began)
        }
        #expect(began == ["region"] && windows <= 5)
        let finding = try #require(watching.whole.flatMap { driftFinding(watching.key, $0) })
        #expect(finding.evidence.first?.arguments["category"] == "moon")
    }

    @Test func `what goes back is acquitted after three calm windows`() {
        var traffic = Traffic(seed: 31)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        for _ in 0..<6 { _ = watching.take(traffic.plain(500), now: traffic.time) }
        traffic.shift = 1
        for _ in 0..<2 { _ = watching.take(traffic.plain(500), now: traffic.time) }
        traffic.shift = 0
        var ended: [Int] = []
        for window in 1...10 {
            let found = looks(watching.take(traffic.plain(500), now: traffic.time))
            if found.contains(where: { $0.1.ended == ["amount"] }) { ended.append(window) }
        }
        #expect(ended.count == 1 && (ended.first ?? 0) >= 3)
        #expect(watching.whole?.watch.drifted.isEmpty == true)
    }

    @Test func `a drift of one segment is found in that segment`() {
        var traffic = Traffic(seed: 41)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        for _ in 0..<8 { _ = watching.take(traffic.block(500), now: traffic.time) }
        var began: [String] = []
        for _ in 0..<4 {
            traffic.shift = 0
            _ = watching.take(traffic.block(500, segment: "branch"), now: traffic.time)
            traffic.shift = 1
            let outcomes = watching.take(traffic.block(60, segment: "online"), now: traffic.time)
            began += looks(outcomes, "online").flatMap(\.1.began)
        }
        traffic.time += 3_600_000
        began += looks(watching.tick(now: traffic.time), "online").flatMap(\.1.began)
        #expect(began == ["amount"])
        #expect(watching.scopes.first { $0.segment == "branch" }?.watch.drifted.isEmpty == true)
    }

    @Test func `looks that were kept give the same verdict again`() throws {
        var traffic = Traffic(seed: 51)
        let key = ModelVersion("credit", "v1")
        var watching = ModelCase(key: key, policy: WindowPolicy())
        var kept: [String] = []
        for index in 0..<16 {
            traffic.shift = index > 10 ? 0.3 : 0
            let outcomes = watching.take(traffic.plain(500), now: traffic.time)
            kept += looks(outcomes).map { String(decoding: $0.0.json.encoded, as: UTF8.self) }
        }
        let reference = try #require(watching.reference)
        var again = ModelCase(key: key, policy: WindowPolicy(), reference: reference)
        for text in kept {
            let look = try #require(ModelLook(try JSON(text: text)))
            again.restore(look, segment: "")
        }
        let (before, after) = (try #require(watching.whole), try #require(again.whole))
        #expect(before.watch.columns == after.watch.columns)
        #expect(driftFinding(key, before) == driftFinding(key, after))
    }

    @Test func `a new category of a drifted column is one finding, not two`() {
        let issues = [
            Phrase("quality.data.unseen_values", ["column": "region"]),
            Phrase("quality.data.missing_values", ["column": "region"]),
            Phrase("quality.data.unseen_values", ["column": "plan"]),
        ]
        #expect(issuesBesideDrift(issues, drifted: []) == issues)
        #expect(issuesBesideDrift(issues, drifted: ["region"]) == Array(issues.dropFirst()))
    }

    @Test func `broken rows are a finding from the third window on`() throws {
        var persistence = Persistence()
        var traffic = Traffic(seed: 61)
        var watching = ModelCase(key: ModelVersion("credit", "v1"), policy: WindowPolicy())
        for _ in 0..<6 { _ = watching.take(traffic.plain(500), now: traffic.time) }
        traffic.missing = 0.3
        var seen: [Bool] = []
        var issues: [Phrase] = []
        for _ in 0..<4 {
            for (look, _) in looks(watching.take(traffic.plain(500), now: traffic.time)) {
                issues = look.issues
                persistence.take(isWrong: !issues.isEmpty, from: look.from)
                seen.append(dataFinding(watching.key, persistence, issues: issues) != nil)
            }
        }
        #expect(seen == [false, false, true, true])
        #expect(issues.contains { $0.key == "quality.data.missing_values" })
    }

    @Test func `a window of a million rows is held against the reference by its profiles`() {
        var traffic = Traffic(seed: 71)
        let reference = ModelReference(traffic.block(2000), origin: .file("r.csv"))
        var parts = ModelWindow(centres: reference.centres)
        var whole = ColumnProfile(DataColumn(name: "x", numbers: []))
        var values: [Double] = []
        for _ in 0..<20 {
            let block = traffic.block(1000)
            parts.take(block)
            if case .numbers(let some)? = block.column(.feature, "amount")?.values {
                whole.merge(ColumnProfile(DataColumn(name: "x", numbers: some)))
                values += some
            }
        }
        let exact =
            compareNumbers(
                reference: reference.block.column(.feature, "amount").flatMap { column in
                    if case .numbers(let some) = column.values { return some }
                    return nil
                } ?? [], current: values)?.kolmogorov ?? .nan
        let found = reference.profiles["amount"].flatMap {
            parts.profiles["amount"]?.distance(from: $0)
        }
        #expect(parts.rows == 20_000 && whole.count == 20_000)
        #expect((found ?? .nan) <= exact && exact - (found ?? .nan) <= 0.006)
    }
}
