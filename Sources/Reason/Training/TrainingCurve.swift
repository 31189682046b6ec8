// The curves of a training run, folded from the events that trainers push or upload: one curve a metric,
// with what was measured on the rows that were learnt and on the rows held back. Events may come in any
// order and more than once; a later value of a step takes the place of an earlier one.

public import Basics

/// One metric of one training run.
public struct TrainingCurve: Sendable, Equatable {
    /// A value at a step or epoch.
    public struct Point: Sendable, Equatable {
        public var step: Double
        public var value: Double

        public init(step: Double, value: Double) {
            self.step = step
            self.value = value
        }
    }

    public var model: String
    public var version: String
    public var run: String
    public var metric: String
    /// Ascending by step.
    public var training: [Point]
    public var validation: [Point]
    /// When the newest value was measured.
    public var newest: Millis

    public init(
        model: String = "", version: String = "", run: String = "", metric: String = "loss",
        training: [Point], validation: [Point] = [], newest: Millis = 0
    ) {
        self.model = model
        self.version = version
        self.run = run
        self.metric = metric
        self.training = training
        self.validation = validation
        self.newest = newest
    }

    /// What is good when it is large; everything else is a loss or an error.
    public var isBetterLarge: Bool {
        let name = metric.lowercased()
        return ["acc", "f1", "auc", "precision", "recall", "bleu", "rouge", "score", "reward"]
            .contains { name.contains($0) }
    }

    /// The name under which a person knows the run.
    public var name: String {
        [model, version, run].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The curves of events of kind `training`, the newest run first; curves of one point say nothing
    /// and are left out.
    public static func curves(of events: [Event]) -> [TrainingCurve] {
        struct Key: Hashable {
            var model: String
            var version: String
            var run: String
            var metric: String
        }
        var steps: [Key: [Bool: [Double: Double]]] = [:]
        var newest: [Key: Millis] = [:]
        for event in events.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) {
            guard let measured = Measured(event) else { continue }
            let key = Key(
                model: event["model"]?.text ?? "", version: event["version"]?.text ?? "",
                run: event["run"]?.text ?? "", metric: measured.metric)
            let isValidation = measured.isValidation
            let known = steps[key]?[isValidation]?.count ?? 0
            let place = measured.step ?? Double(known)
            steps[key, default: [:]][isValidation, default: [:]][place] = measured.value
            newest[key] = max(newest[key] ?? .min, event.time)
        }
        let curves = steps.map { key, splits in
            func points(_ isValidation: Bool) -> [Point] {
                (splits[isValidation] ?? [:]).sorted { $0.key < $1.key }
                    .map { Point(step: $0.key, value: $0.value) }
            }
            return TrainingCurve(
                model: key.model, version: key.version, run: key.run, metric: key.metric,
                training: points(false), validation: points(true), newest: newest[key] ?? 0)
        }
        return curves.filter { max($0.training.count, $0.validation.count) > 1 }.sorted {
            ($1.newest, $0.name, $0.metric) < ($0.newest, $1.name, $1.metric)
        }
    }

    /// The series that measured values are written back as.
    public static let metricName = "martlet_training_value"

    /// The values of events as series, one a run, metric and split, at the times of the events.
    ///
    /// Of several values at one time the last counts.
    public static func series(of events: [Event]) -> [Series] {
        var found: [Labels: [Millis: Double]] = [:]
        for event in events.sorted(by: { ($0.time, $0.id) < ($1.time, $1.id) }) {
            guard let measured = Measured(event) else { continue }
            var builder = LabelsBuilder(.empty)
            builder.set(Labels.metricName, metricName)
            builder.set("metric", measured.metric)
            builder.set("split", measured.isValidation ? "validation" : "train")
            for name in ["model", "version", "run"] {
                if let text = event[name]?.text, !text.isEmpty { builder.set(name, text) }
            }
            if !event.service.isEmpty { builder.set("service", event.service) }
            found[builder.labels(), default: [:]][event.time] = measured.value
        }
        return found.sorted { $0.key < $1.key }.map { labels, values in
            let ordered = values.sorted { $0.key < $1.key }
            return Series(
                labels: labels, times: ordered.map(\.key), values: ordered.map(\.value))
        }
    }
}

/// What an event of kind `training` measured.
private struct Measured {
    let metric: String
    let value: Double
    let isValidation: Bool
    let step: Double?

    /// Nil for other events, for what is no number, and for rates, batch sizes and the like: they are
    /// settings, not what a run came to.
    init?(_ event: Event) {
        guard event.kind == .training, let metric = event["metric"]?.text,
            let value = event["value"]?.number, value.isFinite, !Measured.isSetting(metric)
        else { return nil }
        self.metric = metric
        self.value = value
        let split = event["split"]?.text ?? "train"
        isValidation = split != "train" && split != "training"
        step = event["step"]?.number ?? event["epoch"]?.number
    }

    private static func isSetting(_ metric: String) -> Bool {
        let name = metric.lowercased()
        return ["learning_rate", "lr", "batch_size", "grad_norm", "samples_per_second", "runtime"]
            .contains { name == $0 || name.hasSuffix("/" + $0) }
    }
}
