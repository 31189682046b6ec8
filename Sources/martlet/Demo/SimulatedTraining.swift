// Training runs of a model that does not exist: one that settles, one that over-fits and one whose rate
// was too large. Sent as events, as a trainer's callback would.

import Basics
import Bytes
import Foundation

enum SimulatedTraining {
    private static let epochs = 40

    /// The events of every run.
    static func runs(now: Millis) -> [[JSON]] {
        var generator = SplitMix(state: 20_261_126)
        func noise() -> Double {
            1 + 0.02 * (2 * Double(generator.next() >> 11) / Double(1 << 53) - 1)
        }
        let shapes: [(name: String, train: (Double) -> Double, held: (Double) -> Double)] = [
            ("lora-r8", { 0.9 + 1.6 * exp(-$0 / 5) }, { 1.0 + 1.6 * exp(-$0 / 5) }),
            (
                "full-tune", { 0.2 + 2.2 * exp(-$0 / 12) },
                { 1.0 + 1.5 * exp(-$0 / 5) + 0.02 * max(0, $0 - 14) }
            ),
            ("lr-1e-3", { $0 < 18 ? 0.9 + 1.6 * exp(-$0 / 6) : 1 + ($0 - 18) / 6 }, { _ in .nan }),
        ]
        return shapes.enumerated().map { place, shape in
            let begun = now - Millis(3 - place) * 86_400_000
            var events: [JSON] = []
            for epoch in 0..<epochs {
                let x = Double(epoch)
                for (split, value) in [("train", shape.train(x)), ("validation", shape.held(x))]
                where value.isFinite {
                    let time = begun + Millis(epoch) * 600_000
                    events.append(
                        .object([
                            ("id", .string("demo/training/\(shape.name)/\(epoch)/\(split)")),
                            ("kind", .string("training")), ("time", .number(String(time))),
                            ("service", .string("chat")),
                            (
                                "fields",
                                .object([
                                    ("model", .string("chat-7b")), ("run", .string(shape.name)),
                                    ("epoch", .number(epoch)), ("metric", .string("loss")),
                                    ("split", .string(split)), ("value", .number(value * noise())),
                                ])
                            ),
                        ]))
                }
            }
            return events
        }
    }
}
