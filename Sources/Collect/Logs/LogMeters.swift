// What following counts, per source: lines by level (the series that rules and pages draw), secrets
// masked by kind, and what rotation and the store did.

internal import Basics

/// The counters of one source.
struct LogMeters {
    private let lines: [Severity: Counter]
    private let masked: [MaskKind: Counter]
    private let cut: Counter
    /// A file was finished and the next one begun.
    let rotations: Counter
    /// Lines were lost: a file was truncated or removed before it was read to its end.
    let gaps: Counter
    /// The store did not take a batch; it is offered again.
    let refused: Counter
    /// A file could not be read; it is tried again.
    let unreadable: Counter
    let behindBytes: Gauge
    let files: Gauge

    init(source: String, registry: Registry) {
        let labels: Labels = ["source": source]
        lines = Dictionary(
            uniqueKeysWithValues: Severity.allCases.map { level in
                (
                    level,
                    registry.counter(
                        "martlet_log_lines_total", "Log records kept, by level.",
                        labels.setting("level", level.name))
                )
            })
        masked = Dictionary(
            uniqueKeysWithValues: MaskKind.allCases.map { kind in
                (
                    kind,
                    registry.counter(
                        "martlet_log_masked_total", "Secrets masked in log records before keeping.",
                        ["kind": kind.name])
                )
            })
        cut = registry.counter(
            "martlet_limit_refusals_total", "How often a limit bit.", ["limit": "line_bytes"])
        rotations = registry.counter(
            "martlet_log_rotations_total", "Rotations of followed files that were followed.", labels
        )
        gaps = registry.counter(
            "martlet_log_gaps_total",
            "Times a followed file was truncated or removed before it was read to its end.", labels)
        refused = registry.counter(
            "martlet_log_refused_total", "Batches of lines that the store did not take.", labels)
        unreadable = registry.counter(
            "martlet_log_unreadable_total", "Failed reads of followed files.", labels)
        behindBytes = registry.gauge(
            "martlet_log_behind_bytes", "Bytes in followed files that are not yet kept.", labels)
        files = registry.gauge("martlet_log_files", "Files being followed.", labels)
    }

    func count(_ records: [LogRecord], _ counts: MaskCounts, cut: Int) {
        var byLevel: [Severity: Int] = [:]
        for record in records { byLevel[record.severity, default: 0] += 1 }
        for (level, count) in byLevel { lines[level]?.add(Double(count)) }
        for (kind, counter) in masked where counts[kind] > 0 { counter.add(Double(counts[kind])) }
        if cut > 0 { self.cut.add(Double(cut)) }
    }
}
