// Answers of classical model servers. A class is an integer, a text, a truth value, or the place of
// the largest of several scores; a fraction alone is a number. A setting can name the path of the
// answer where that guess is wrong.

internal import Bytes

extension Reply {
    /// Open Inference Protocol V2: `outputs[].{name, datatype, shape, data}`.
    ///
    /// The first output of whole numbers, texts or truth values is the class; without one, several
    /// scores a row give the class of the largest, and one a row is a number.
    static func infer(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        guard let document = try? JSON(body) else { return reply }
        reply.document = document
        let outputs = document["outputs"]?.items ?? []
        func kind(_ output: JSON) -> String { output["datatype"]?.text ?? "" }
        let whole = outputs.first {
            let kind = kind($0)
            return kind.hasPrefix("INT") || kind.hasPrefix("UINT") || kind == "BYTES"
                || kind == "BOOL"
        }
        if let whole, let data = whole["data"]?.items {
            reply.classes = flattened(data).map(name)
        } else if let scores = outputs.first(where: { kind($0).hasPrefix("FP") }) {
            let values = flattened(scores["data"]?.items ?? []).compactMap(\.double)
            let rows = max(scores["shape"]?.items?.first?.int ?? 1, 1)
            let width = values.count / rows
            if width > 1 {
                reply.classes = (0..<rows).map { row in
                    largest(values[(row * width)..<((row + 1) * width)])
                }
            } else {
                reply.numbers = values
            }
        }
        return reply
    }

    /// TensorFlow Serving and KServe V1: `predictions: [...]`, one a row.
    static func predict(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        guard let document = try? JSON(body) else { return reply }
        reply.document = document
        let rows =
            document["predictions"]?.items
            ?? document["outputs"].map { $0.items ?? [$0] } ?? []
        for row in rows { reply.take(row) }
        return reply
    }

    /// TorchServe: whatever its handler makes; a number, a text, or scores by class.
    static func torchServe(_ body: [UInt8]) -> Reply {
        var reply = Reply()
        if let document = try? JSON(body) {
            reply.document = document
            if let rows = document.items, rows.contains(where: { $0.double == nil }) {
                for row in rows { reply.take(row) }
            } else {
                reply.take(document)
            }
        } else if let text = String(validating: body, as: UTF8.self) {
            reply.text = text
        }
        return reply
    }

    /// Takes one row's answer in.
    private mutating func take(_ row: JSON) {
        switch row {
        case .number(let text):
            // `3` is a class, `3.0` and `0.25` are numbers: the servers print them so.
            if Int(text) != nil { classes.append(text) } else { numbers.append(row.double ?? 0) }
        case .string, .bool: classes.append(Self.name(row))
        case .array(let items):
            let values = items.compactMap(\.double)
            if values.count == items.count && values.count > 1 {
                classes.append(Self.largest(values[...]))
            } else if let only = items.first, items.count == 1 {
                take(only)
            }
        case .object(let fields):
            let scores = fields.compactMap { key, value in value.double.map { (key, $0) } }
            if scores.count == fields.count, let best = scores.max(by: { $0.1 < $1.1 }) {
                classes.append(best.0)
                return
            }
            let known = ["class", "classes", "label", "prediction", "predicted_class"]
            for name in known {
                if let value = row[name] {
                    take(value)
                    return
                }
            }
        case .null: break
        }
    }

    private static func flattened(_ items: [JSON]) -> [JSON] {
        items.flatMap { item in item.items.map(flattened) ?? [item] }
    }

    /// A class as a text.
    static func name(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .number(let text): text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        case .bool(let flag): flag ? "true" : "false"
        default: String(decoding: value.encoded, as: UTF8.self)
        }
    }

    private static func largest(_ values: ArraySlice<Double>) -> String {
        var best = values.startIndex
        for index in values.indices where values[index] > values[best] { best = index }
        return String(best - values.startIndex)
    }
}
