// The log of a training run, a JSON object a line: either `metric` and `value`, or the metrics as
// fields, as the common trainers write them (`loss`, `val_loss`, `eval_loss`, `accuracy`). A prefix
// says which split a number is of.

internal import Basics
internal import Bytes

extension Upload {
    mutating func training() throws(DeliveryError) {
        for (index, line) in lines(of: bytes).enumerated() {
            do throws(JSONError) {
                trainingLine(try JSON(Array(line)), index)
            } catch {
                result.faults.append("line \(index + 1), column \(error.column): \(error.reason)")
            }
        }
        if result.events.isEmpty {
            throw DeliveryError("no_metrics", result.faults.first ?? "no line has a metric")
        }
    }

    private mutating func trainingLine(_ json: JSON, _ index: Int) {
        let position = ["step", "epoch", "global_step", "time", "timestamp", "total_steps"]
        let step = json.amount("step") ?? json.amount("global_step")
        let time = json.stamp("time") ?? json.stamp("timestamp")
        func put(_ metric: String, _ value: Double, _ split: String?) {
            add(
                .training, "training/\(index)/\(metric)/\(split ?? "")", at: time,
                [
                    "model": .maybe(json.word("model") ?? context.model),
                    "version": .maybe(json.word("version") ?? context.version),
                    "run": .maybe(json.word("run") ?? context.run), "step": .maybe(step),
                    "epoch": .maybe(json.amount("epoch")), "split": .maybe(split),
                    "metric": .text(metric), "value": .number(value),
                ])
        }
        if let metric = json.word("metric"), let value = json.amount("value") {
            return put(metric, value, json.word("split") ?? "train")
        }
        for (name, value) in json.fields ?? [] where !position.contains(name) {
            // A diverged run writes NaN as a text or as null; neither is a number to chart.
            guard let number = value.double, number.isFinite, name.utf8.count <= 80 else {
                continue
            }
            let prefixes = ["val_", "valid_", "validation_", "eval_", "test_"]
            if let prefix = prefixes.first(where: name.hasPrefix) {
                put(String(name.dropFirst(prefix.count)), number, "validation")
            } else {
                let bare = name.hasPrefix("train_") ? String(name.dropFirst(6)) : name
                put(bare, number, json.word("split") ?? "train")
            }
        }
    }
}
