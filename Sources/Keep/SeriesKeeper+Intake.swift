// The way in. A batch is admitted by time, taken by the head and written to the journal, in that order
// and under the journal's lock; the call returns when a kill can no longer lose it.

public import Basics

extension SeriesKeeper {
    /// The id of a series, new or known.
    ///
    /// Ids are good until the process ends.
    public func resolve(_ labels: Labels) -> Result<SeriesID, Intake.ResolveError> {
        let result = head.resolve(labels)
        if case .failure(let error) = result {
            meters.refusals[error.refusal]?.add()
            if error.refusal == .seriesLimit { refusals.withLock { $0.count(labels) } }
        }
        return result
    }

    /// Keeps the samples; they are visible to queries when the call returns.
    ///
    /// - Throws: when the disk takes no more. The batch can be offered again: what was taken of it
    ///   counts as repeated then.
    public func append(_ batch: SampleBatch) throws(IntakeError) -> AppendOutcome {
        let now = admissionTime()
        let window = TimeRange(
            from: now - options.windowMillis, through: now + Limits.aheadMillisMax)
        do throws(FileError) {
            let outcome = try journal.append(batch, to: head, window: window)
            meters.count(outcome)
            return outcome
        } catch {
            if error.isFull { meters.refusals[.diskFull]?.add(Double(batch.count)) }
            throw IntakeError(reason: KeepError(error).description)
        }
    }

    /// Remembers type, help and unit of a metric.
    public func describe(_ metric: String, _ metadata: MetricMetadata) {
        // A failure is counted by the journal, and the text stays known to this process.
        try? journal.describe(metric, metadata)
    }

    /// Keeps samples of any age through the bulk path.
    ///
    /// They go straight into block files, a file per day, and the archive. Where a sample is kept
    /// already, the new one counts; the head's samples stay.
    ///
    /// Meant for imports: thousands of samples a call, because each call writes files.
    public func backfill(_ series: [Series]) throws(IntakeError) -> AppendOutcome {
        let now = admissionTime()
        let oldest = now - options.retentionMillis
        var outcome = AppendOutcome()
        let (sound, refused) = bulk(series, through: now + Limits.aheadMillisMax)
        for (reason, count) in refused { outcome.refuse(reason, count) }
        var days: Set<Millis> = []
        for entry in sound {
            let isArchived = archive.holds(entry.labels)
            for time in entry.times {
                if time < oldest && !isArchived {
                    outcome.refuse(.tooOld)
                } else {
                    outcome.accepted += 1
                }
                if time >= oldest { days.insert(time.flooredDivision(by: BlockMerge.dayMillis)) }
            }
        }
        do throws(KeepError) {
            for day in days.sorted() { try write(sound, day: day, from: oldest) }
        } catch {
            throw IntakeError(reason: error.description)
        }
        let faults = archiveBackfill(sound)
        if let fault = faults.first {
            throw IntakeError(reason: "the archive did not take the samples: \(fault)")
        }
        meters.count(outcome)
        return outcome
    }

    /// Sorted by labels, one entry a series, each ascending in time; what cannot be kept is counted.
    private func bulk(
        _ series: [Series], through: Millis
    ) -> (series: [Series], refused: [Refusal: Int]) {
        var refused: [Refusal: Int] = [:]
        var byLabels: [ByteKey: ColumnMerge] = [:]
        for entry in series {
            guard isWithinLimits(entry.labels) else {
                refused[.labelLimit, default: 0] += entry.times.count
                continue
            }
            var columns: Columns = ([], [])
            for (time, value) in zip(entry.times, entry.values) {
                if time > through {
                    refused[.tooNew, default: 0] += 1
                } else if let last = columns.times.last, time <= last {
                    // Out of order within the call: merged as a run of its own.
                    byLabels[ByteKey(entry.labels), default: ColumnMerge()].add(columns)
                    columns = ([time], [value])
                } else {
                    columns.times.append(time)
                    columns.values.append(value)
                }
            }
            byLabels[ByteKey(entry.labels), default: ColumnMerge()].add(columns)
        }
        let sorted = byLabels.filter { !$0.value.times.isEmpty }.map { key, columns in
            Series(
                labels: Labels(encoded: key.bytes), times: columns.times, values: columns.values)
        }
        return (sorted.sorted { $0.labels < $1.labels }, refused)
    }

    private func write(_ series: [Series], day: Millis, from oldest: Millis) throws(KeepError) {
        let start = day * BlockMerge.dayMillis
        let end = start + BlockMerge.dayMillis
        var rest = series[...]
        _ = try shelf.add(from: start, end: end) {
            guard let entry = rest.popFirst() else { return nil }
            let first = entry.times.partitionIndex { $0 < max(start, oldest) }
            let last = entry.times.partitionIndex { $0 < end }
            guard first < last else { return (entry.labels, []) }
            let chunks = makeChunks(
                Array(entry.times[first..<last]), Array(entry.values[first..<last]),
                samplesMax: Chunk.blockSamplesMax)
            return (entry.labels, chunks)
        }
    }

    /// The time by which samples are admitted: the wall clock's, but without jumps.
    func admissionTime() -> Millis {
        let monotonic = clock.monotonic()
        return upkeep.withLock { $0.clock.now(monotonic) }
    }
}
