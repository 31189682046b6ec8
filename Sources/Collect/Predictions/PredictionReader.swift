// Lines of predictions into blocks. One line is one answer:
//
//     {"model": "credit", "version": "v3", "id": "a-17", "time": "2026-11-21T03:00:00Z",
//      "features": {"age": 41, "region": "north", "note": "…", "vector": [0.1, 0.2]},
//      "output": "approve", "probabilities": {"approve": 0.9, "deny": 0.1},
//      "latency": 0.12, "tokens_in": 90, "tokens_out": 12, "ttft": 0.03, "cost": 0.0004,
//      "segment": "branch"}
//
// A bad line costs itself: its tokens are gathered and checked before a column is touched. Texts are
// kept as they stand here; who keeps them decides about masking.

public import Basics
internal import Bytes

/// What a body of predictions holds.
public struct PredictionReading: Sendable {
    public var blocks: [PredictionBlock]
    /// The first faults, each with its line.
    public var faults: [PredictionFault]
    /// Lines that were refused, those beyond the listed faults included.
    public var refused: Int
    public var accepted: Int { blocks.reduce(0) { $0 + $1.count } }
}

/// Reads a body of predictions.
///
/// - Parameters:
///   - now: the time of lines that give none.
///   - standing: the model version of lines that name none.
public func readPredictions(
    _ body: [UInt8], now: Millis, standing: ModelVersion? = nil
) -> PredictionReading {
    var reader = PredictionReader(now: now, standing: standing)
    body.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress else { return }
        forEachLine(bytes) { number, from, to in reader.take(base, from, to, number) }
    }
    return PredictionReading(
        blocks: reader.finish(), faults: reader.faults, refused: reader.refused)
}

/// Calls `body` with the number and the place of every line that is not blank.
func forEachLine(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (_ number: Int, _ from: Int, _ to: Int) -> Void
) {
    var start = 0
    var number = 0
    while start < bytes.count {
        var end = start
        var isBlank = true
        while end < bytes.count, bytes[end] != 0x0a {
            if bytes[end] > 0x20 { isBlank = false }
            end += 1
        }
        number += 1
        if !isBlank { body(number, start, end) }
        start = end + 1
    }
}

/// The reader's state over a body.
struct PredictionReader {
    let now: Millis
    let standing: ModelVersion?
    private(set) var faults: [PredictionFault] = []
    private(set) var refused = 0
    private var builders: [BlockBuilder] = []
    private var latest = 0
    private var row = PredictionLine()

    init(now: Millis, standing: ModelVersion?) {
        self.now = now
        self.standing = standing
    }

    mutating func take(_ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int, _ number: Int) {
        do throws(LineFault) {
            if to - from > PredictionLimits.lineBytesMax {
                throw LineFault(
                    field: "", reason: "longer than \(PredictionLimits.lineBytesMax) bytes")
            }
            try row.scan(base, from, to)
            try keep(base)
        } catch {
            refused += 1
            if faults.count < PredictionLimits.faultsMax {
                faults.append(
                    PredictionFault(line: number, field: error.field, reason: error.reason))
            }
        }
    }

    mutating func finish() -> [PredictionBlock] {
        defer { builders = [] }
        return builders.map { $0.finished() }
    }

    /// Finds the builder of the line's model version, checks what can be wrong, and adds the row.
    private mutating func keep(_ base: UnsafePointer<UInt8>) throws(LineFault) {
        let time = try row.time(base, now: now)
        let id = try row.name(base, row.id, "id")
        try row.checkVectors(base)
        let place = try builder(base)
        builders[place].begin(time: time, id: id)
        row.add(base, to: &builders[place])
    }

    private mutating func builder(_ base: UnsafePointer<UInt8>) throws(LineFault) -> Int {
        let model = try row.name(base, row.model, "model")
        let version = try row.name(base, row.version, "version")
        func fits(_ key: ModelVersion) -> Bool {
            (model.isEmpty ? key.model == standing?.model : key.model.utf8.elementsEqual(model))
                && (version.isEmpty
                    ? key.version == standing?.version ?? "1"
                    : key.version.utf8.elementsEqual(version))
        }
        if latest < builders.count, fits(builders[latest].key) { return latest }
        if let found = builders.firstIndex(where: { fits($0.key) }) {
            latest = found
            return found
        }
        let name = model.isEmpty ? standing?.model ?? "" : String(decoding: model, as: UTF8.self)
        if name.isEmpty { throw LineFault(field: "model", reason: "must be a text") }
        builders.append(
            BlockBuilder(
                ModelVersion(
                    name,
                    version.isEmpty
                        ? standing?.version ?? "1" : String(decoding: version, as: UTF8.self))))
        latest = builders.count - 1
        return latest
    }
}

/// Undoes JSON's escapes of a text whose place is known.
func unescaped(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> [UInt8]? {
    let quoted = [0x22] + UnsafeBufferPointer(start: base + start, count: end - start) + [0x22]
    return (try? JSON(quoted))?.text.map { Array($0.utf8) }
}
