// Embeddings and texts in a table: recognised from arrays and numbered columns, judged by the portfolio,
// joined with the text that they accompany, explained by rows.

import Algebra
import Basics
import Bytes
import Testing

@testable import Reason

@Suite struct EmbeddingTests {
    private func cloud(
        _ rows: Int, _ generator: inout Generator, newTopic: Double = 0
    ) -> (vectors: [[Float]], isNew: [Bool]) {
        var vectors: [[Float]] = []
        var isNew: [Bool] = []
        for _ in 0..<rows {
            let fresh = generator.uniform() < newTopic
            let centre = fresh ? 7 : generator.below(3)
            vectors.append(
                (0..<8).map { Float(($0 == centre ? 1.0 : 0) + 0.15 * generator.normal()) })
            isNew.append(fresh)
        }
        return (vectors, isNew)
    }

    @Test func `arrays and numbered columns become embeddings, others stay`() throws {
        let csv = """
            id,prompt_emb_0,prompt_emb_1,prompt_emb_2,answer_vector,c0,c1,note
            1,0.1,0.2,0.3,"[1, 2.5, -3e-1]",1,2,"[see below]"
            2,0.4,0.5,0.6,"[4, 5, 6]",3,4,hello
            3,0.7,,0.9,"[7, 8]",5,6,hello
            """
        let table = DataTable(try CSVTable(Array(csv.utf8), kinds: ["answer_vector": .text]))
        let found = table.recognisingEmbeddings(named: ["answer_vector"])
        let numbered = try #require(found["prompt_emb"]?.embeddings)
        #expect(numbered.dimensions == 3 && numbered.isPresent == [true, true, false])
        let arrays = try #require(found["answer_vector"]?.embeddings)
        #expect(arrays.dimensions == 3 && arrays.isPresent == [true, true, false])
        #expect(arrays.values.prefix(3) == [1, 2.5, -0.3])
        #expect(found["prompt_emb_0"] == nil && found["c0"]?.kind == .numeric)
        #expect(found["note"]?.kind != .embedding)
        #expect(found["answer_vector"]?.missingShare ?? 0 > 0.3)
    }

    @Test func `a new topic in embeddings is found, named and shown by its rows`() throws {
        var generator = Generator(seed: 41)
        let before = cloud(300, &generator)
        let after = cloud(300, &generator, newTopic: 0.15)
        func table(_ cloud: (vectors: [[Float]], isNew: [Bool])) -> DataTable {
            DataTable([
                DataColumn(name: "length", numbers: cloud.vectors.map { Double($0.count) }),
                DataColumn(name: "emb", embeddings: Embeddings(cloud.vectors)),
            ])
        }
        var options = DriftOptions()
        options.permutations = 199
        let report = compareTables(
            reference: table(before), current: table(after), options: options)
        let column = try #require(report.drifted.first, "seed 41")
        #expect(column.name == "emb" && report.isDrifted)
        #expect(column.direction.key.hasPrefix("drift.direction.embedding_"))
        #expect(report.examples.count == 5)
        #expect(report.examples.allSatisfy { after.isNew[$0.row] }, "seed 41: \(report.examples)")
        let quiet = compareTables(
            reference: table(before), current: table(before), options: options)
        #expect(!quiet.isDrifted)
    }

    @Test func `a text and the embedding that bears its name are one column`() throws {
        var generator = Generator(seed: 42)
        let before = cloud(200, &generator)
        let after = cloud(200, &generator, newTopic: 0.3)
        func table(_ cloud: (vectors: [[Float]], isNew: [Bool])) -> DataTable {
            DataTable([
                DataColumn(
                    name: "prompt",
                    texts: cloud.vectors.indices.map { "how do I do thing \($0 % 7)?" }),
                DataColumn(name: "prompt_embedding", embeddings: Embeddings(cloud.vectors)),
            ])
        }
        var options = DriftOptions()
        options.permutations = 199
        let report = compareTables(
            reference: table(before), current: table(after), options: options)
        #expect(report.columns.map(\.name) == ["prompt"])
        guard case .text(let drift)? = report.columns.first?.comparison else {
            Issue.record("a text is expected")
            return
        }
        // The words are the same; only the vectors tell.
        #expect(drift.descriptorProbability.value > 0.05 && drift.embedding != nil)
        #expect(report.columns[0].isDrifted && report.examples.count == 5, "seed 42")
        let json = report.json(reference: table(before), current: table(after))
        #expect(json["columns"]?.items?[0]["embedding"]?["portfolio"]?["pvalue"]?.double != nil)
    }

