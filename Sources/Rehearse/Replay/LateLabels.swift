// Labels and opinions that come later, by request id: CSV with `id,label`, or JSON lines with `id` and
// `label`, or with `primary_score` and `candidate_score`. A later line about an id replaces an earlier.

internal import Basics
internal import Bytes

/// What became known of requests after they were answered.
public struct LateLabels: Sendable {
    public private(set) var labels: [String: String] = [:]
    public private(set) var scores: [String: (primary: Double, candidate: Double)] = [:]
    /// Lines that say nothing about a request.
    public private(set) var faults: [ReplayLineError] = []

    /// Reads a file; CSV when its first byte is no brace.
    public init(_ bytes: [UInt8]) throws(PairsTableError) {
        if bytes.first == UInt8(ascii: "{") {
            readLines(bytes)
        } else {
            try readTable(bytes)
        }
    }

    private mutating func readLines(_ bytes: [UInt8]) {
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
            .enumerated()
        where line.contains(where: { $0 > 0x20 }) {
            guard let json = try? JSON(Array(line)), let id = json["id"].map(Reply.name) else {
                faults.append(ReplayLineError(line: index + 1, reason: "no object with an id"))
                continue
            }
            if let label = json["label"], label != .null {
                labels[id] = Reply.name(label)
            } else if let a = json["primary_score"]?.double, let b = json["candidate_score"]?.double
            {
                scores[id] = (a, b)
            } else {
                faults.append(ReplayLineError(line: index + 1, reason: "neither label nor scores"))
            }
        }
    }

    private mutating func readTable(_ bytes: [UInt8]) throws(PairsTableError) {
        let table: CSVTable
        do {
            table = try CSVTable(bytes, kinds: ["id": .text, "label": .text])
        } catch {
            throw PairsTableError(description: error.description)
        }
        guard case .texts(let ids) = table["id"]?.values,
            case .texts(let texts) = table["label"]?.values
        else { throw PairsTableError(description: "columns \"id\" and \"label\" are needed") }
        for (id, label) in zip(ids, texts) {
            if let id, let label { labels[id] = label }
        }
    }

    /// What is new about a pair; nil when nothing is.
    public func late(_ outcome: PairOutcome, _ comparison: Comparison) -> PairOutcome? {
        if let label = labels[outcome.id] { return comparison.late(outcome, label: label) }
        if let (primary, candidate) = scores[outcome.id] {
            return comparison.late(outcome, primaryScore: primary, candidateScore: candidate)
        }
        return nil
    }
}
