// HELP, TYPE and UNIT lines, handed on only when they are new or changed: a target repeats them with
// every scrape, and nobody wants to hear them every time.

internal import Basics

/// What a target said of its metrics.
struct ScrapedMetadata: Sendable {
    private var known: [String: MetricMetadata] = [:]
    /// Hashes of the lines that have been read; a line that is here says nothing new.
    private var lines: Set<Int> = []
    private var changed: Set<String> = []

    /// More metrics than this in one target are a leak, not an exposition.
    private static let metricsMax = 20_000

    mutating func take(_ entry: ExpositionParser.Entry, _ parser: ExpositionParser) {
        var hasher = Hasher()
        hasher.combine(entry)
        hasher.combine(parser.kind)
        hasher.combine(bytes: parser.bytesOf(parser.name))
        hasher.combine(bytes: parser.bytesOf(parser.text))
        guard lines.insert(hasher.finalize()).inserted else { return }
        if known.count >= Self.metricsMax { return }
        // A counter's OpenMetrics name lacks the suffix that its samples bear and people ask for.
        let name = parser.nameText
        var metadata = known[name] ?? MetricMetadata(kind: .unknown)
        switch entry {
        case .type: metadata.kind = parser.kind
        case .help: metadata.help = parser.helpText
        case .unit: metadata.unit = parser.unitText
        case .sample: return
        }
        known[name] = metadata
        let isBare = parser.isOpenMetrics && metadata.kind == .counter
        changed.insert(name)
        if isBare { counters.insert(name) }
    }

    /// OpenMetrics families that are counters.
    private var counters: Set<String> = []

    /// Tells the intake what is new.
    mutating func flush(to intake: Intake) {
        for name in changed.sorted() {
            guard let metadata = known[name] else { continue }
            intake.describe(counters.contains(name) ? name + "_total" : name, metadata)
        }
        changed.removeAll()
        // A target whose help texts change all the time starts over, rather than grow.
        if lines.count > 4 * Self.metricsMax { lines.removeAll() }
    }
}

extension ExpositionParser {
    func bytesOf(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)
    }
}
