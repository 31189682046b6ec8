import Algebra
import Basics
import Foundation
import Reason
import Testing

@Suite struct TrainingTests {
    /// Curves over 60 epochs with noise.
    private func curve(
        noise: Double, metric: String = "loss", training: (Double) -> Double,
        validation: ((Double) -> Double)? = nil
    ) -> TrainingCurve {
        var generator = Generator(seed: 71)
        func points(_ value: (Double) -> Double) -> [TrainingCurve.Point] {
            (0..<60).map {
                TrainingCurve.Point(
                    step: Double($0), value: value(Double($0)) + noise * generator.normal())
            }
        }
        return TrainingCurve(
            metric: metric, training: points(training),
            validation: validation.map { points($0) } ?? [])
    }

    @Test(arguments: [0.001, 0.02])
    func `each kind of run is told by its name`(noise: Double) throws {
        let falling = curve(noise: noise, training: { 2 - $0 / 40 }, validation: { 2.1 - $0 / 45 })
        #expect(TrainingVerdict(falling).state == .improving)
        let settled = curve(
            noise: noise, training: { 0.5 + 2 * exp(-$0 / 6) },
            validation: { 0.6 + 2 * exp(-$0 / 6) })
        #expect(TrainingVerdict(settled).state == .plateau)
        let fitted = curve(
            noise: noise, training: { 0.1 + 2 * exp(-$0 / 12) },
            validation: { 0.6 + 2 * exp(-$0 / 6) + 0.008 * max(0, $0 - 20) })
        let verdict = TrainingVerdict(fitted)
        #expect(verdict.state == .overfitting)
        let step = try #require(verdict.since)
        #expect(step > 12 && step < 34)
        let lost = curve(
            noise: noise, training: { $0 < 30 ? 2 * exp(-$0 / 8) : 0.05 + ($0 - 30) / 5 })
        #expect(TrainingVerdict(lost).state == .diverging)
    }

    @Test func `an accuracy that falls is no improvement`() {
        let worse = curve(
            noise: 0.002, metric: "accuracy", training: { 0.5 + 0.4 * (1 - exp(-$0 / 8)) },
            validation: { 0.5 + 0.3 * (1 - exp(-$0 / 5)) - 0.003 * max(0, $0 - 20) })
        #expect(TrainingVerdict(worse).state == .overfitting)
    }

    @Test func `few points are no verdict`() {
        let short = TrainingCurve(training: (0..<5).map { .init(step: Double($0), value: 1) })
        #expect(TrainingVerdict(short).state == .tooShort)
        #expect(TrainingVerdict(short).finding(of: short) == nil)
        #expect(TrainingVerdict(TrainingCurve(training: [])).state == .tooShort)
    }

    @Test func `events in any order make the same curves, settings none`() {
        var events: [Event] = []
        for epoch in 0..<10 {
            for (split, factor) in [("train", 1.0), ("validation", 1.2)] {
                events.append(
                    Event(
                        id: "\(epoch)/\(split)", source: "upload", kind: .training,
                        time: Millis(epoch),
                        fields: [
                            "model": .text("chat"), "run": .text("r1"), "metric": .text("loss"),
                            "split": .text(split), "epoch": .number(Double(epoch)),
                            "value": .number(factor / Double(epoch + 1)),
                        ]))
            }
            events.append(
                Event(
                    id: "\(epoch)/lr", source: "upload", kind: .training, time: Millis(epoch),
                    fields: ["metric": .text("learning_rate"), "value": .number(0.1)]))
        }
        let curves = TrainingCurve.curves(of: events)
        #expect(curves.count == 1)
        #expect(curves[0].training.count == 10 && curves[0].validation.count == 10)
        #expect(curves[0].name == "chat r1")
        #expect(TrainingCurve.curves(of: events.shuffled()) == curves)
    }

    @Test func `what a run measured becomes a series for each split, and settings do not`() throws {
        func event(_ id: String, _ time: Millis, _ fields: [String: EventValue]) -> Event {
            var all = fields
            all["model"] = .text("chat-7b")
            all["run"] = .text("r1")
            return Event(
                id: id, source: "test", kind: .training, time: time, service: "chat", fields: all)
        }
        let events = [
            event(
                "b", 2000, ["metric": .text("loss"), "value": .number(0.7), "epoch": .number(1)]),
            event(
                "a", 1000, ["metric": .text("loss"), "value": .number(0.9), "epoch": .number(0)]),
            event(
                "c", 2000,
                [
                    "metric": .text("loss"), "split": .text("validation"), "value": .number(0.8),
                    "epoch": .number(1),
                ]),
            event("d", 2000, ["metric": .text("lr"), "value": .number(0.001)]),
            event("e", 2000, ["metric": .text("loss"), "value": .number(.nan)]),
        ]
        let series = TrainingCurve.series(of: events)
        let labels: Labels = [
            "__name__": "martlet_training_value", "metric": "loss", "model": "chat-7b",
            "run": "r1", "service": "chat", "split": "train",
        ]
        #expect(
            series == [
                Series(labels: labels, times: [1000, 2000], values: [0.9, 0.7]),
                Series(
                    labels: labels.setting("split", "validation"), times: [2000], values: [0.8]),
            ])
    }
}
