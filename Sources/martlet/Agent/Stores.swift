// Everything at rest, opened in the order in which it may fail: the lock first, so that a second agent
// touches nothing, then records, logs and series. What recovery found is said line by line.

import Basics
import Keep

/// The open stores of an agent.
struct Stores: Sendable {
    let folder: String
    let lock: FolderLock
    let records: RecordKeeper
    let logs: LogKeeper
    let series: SeriesKeeper
    let predictions: PredictionKeeper
    let profiles: ProfileKeeper

    /// Opens all stores under a folder.
    init(
        _ configuration: Configuration, clock: Clock, registry: Registry
    ) throws(StartError) {
        let folder = configuration.data
        self.folder = folder
        do {
            lock = try FolderLock.take(folder: folder, address: "\(configuration.listen)")
            records = try RecordKeeper.open(folder: folder, registry: registry)
            logs = try LogKeeper.open(
                folder: folder, options: configuration.logOptions, clock: clock, registry: registry)
            predictions = try PredictionKeeper.open(
                folder: folder, options: configuration.models.storage, clock: clock,
                registry: registry)
            profiles = try ProfileKeeper(folder: folder, registry: registry)
            let opened = try SeriesKeeper.open(
                folder: folder, options: try configuration.seriesOptions(), files: .system,
                clock: clock, registry: registry)
            series = opened.keeper
            say(opened.report)
        } catch {
            throw StartError("\(error)")
        }
    }

    /// Where collectors hand over what they collected.
    var intake: Intake {
        let (series, logs) = (series, logs)
        return Intake(
            resolve: { series.resolve($0) },
            append: { (batch) throws(IntakeError) in try series.append(batch) },
            backfill: { (all) throws(IntakeError) in try series.backfill(all) },
            describe: { series.describe($0, $1) },
            appendLog: { (records, position) throws(IntakeError) in
                do throws(LogError) {
                    try logs.append(records, position)
                } catch {
                    throw IntakeError(reason: error.description)
                }
            },
            logPosition: { source in logs.position(source) })
    }

    /// Where queries find series: the store, and the history of KPIs beside it.
    var source: SeriesSource { .merging([series.source, records.kpis.source]) }

    /// What answers of models take on the disk, for the status.
    var answers: [(name: String, value: Int)] {
        let profiles = profiles.stats
        return [
            ("bytes", predictions.stats.bytes), ("profileBytes", profiles.bytes),
            ("profiles", profiles.profiles),
        ]
    }

    /// Makes everything durable and closes it.
    func close() {
        for close in [
            { try series.close() }, { try logs.close() }, { try predictions.close() },
            { try profiles.close() }, { try records.close() },
        ] as [() throws -> Void] {
            do {
                try close()
            } catch {
                complain("closing: \(error)")
            }
        }
    }
}

private func say(_ report: RecoveryReport) {
    if report.samples > 0 || !report.badFrames.isEmpty {
        let seconds = numberText((Double(report.durationMillis) / 100).rounded() / 10)
        remark(
            "recovered \(report.samples) samples from \(report.segments) segments in \(seconds) s")
    }
    for frame in report.badFrames { remark("damaged journal frame: \(frame)") }
    for block in report.badBlocks { remark("damaged block: \(block)") }
}

extension Configuration {
    /// The settings of the series store.
    func seriesOptions() throws(PatternError) -> SeriesKeeperOptions {
        var options = SeriesKeeperOptions()
        options.windowMillis = storage.headWindowMillis
        options.retentionMillis = storage.retentionMillis
        options.retentionBytes = storage.retentionBytes
        options.seriesMax = storage.seriesMax
        options.journalSync = storage.syncsEveryBatch ? .everyBatch : .everySecond
        options.archiveSeriesMax = storage.archiveSeriesMax
        for pattern in storage.archiveMatch {
            options.archiveGroups.append([try Matcher(Labels.metricName, .matches, pattern)])
        }
        return options
    }

    var logOptions: LogKeeperOptions {
        var options = LogKeeperOptions()
        options.daysMax = max(1, Int(storage.logRetentionMillis / 86_400_000))
        if let bytes = storage.logRetentionBytes { options.bytesMax = bytes }
        return options
    }
}
