// The fuzzer: for some seconds, queries that type-check and texts that hardly do go through lexer,
// parser, printer, completion and evaluator. `MARTLET_FUZZ_SECONDS` says for how long: 5 in every
// test run, 60 in CI, 600 at night. A failure prints the seed of its round; `MARTLET_FUZZ_SEED`
// starts there.

import Basics
import Glibc
import Query
import Testing

@Suite struct FuzzTests {
    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    /// Nothing that a generated query does over five series takes nearly as long.
    private static let roundSecondsMax = 10.0

    @Test func `no query crashes, hangs, or prints to another tree`() throws {
        let seconds = FuzzTests.number("MARTLET_FUZZ_SECONDS") ?? 5
        let first = FuzzTests.number("MARTLET_FUZZ_SEED") ?? UInt64(Clock.system.now())
        print("fuzzing for \(seconds) s from seed \(first)")
        let source = try memory(
            "a{x=\"1\"} 0 1 2 NaN 4 5 6", "a{x=\"2\",y=\"q\"} 9 8 -Inf 6 5 4",
            "b_total{x=\"1\"} 0+3x20",
            "c_bucket{le=\"1\"} 0+1x20", "c_bucket{le=\"+Inf\"} 0+2x20"
        ).source
        var options = EngineOptions()
        options.parser = everything
        let engine = Engine.local(source: source, options: options)
        let start = Clock.system.monotonic()
        var seed = first
        var (parsed, evaluated) = (0, 0)
        while Clock.system.monotonic() - start < Int64(seconds) * 1_000_000_000 {
            var generator = QueryGenerator(seed: seed)
            var random = SplitMix(seed: ~seed)
            for _ in 0..<40 {
                var query = generator.query()
                if random.chance(50) { query = mutated(query, &random) }
                let began = Clock.system.monotonic()
                parsed += checkPrinting(query, seed) ? 1 : 0
                let cursor = Int.random(in: 0...query.utf8.count, using: &random)
                #expect(
                    completion(in: query, at: cursor).span.end == cursor, "seed \(seed): \(query)")
                evaluated += evaluate(query, engine, &random) ? 1 : 0
                let took = Double(Clock.system.monotonic() - began) / 1e9
                #expect(took < FuzzTests.roundSecondsMax, "seed \(seed), \(took) s: \(query)")
            }
            seed &+= 1
        }
        print("\(parsed) queries parsed, \(evaluated) evaluated, last seed \(seed &- 1)")
        #expect(parsed > 0 && evaluated > 0)
    }

    /// True when the query parses.
    private func checkPrinting(_ query: String, _ seed: UInt64) -> Bool {
        guard let tree = try? parseExpression(query, options: everything) else { return false }
        for text in [tree.description, tree.formatted] {
            let again = try? parseExpression(text, options: everything)
            #expect(again?.unplaced == tree.unplaced, "seed \(seed): \(query) became \(text)")
        }
        return true
    }

    /// True when the query has an answer, at a moment or over a range.
    private func evaluate(_ query: String, _ engine: Engine, _ random: inout SplitMix) -> Bool {
        var limits = QueryLimits()
        limits.samplesMax = 200_000
        limits.timeout = .seconds(5)
        let time = Millis.random(in: -50_000...250_000, using: &random)
        let step = random.pick([1, 999, 10_000, 13_000, 86_400_000] as [Millis])
        let end = time + step * Millis.random(in: 0...20, using: &random)
        let instant = try? engine.instant(query, time, limits)
        let range = try? engine.range(query, TimeRange(from: time, through: end), step, limits)
        if random.chance(10) {
            _ = try? engine.explain(query, TimeRange(from: time, through: end), step, limits)
        }
        return instant != nil || range != nil
    }

    /// The text with some bytes changed, taken out, doubled, or words put in.
    private func mutated(_ query: String, _ random: inout SplitMix) -> String {
        var bytes = Array(query.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1 where !bytes.isEmpty: bytes.remove(at: place)
            case 2 where !bytes.isEmpty:
                let end = min(bytes.count, place + Int.random(in: 1...12, using: &random))
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            default:
                let words = [
                    "(", ")", "[5m]", "[1m:10s]", "{", "}", " offset -1m", " @ end()", "-", "^",
                    " by (x)",
                    "\"", "'", "\\", "9e999", "0x", "1y", "#", "NaN", "Inf", " bool ", " on () ",
                    "é", ",",
                    " group_left () ", "max_over_time(", "topk(3, ", "999999999999w", "[1ms]",
                ]
                bytes.insert(contentsOf: Array(random.pick(words).utf8), at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
