// Lines of true labels, which may come days after the answers they judge:
//
//     {"model": "credit", "id": "a-17", "label": "approve"}
//
// The id is the prediction's; a later label of the same id replaces the earlier one.

public import Basics
internal import Bytes

/// What a body of labels holds.
public struct LabelReading: Sendable {
    public var blocks: [LabelBlock]
    public var faults: [PredictionFault]
    public var refused: Int
    public var accepted: Int { blocks.reduce(0) { $0 + $1.count } }
}

/// Reads a body of labels.
///
/// - Parameter standing: the model of lines that name none.
public func readLabels(_ body: [UInt8], now: Millis, standing: String? = nil) -> LabelReading {
    var reading = LabelReading(blocks: [], faults: [], refused: 0)
    body.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        forEachLine(bytes) { number, from, to in
            do throws(LineFault) {
                try reading.take(base, from, to, now, standing)
            } catch {
                reading.refused += 1
                if reading.faults.count < PredictionLimits.faultsMax {
                    reading.faults.append(
                        PredictionFault(line: number, field: error.field, reason: error.reason))
                }
            }
        }
    }
    return reading
}

extension LabelReading {
    fileprivate mutating func take(
        _ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int, _ now: Millis, _ standing: String?
    ) throws(LineFault) {
        if to - from > PredictionLimits.lineBytesMax {
            throw LineFault(field: "", reason: "longer than \(PredictionLimits.lineBytesMax) bytes")
        }
        var fields: [String: LineToken] = [:]
        var scanner = LineScanner(base, from: from, to: to)
        guard scanner.take(0x7b) else {
            throw LineFault(field: "", reason: "a label is an object in braces")
        }
        if !scanner.take(0x7d) {
            repeat {
                var token = LineToken()
                try scanner.key(&token)
                try scanner.value(&token)
                let name = scanner.name(token)
                guard ["model", "id", "label", "time"].contains(name) else {
                    throw LineFault(
                        field: name, reason: "unknown field; known are model, id, label and time")
                }
                fields[name] = token
            } while scanner.take(0x2c)
            if !scanner.take(0x7d) { throw LineFault(field: "", reason: "expected ',' or '}'") }
        }
        scanner.skipSpace()
        if scanner.at < to {
            throw LineFault(field: "", reason: "something follows the object; one object a line")
        }
        let model = try text(base, fields["model"], "model", or: standing)
        let id = try text(base, fields["id"], "id")
        let label = try text(base, fields["label"], "label")
        let time = try readTime(base, fields["time"], now: now)
        var place = blocks.firstIndex { $0.model == model }
        if place == nil {
            blocks.append(LabelBlock(model: model, times: [], ids: TextRun(), labels: TextRun()))
            place = blocks.count - 1
        }
        guard let place else { return }
        blocks[place].times.append(time)
        blocks[place].ids.append(id.utf8)
        blocks[place].labels.append(label.utf8)
    }

    private func text(
        _ base: UnsafePointer<UInt8>, _ token: LineToken?, _ field: String,
        or standing: String? = nil
    ) throws(LineFault) -> String {
        var text: String?
        switch token?.kind {
        case nil, .null, .list: text = standing
        case .yes: text = "true"
        case .no: text = "false"
        case .number, .text, .escaped:
            guard let token else { break }
            let raw = UnsafeBufferPointer(start: base + token.start, count: token.end - token.start)
            if raw.count > PredictionLimits.nameBytesMax {
                throw LineFault(
                    field: field, reason: "longer than \(PredictionLimits.nameBytesMax) bytes")
            }
            text =
                token.kind == .escaped
                ? unescaped(base, token.start, token.end).map {
                    String(decoding: $0, as: UTF8.self)
                }
                : String(decoding: raw, as: UTF8.self)
        }
        guard let text, !text.isEmpty else {
            throw LineFault(
                field: field,
                reason: field == "label" ? "must be a class or a number" : "must be a text")
        }
        return text
    }
}
