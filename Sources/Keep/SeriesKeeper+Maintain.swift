// What time does to samples: hours that can no longer change become a block and rows of the archive, days
// that are over become one block, old blocks go. Called every 15 s or so by the agent, and by
// simulations with their own clock. A step that fails is counted, reported and tried again at the next call.

public import Basics

extension SeriesKeeper {
    typealias Metadata = [String: MetricMetadata]

    /// Seals, archives, merges and expires what is due, and removes what the journal need not keep.
    ///
    /// - Parameter now: the wall clock.
    @discardableResult
    public func maintain(now: Millis) -> MaintenanceReport {
        maintenance.withLock { _ in
            var report = MaintenanceReport()
            let metadata = journal.metadata
            let monotonic = clock.monotonic()
            let jump = upkeep.withLock { $0.clock.observe(wall: now, monotonic: monotonic) }
            do throws(FileError) {
                try journal.settle(head)
                if options.journalSync == .whenAsked { try journal.sync(onlyIfNeeded: true) }
            } catch {
                report.notices.append("journal: \(error)")
            }
            if let fault = head.spill.retry() {
                report.notices.append(
                    "full chunks stay in memory, because the disk does not take them: \(fault)")
            }
            if let jump {
                meters.clockJumps.add()
                report.notices.append(
                    "the clock jumped by \(durationText(jump)); all samples in memory are sealed")
                upkeep.withLock { $0.mustSealAll = true }
            }
            if upkeep.withLock({ $0.mustSealAll }) {
                // Until it succeeds what was sealed by the other time would have samples refused.
                let isSealed = sealAll(metadata, &report)
                upkeep.withLock { $0.mustSealAll = !isSealed }
            } else {
                let isSealed = sealDue(now, metadata, &report)
                if isSealed { forgetQuiet(monotonic) }
            }
            merge(now, &report)
            expire(now, monotonic, &report)
            return report
        }
    }

    /// - Returns: true when something was sealed, and the journal knows of all of it.
    private func sealDue(
        _ now: Millis, _ metadata: Metadata, _ report: inout MaintenanceReport
    ) -> Bool {
        var isSealed = false
        let due =
            (now - options.windowMillis).flooredDivision(by: Block.spanMillis)
            * Block.spanMillis
        while let span = head.span, span.from < due {
            let end = (span.from.flooredDivision(by: Block.spanMillis) + 1) * Block.spanMillis
            head.raiseFloor(to: end)
            do {
                try seal(
                    head.series(before: end), from: end - Block.spanMillis, end, metadata, &report)
                try journal.noteSealed(before: end)
            } catch {
                meters.sealFailures.add()
                report.notices.append("cannot seal the block up to \(end): \(error)")
                return false
            }
            head.drop(before: end)
            isSealed = true
        }
        return isSealed
    }

    /// Seals everything, because times before and after a jump cannot be compared.
    ///
    /// Appends wait meanwhile.
    ///
    /// - Returns: false when it failed; the head is as it was then.
    @discardableResult
    func sealAll(_ metadata: Metadata, _ report: inout MaintenanceReport) -> Bool {
        do {
            try journal.sealAll(head) {
                guard let span = head.span else { return }
                let ids = head.series(before: .max)
                let size = Block.spanMillis
                var start = span.from.flooredDivision(by: size) * size
                while start <= span.through {
                    try seal(ids, from: start, start + size, metadata, &report)
                    start = nextStart(ids, after: start + size) ?? .max
                }
            }
            return true
        } catch {
            meters.sealFailures.add()
            report.notices.append("cannot seal the head: \(error)")
            return false
        }
    }

    /// The start of the next span that has samples.
    private func nextStart(_ ids: [UInt32], after end: Millis) -> Millis? {
        var cursor = HeadCursor(head, ids)
        var earliest: Millis?
        while let read = cursor.next() {
            guard let first = read.firstTime(from: end) else { continue }
            earliest = min(first, earliest ?? first)
        }
        return earliest.map { $0.flooredDivision(by: Block.spanMillis) * Block.spanMillis }
    }

