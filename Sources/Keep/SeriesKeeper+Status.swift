// How much is kept where, for pages and for the agent's own metrics, and which names and labels have the
// most series (the "TSDB status" of Prometheus' API).

public import Basics

/// Sizes of the store.
public struct KeeperStats: Sendable, Equatable {
    public var series = 0
    /// Series known to this process that have no samples in memory now.
    public var quietSeries = 0
    public var headChunks = 0
    public var headSamples = 0
    /// Bytes of chunks in memory.
    public var headBytes = 0
    /// Bytes of full chunks in the head's files.
    public var headSpilledBytes = 0
    /// Of the labels of its series, each label once.
    public var headLabelBytes = 0
    public var blocks = 0
    public var blockSamples = 0
    public var blockBytes = 0
    public var archivedSeries = 0
    public var archiveBytes = 0
    public var journalSegments = 0
    public var journalBytes = 0
    /// Samples in memory that the journal could not take yet.
    public var owedSamples = 0
    /// The earliest exact sample; nil when there is none.
    public var oldestTime: Millis?
    /// The latest sample in the head.
    public var newestTime: Millis?

    public init() {}
}

/// Which names and labels have the most series, each list falling.
public struct TSDBStatus: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var name: String
        public var value: Int

        public init(name: String, value: Int) {
            self.name = name
            self.value = value
        }
    }

    public var seriesCountByMetricName: [Entry] = []
    public var labelValueCountByLabelName: [Entry] = []
    /// Bytes of all values of a label.
    public var memoryInBytesByLabelName: [Entry] = []
    /// Series by `name=value`.
    public var seriesCountByLabelValuePair: [Entry] = []
    public var labelPairs = 0
    /// How often a new series was refused by the limit, by `job instance` of who brought it.
    public var seriesRefusedByTarget: [Entry] = []
    /// The same by metric.
    public var seriesRefusedByMetricName: [Entry] = []

    public init() {}
}

extension SeriesKeeper {
    public var stats: KeeperStats {
        var stats = KeeperStats()
        let counts = head.counts
        let chunks = head.chunkTotals
        let blocks = shelf.blocks
        let archived = archive.totals
        let journaled = journal.status
        let span = head.span
        stats.series = counts.series
        stats.quietSeries = counts.quiet
        stats.headSamples = counts.samples
        stats.headChunks = chunks.chunks
        stats.headBytes = chunks.bytes
        stats.headSpilledBytes = chunks.spilledBytes
        stats.headLabelBytes = head.labelBytes
        stats.blocks = blocks.count
        stats.blockSamples = blocks.reduce(0) { $0 + $1.info.samples }
        stats.blockBytes = blocks.reduce(0) { $0 + $1.info.bytes }
        stats.archivedSeries = archived.series
        stats.archiveBytes = archived.bytes
        stats.journalSegments = journaled.segments
        stats.journalBytes = journaled.bytes
        stats.owedSamples = journaled.owed
        stats.oldestTime = [blocks.first?.info.from, span?.from].compactMap(\.self).min()
        stats.newestTime = span?.through
        return stats
    }

    /// Which names and labels have the most series in the head.
    ///
    /// - Parameter limit: entries of each list.
    public func tsdbStatus(limit: Int = 10) -> TSDBStatus {
        let names = head.postings.names
        var status = TSDBStatus()
        var pairs: [TSDBStatus.Entry] = []
        for (name, values) in names {
            let label = name.text
            status.labelPairs += values.count
            status.labelValueCountByLabelName.append(.init(name: label, value: values.count))
            let bytes = values.keys.reduce(0) { $0 + $1.bytes.count }
            status.memoryInBytesByLabelName.append(.init(name: label, value: bytes))
            let counts = values.map { value, ids in
                TSDBStatus.Entry(name: value.text, value: ids.count)
            }
            if label == Labels.metricName {
                status.seriesCountByMetricName = greatest(counts, limit)
            }
            pairs += greatest(counts, limit).map {
                .init(name: label + "=" + $0.name, value: $0.value)
            }
        }
        status.labelValueCountByLabelName = greatest(status.labelValueCountByLabelName, limit)
        status.memoryInBytesByLabelName = greatest(status.memoryInBytesByLabelName, limit)
        status.seriesCountByLabelValuePair = greatest(pairs, limit)
        let refused = refusals.withLock { $0 }
        func entries(_ tally: [String: Int]) -> [TSDBStatus.Entry] {
            greatest(tally.map { .init(name: $0.key, value: $0.value) }, limit)
        }
        status.seriesRefusedByTarget = entries(refused.byTarget)
        status.seriesRefusedByMetricName = entries(refused.byMetric)
        return status
    }

    private func greatest(_ entries: [TSDBStatus.Entry], _ limit: Int) -> [TSDBStatus.Entry] {
        let sorted = entries.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
        return Array(sorted.prefix(limit))
    }

    /// Refused series by who brought them; nothing before the first.
    private var refusedFamilies: [MetricFamily] {
        let tally = refusals.withLock { $0.byTarget }
        if tally.isEmpty { return [] }
        let help = "New series refused by storage.series_limit, by who brought them."
        return [
            MetricFamily(
                name: "martlet_head_series_refused",
                metadata: MetricMetadata(kind: .counter, help: help),
                samples: tally.sorted { $0.key < $1.key }.map { target, count in
                    .init(
                        suffix: "_total", labels: ["target": target], value: Double(count))
                })
        ]
    }

    func gatherMetrics(_ registry: Registry) {
        registry.gather { [weak self] in
            guard let self else { return [] }
            let stats = stats
            let refused = archive.totals.refused
            let gauges: [(String, String, Int)] = [
                ("martlet_head_series", "Series with samples in memory.", stats.series),
                ("martlet_head_series_quiet", "Series known without samples.", stats.quietSeries),
                ("martlet_head_chunks", "Chunks of the last hours.", stats.headChunks),
                ("martlet_head_samples", "Samples of the last hours.", stats.headSamples),
                ("martlet_head_chunk_bytes", "Bytes of chunks in memory.", stats.headBytes),
                (
                    "martlet_head_spilled_bytes",
                    "Bytes of full chunks in files of the data folder that have no name.",
                    stats.headSpilledBytes
                ),
                (
                    "martlet_head_label_bytes",
                    "Bytes of the labels of series in memory, each label once.",
                    stats.headLabelBytes
                ),
                ("martlet_keep_blocks", "Blocks on disk.", stats.blocks),
                ("martlet_keep_block_samples", "Samples in blocks.", stats.blockSamples),
                ("martlet_keep_block_bytes", "Bytes of blocks.", stats.blockBytes),
                ("martlet_keep_archive_series", "Series in the archive.", stats.archivedSeries),
                ("martlet_keep_archive_series_refused", "Series without room there.", refused),
                ("martlet_keep_archive_bytes", "Bytes of archive files.", stats.archiveBytes),
                (
                    "martlet_keep_journal_segments", "Segments of the journal.",
                    stats.journalSegments
                ),
                ("martlet_keep_journal_bytes", "Bytes of the journal.", stats.journalBytes),
                (
                    "martlet_keep_journal_owed_samples", "Samples not on disk yet.",
                    stats.owedSamples
                ),
            ]
            let sizes = gauges.map { name, help, value in
                MetricFamily(
                    name: name, metadata: MetricMetadata(kind: .gauge, help: help),
                    samples: [.init(value: Double(value))])
            }
            return sizes + refusedFamilies
        }
    }
}