    @Test func `vectors of another length are another kind of column`() {
        let short = DataTable([
            DataColumn(name: "emb", embeddings: Embeddings(Array(repeating: [1, 2], count: 40)))
        ])
        let long = DataTable([
            DataColumn(name: "emb", embeddings: Embeddings(Array(repeating: [1, 2, 3], count: 40)))
        ])
        let report = compareTables(reference: short, current: long)
        #expect(!report.isDrifted && report.columns[0].adjusted == nil)
        #expect(report.dataIssues.map(\.kind) == [.typeChanged])
    }

    @Test func `refusals, languages and lengths are read in English and Chinese`() throws {
        func drift(_ before: [String], _ after: [String]) throws -> TextDrift {
            try #require(
                compareTexts(
                    reference: before.map { $0 as String? }, current: after.map { $0 as String? }))
        }
        let answers = (0..<200).map { "第\($0)个问题的答案是四十二，请参考手册。" }
        let refusing = (0..<200).map { $0 % 3 == 0 ? "很抱歉，我无法回答这个问题。" : answers[$0] }
        let refused = try drift(answers, refusing)
        #expect(
            refused.categorical.first { $0.name == "refusal" }?.drift.probability.value ?? 1 < 1e-6)
        let english = (0..<200).map { "The answer to question \($0) is forty-two." }
        let language = try drift(answers, english)
        #expect(language.categorical.first { $0.name == "language" }?.drift.totalVariation == 1)
        // A Han character is a word of its own: twelve characters, twelve words.
        #expect(TextDescriptors("请把这份报告翻译成英文吧").words == 12)
    }
}

@Suite struct LookLevelTests {
    private func quiet(_ rows: Int, _ columns: Int, _ generator: inout Generator) -> DataTable {
        DataTable(
            (0..<columns).map { column in
                DataColumn(name: "c\(column)", numbers: (0..<rows).map { _ in generator.normal() })
            })
    }

    @Test func `the verdict of a look divides its level between columns and all together`() {
        var generator = Generator(seed: 51)
        let rounds = 60
        var alarms = 0
        for round in 0..<rounds {
            var options = DriftOptions()
            options.permutations = 99
            options.seed = UInt64(round)
            options.checksData = false
            let report = compareTables(
                reference: quiet(40, 4, &generator), current: quiet(40, 4, &generator),
                options: options)
            #expect(abs(report.columnsLevel + report.portfolioLevel - 0.05) < 1e-12)
            #expect(report.isDrifted == (report.probability <= 0.05 + 1e-12))
            if report.isDrifted { alarms += 1 }
        }
        // 5 % of 60 is 3 ± 1.7; the release table of `martlet-bench drift-null` is sharper.
        #expect(alarms <= 8, "seed 51: \(alarms) of \(rounds)")
    }

    @Test func `one procedure alone has the whole level`() {
        var generator = Generator(seed: 52)
        let table = quiet(40, 1, &generator)
        let report = compareTables(reference: table, current: table)
        #expect(report.columnsLevel == 0.05 && report.portfolioLevel == 0)
        #expect(report.portfolioRefusal?.key == "drift.portfolio.few_columns")
    }

    @Test func `fifty segments do not multiply the false alarms`() {
        var generator = Generator(seed: 53)
        var looks = 0
        for _ in 0..<6 {
            func table() -> DataTable {
                let base = quiet(30 * 25, 4, &generator)
                let names = (0..<30 * 25).map { "s\($0 % 25)" as String? }
                return DataTable(base.columns + [DataColumn(name: "segment", categories: names)])
            }
            var options = DriftOptions()
            options.segment = "segment"
            options.hasPortfolio = false
            let report = compareTables(reference: table(), current: table(), options: options)
            #expect(report.segments.count == 25)
            if report.segments.contains(where: { !$0.report.drifted.isEmpty }) { looks += 1 }
        }
        // A hundred tests at 5 % each would alarm in 99 % of looks.
        #expect(looks <= 2, "seed 53: \(looks) of 6")
    }
}

@Suite struct WatchStateTests {
    @Test func `a watch goes on where it was kept`() throws {
        var generator = Generator(seed: 61)
        var straight = SequentialWatch()
        var kept = SequentialWatch()
        for look in 0..<40 {
            let distance = 0.1 + 0.1 * generator.uniform() + (look > 30 ? 0.2 : 0)
            let first = straight.look(distance: distance, rows: 80, referenceRows: 4000)
            let second = kept.look(distance: distance, rows: 80, referenceRows: 4000)
            #expect(first == second)
            kept = try #require(SequentialWatch(state: try JSON(kept.state.encoded)))
        }
        #expect(straight == kept && straight.alarmedAt != nil)
        #expect(SequentialWatch(state: .null) == nil)
        #expect(kept.restarted().looks == 0)
    }
}