    /// Writes a block of what series of the head, in the order of labels, have in a span.
    private func seal(
        _ ids: [UInt32], from: Millis, _ end: Millis, _ metadata: Metadata,
        _ report: inout MaintenanceReport
    ) throws {
        let range = TimeRange(from: from, through: end - 1)
        var archived: [UInt32] = []
        var damage = HeadDamage()
        var reader = SpillReader()
        var cursor = HeadCursor(head, ids)
        // One pair of columns for all series: what each of many leaves free, others soon break up.
        var columns: Columns = ([], [])
        let isWritten = try shelf.add(from: from, end: end) {
            guard let read = cursor.next() else { return nil }
            let labels = read.labels()
            let isSound = read.read(in: range, into: &columns, &reader, into: &damage)
            if isSound && !columns.times.isEmpty && archive.holds(labels) {
                archived.append(read.id)
            }
            let chunks = makeChunks(
                columns.times, columns.values, samplesMax: Chunk.blockSamplesMax)
            return (labels, chunks)
        }
        // What could not be read may have been all there was.
        defer { if !damage.series.isEmpty { salvage(damage, in: range, metadata, &report) } }
        guard isWritten else { return }
        report.blocksSealed += 1
        meters.sealedBlocks.add()
        // The archive is derived from blocks: a fault there does not keep samples in the head.
        for fault in archiveSealed(archived, in: range, metadata) {
            report.notices.append("archive: \(fault)")
        }
    }

    /// Forgets series that have been quiet for one to two hours since they left the head.
    ///
    /// Called when the journal has just begun a new segment, and not while it owes samples: no segment
    /// then speaks of a slot by its former series.
    private func forgetQuiet(_ monotonic: Int64) {
        let hour: Int64 = 3_600_000_000_000
        let isDue = upkeep.withLock { upkeep in
            if let last = upkeep.lastForgetting, monotonic - last < hour { return false }
            upkeep.lastForgetting = monotonic
            return true
        }
        if isDue { journal.whenNothingIsOwed { head.forgetQuiet() } }
    }

    private func merge(_ now: Millis, _ report: inout MaintenanceReport) {
        let skipped = upkeep.withLock { $0.unmergeable }
        let candidates = shelf.blocks.filter { !skipped.contains($0.info.serial) }
        let settled = now - options.windowMillis - Block.spanMillis
        let plan = BlockMerge.plan(candidates, settled: settled)
        guard !plan.isEmpty else { return }
        var notices: [String] = []
        do throws(KeepError) {
            try BlockMerge.run(plan, on: shelf) { bad in
                meters.damagedChunks.add()
                notices.append("merge: \(bad)")
            }
            meters.mergedBlocks.add(Double(plan.count))
            report.blocksMerged += plan.count
        } catch {
            notices.append("cannot merge: \(error)")
            let serials = plan.map(\.info.serial)
            if case .diskFull = error {
            } else {
                upkeep.withLock { $0.unmergeable.formUnion(serials) }
            }
        }
        report.notices += notices
    }

    private func expire(_ now: Millis, _ monotonic: Int64, _ report: inout MaintenanceReport) {
        let blocks = shelf.blocks
        let aging = upkeep.withLock { $0.clock.retentionTime(monotonic) }
        var gone = blocks.filter { $0.info.end <= aging - options.retentionMillis }
        let held = blocks.filter { $0.info.end <= now - options.retentionMillis }.count - gone.count
        meters.retentionHeld.set(Double(held))
        let isNews = upkeep.withLock { upkeep in
            defer { upkeep.isHolding = held > 0 }
            return held > 0 && !upkeep.isHolding
        }
        if isNews {
            report.notices.append(
                "the date has jumped by more than a day: retention keeps \(held) blocks that are too old "
                    + "by it until the date has lasted a day; set the clock if it is wrong")
        }
        if let bytesMax = options.retentionBytes {
            let names = Set(gone.map(\.info.serial))
            var kept = blocks.filter { !names.contains($0.info.serial) }[...]
            var total = kept.reduce(0) { $0 + $1.info.bytes }
            while total > bytesMax, let oldest = kept.popFirst() {
                total -= oldest.info.bytes
                gone.append(oldest)
            }
        }
        for block in gone {
            do throws(KeepError) {
                try shelf.remove(block)
                meters.expiredBlocks.add()
                report.blocksExpired += 1
            } catch {
                report.notices.append("cannot remove \(block.info.path): \(error)")
            }
        }
    }
}
