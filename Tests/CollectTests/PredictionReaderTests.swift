// Lines of predictions and labels: what is taken, in which columns it lands, and what each fault says.

import Basics
import Testing

@testable import Collect

private let now: Millis = 1_764_000_000_000

private func read(_ text: String) -> PredictionReading { readPredictions(bytes(text), now: now) }

@Suite struct PredictionReaderTests {
    @Test func `a line becomes one row of typed columns`() throws {
        let reading = read(
            """
            {"model": "credit", "version": "v3", "id": "a-17", "time": 1763999990.5, "features": \
            {"age": 41, "region": "north", "member": true, "vector": [0.5, -1]}, "output": "approve", \
            "probabilities": {"approve": 0.75, "deny": 0.25}, "latency": 0.125, "tokens_in": 90, \
            "tokens_out": 12, "ttft": 0.03, "cost": 0.5, "segment": "branch"}
            """)
        #expect(reading.faults.isEmpty)
        let block = try #require(reading.blocks.first)
        #expect(block.key == ModelVersion("credit", "v3"))
        #expect(block.times == [1_763_999_990_500])
        #expect(block.ids[0] == "a-17")
        #expect(block.column(.feature, "age")?.values == .numbers([41]))
        #expect(
            block.column(.feature, "region")?.values == .categories(codes: [0], names: ["north"]))
        #expect(
            block.column(.feature, "member")?.values == .categories(codes: [0], names: ["true"]))
        #expect(block.column(.feature, "vector")?.values == .vectors([0.5, -1], width: 2))
        #expect(block.column(.output)?.values == .categories(codes: [0], names: ["approve"]))
        #expect(block.column(.probability, "deny")?.values == .numbers([0.25]))
        #expect(block.column(.latency)?.values == .numbers([0.125]))
        #expect(block.column(.segment)?.values == .categories(codes: [0], names: ["branch"]))
    }

    @Test func `fields in any order and missing ones are rows of one block`() throws {
        let reading = read(
            """
            {"model":"m","features":{"a":1,"b":2}}
            {"features":{"b":4,"a":3},"model":"m"}

            {"model":"m","features":{"a":null,"c":"x"},"time":"2025-11-24T15:59:00Z"}
            """)
        #expect(reading.faults.isEmpty)
        let block = try #require(reading.blocks.first)
        #expect(reading.blocks.count == 1 && block.count == 3)
        guard case .numbers(let a)? = block.column(.feature, "a")?.values,
            case .numbers(let b)? = block.column(.feature, "b")?.values
        else { throw Missing() }
        #expect(a[0] == 1 && a[1] == 3 && a[2].isNaN)
        #expect(b[0] == 2 && b[1] == 4 && b[2].isNaN)
        #expect(
            block.column(.feature, "c")?.values == .categories(codes: [-1, -1, 0], names: ["x"]))
        #expect(block.key.version == "1")
    }

    @Test func `versions go to blocks of their own, and a changed type to a column of its own`() {
        let reading = read(
            """
            {"model":"m","version":"1","output":1}
            {"model":"m","version":"2","output":"one"}
            {"model":"m","version":"1","output":"one"}
            """)
        #expect(reading.blocks.map(\.key.version) == ["1", "2"])
        #expect(reading.blocks[0].columns.count == 2)
    }

    @Test func `long texts, prompts and answers are free text, short ones categories`() {
        let long = String(repeating: "长", count: 30)
        let reading = read(
            "{\"model\":\"m\",\"features\":{\"note\":\"\(long)\",\"kind\":\"b\\u00e9\"},\"prompt\":\"hi\"}"
        )
        let block = reading.blocks.first
        #expect(block?.column(.feature, "note")?.values == .texts(TextRun([long])))
        #expect(block?.column(.prompt)?.values == .texts(TextRun(["hi"])))
        #expect(block?.column(.feature, "kind")?.values == .categories(codes: [0], names: ["bé"]))
    }

    @Test func `a bad line costs itself and is named`() {
        let reading = read(
            """
            {"model":"m","output":1}
            {"model":"m","output":1
            {"model":"m","features":{"a":{"b":1}}}
            {"model":"m","outptu":1}
            {"output":1}
            {"model":"m","output":1,"latency":-1}
            {"model":"m","output":1,"time":99999999999}
            {"model":"m","features":{"v":[1,"x"]}}
            {"model":"m","output":1} {"model":"m","output":2}
            {"model":"m","output":2}
            """)
        #expect(reading.accepted == 2)
        #expect(reading.refused == 8)
        #expect(reading.faults.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9])
        #expect(
            reading.faults[1].description == "line 3: features.a: an object is not expected here")
        #expect(reading.faults[2].field == "outptu")
        #expect(reading.faults[3].description == "line 5: model: must be a text")
        #expect(reading.faults[4].field == "latency")
        #expect(reading.faults[5].description == "line 7: time: lies in the future")
        #expect(reading.faults[6].field == "features.v")
    }

    @Test func `labels are read as they were written`() throws {
        let reading = readLabels(
            bytes(
                """
                {"model":"m","id":"a","label":1}
                {"model":"m","id":"b","label":"approve"}
                {"model":"m","label":"approve"}
                {"model":"m","id":"c"}
                {"model":"n","id":7,"label":true}
                """), now: now)
        #expect(
            reading.faults.map(\.description) == [
                "line 3: id: must be a text", "line 4: label: must be a class or a number",
            ])
        let block = try #require(reading.blocks.first)
        #expect((0..<block.count).map { block.labels[$0] } == ["1", "approve"])
        #expect(reading.blocks.last?.ids[0] == "7" && reading.blocks.last?.labels[0] == "true")
    }
}

private struct Missing: Error {}

@Suite struct PredictionFuzzTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated lines never crash, and columns always have all rows`(_ seed: UInt64) {
        let lines = [
            "{\"model\":\"m\",\"version\":\"é\",\"id\":\"a\\\"b\",\"features\":{\"a\":1.5e3,\"b\":\"x\",\"c\":[1,2]}}\n",
            "{\"model\":\"m\",\"output\":{},\"probabilities\":[0.1,0.9],\"time\":\"2025-11-24T00:00:00Z\"}\n",
            "{\"model\":\"m\",\"prompt\":\"\\ud83d\\ude00\",\"answer\":null,\"label\":false,\"cost\":0}\n",
        ]
        var random = Seeded(state: seed)
        let spice = Array("{}[]\":,\\u0dn1.e-tfx \n".utf8) + [0x00, 0x80, 0xc3, 0xff]
        var accepted = 0
        for _ in 0..<4000 {
            var text = (0..<3).flatMap { _ in bytes(lines.randomElement(using: &random) ?? "") }
            for _ in 0..<Int.random(in: 0...5, using: &random) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = spice.randomElement(using: &random) ?? 0
                case 1: text.remove(at: place)
                case 2: text.insert(spice.randomElement(using: &random) ?? 0, at: place)
                default: text.removeLast(text.count - place)
                }
            }
            let reading = readPredictions(text, now: now)
            for block in reading.blocks {
                #expect(block.columns.allSatisfy { $0.count == block.count }, "seed \(seed)")
                #expect(block.ids.count == block.count)
            }
            accepted += reading.accepted
            _ = readLabels(text, now: now)
        }
        #expect(accepted > 1000)
    }
}
