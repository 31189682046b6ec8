// Mutated expositions: no crash, no endless loop, and what the writer writes both sides read back.

import Basics
import Testing

@testable import Collect

private let seeds = [
    "# HELP a Some \\n help\n# TYPE a counter\na{b=\"c\\\"d\",e=\"f\"} 1.5e3 1600000000000\nb NaN\n",
    "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1 # {t=\"x\"} 0.4 1.5\nh_bucket{le=\"+Inf\"} 2\n"
        + "h_sum 3\nh_count 2\n# UNIT x_seconds seconds\n# EOF\n",
    "{\"my.name\",\"l x\"=\"é\"} -Inf\n",
]

@Suite struct ExpositionFuzzTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `mutated text never crashes a parser or the checker`(_ seed: UInt64) {
        var random = Seeded(state: seed)
        let spice = Array("ab{}\"=,\\\n# 01.eE+-NaIf\t_:".utf8) + [0x00, 0x80, 0xc3, 0xff]
        for _ in 0..<3000 {
            var text = bytes(seeds[Int.random(in: 0..<seeds.count, using: &random)])
            for _ in 0..<Int.random(in: 1...6, using: &random) where !text.isEmpty {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = spice[Int.random(in: 0..<spice.count, using: &random)]
                case 1: text.remove(at: place)
                case 2:
                    text.insert(spice[Int.random(in: 0..<spice.count, using: &random)], at: place)
                default: text.removeLast(text.count - place)
                }
            }
            for openMetrics in [false, true] {
                let lenient = Result { try readExposition(text, openMetrics: openMetrics) }
                if case .success(let samples) = lenient {
                    #expect(samples.allSatisfy { Labels.isWellFormed($0.labels.bytes) })
                }
                let format = openMetrics ? ExpositionFormat.openMetrics : .text
                _ = lintExposition(text, format: format)
            }
        }
    }

    @Test(arguments: [5, 6] as [UInt64])
    func `what is written is read back in both formats`(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        let values = ["", "x", "a\"b", "c\\d", "e\nf", "ü}", "{,}", " "]
        for _ in 0..<300 {
            func value() -> String { values.randomElement(using: &random) ?? "" }
            let labels = Labels([("a", value()), ("b", value())])
            let number = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
            let name = ["m", "m.x", "ü"].randomElement(using: &random) ?? "m"
            let family = MetricFamily(
                name: name, metadata: MetricMetadata(kind: .gauge, help: value()),
                samples: [.init(labels: labels, value: number)])
            for isOpenMetrics in [false, true] {
                let format = ExpositionFormat(
                    isOpenMetrics: isOpenMetrics, version: "1.0.0", escaping: .allowUTF8)
                let text = ExpositionWriter.bytes([family], as: format)
                let read = try readExposition(text, openMetrics: isOpenMetrics)
                #expect(read.map(\.labels) == [labels.setting("__name__", name)], "seed \(seed)")
                #expect(read[0].value == number || (read[0].value.isNaN && number.isNaN))
            }
        }
    }
}
