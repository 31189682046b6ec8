// A release that does not exist and gets its traffic step by step: two stages that went well and one that
// is under way. Reported as a deployment pipeline would.

import Basics
import Bytes

struct SimulatedRelease {
    static let name = "checkout"
    private static let stepMillis: Millis = 300_000
    private static let share = 0.5
    private let began: Millis
    private var generator = SplitMix(state: 20_261_127)

    init(now: Millis) { began = now - 30 * 3_600_000 }

    /// Everything up to now: a stage of six hours, one of twenty, and the one that runs.
    mutating func past(now: Millis) -> [UInt8] {
        var lines: [JSON] = []
        for (share, from, to) in [
            (0.01, began, began + 6 * 3_600_000),
            (0.1, began + 6 * 3_600_000, began + 26 * 3_600_000),
            (Self.share, began + 26 * 3_600_000, now),
        ] {
            lines.append(
                .object([
                    ("version", .string("2026.48")), ("share", .number(share)),
                    ("start", .number(String(from))),
                ]))
            for time in stride(from: from, to: to, by: Int(Self.stepMillis)) {
                lines.append(window(at: time, share: share, requests: 6_000))
            }
        }
        return Array(
            lines.map { String(decoding: $0.encoded, as: UTF8.self) }
                .joined(separator: "\n").utf8)
    }

    /// The last seconds of the stage that runs.
    mutating func live(now: Millis) -> [UInt8] {
        window(at: now, share: Self.share, requests: 100).encoded
    }

    private mutating func window(at time: Millis, share: Double, requests: Int) -> JSON {
        let canary = Int(Double(requests) * share)
        return .object([
            ("time", .number(String(time))), ("baseline", side(requests - canary)),
            ("canary", side(canary)),
        ])
    }

    /// Four requests in a thousand fail, whichever version answers.
    private mutating func side(_ requests: Int) -> JSON {
        var errors = 0
        for _ in 0..<requests where generator.next() % 1000 < 4 { errors += 1 }
        let noise = Double(generator.next() >> 11) / Double(1 << 53) - 0.5
        return .object([
            ("requests", .number(requests)), ("errors", .number(errors)),
            ("latency", .number(0.21 + 0.02 * noise)),
        ])
    }
}
