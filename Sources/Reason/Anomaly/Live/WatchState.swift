// The models at rest: one file, so that a restart goes on where it stopped. A damaged file is refused
// whole; a series whose model is of another version is learnt anew, the others go on.

internal import Basics

extension LiveWatch {
    private static let version: UInt8 = 2

    /// All models, with a version and a checksum.
    public func encoded() -> [UInt8] {
        var writer = StateWriter(version: LiveWatch.version)
        writer.write(Int64(watched.count))
        for labels in watched.keys.sorted() {
            guard let series = watched[labels] else { continue }
            let resampler = series.resampler
            writer.append(labels.bytes)
            writer.write(series.interval)
            writer.write(resampler.isCounter ? 1 : 0 as Int64)
            writer.write(resampler.current ?? .min)
            writer.write([resampler.sum, resampler.count, resampler.last ?? .nan])
            writer.write(series.time ?? .min)
            writer.append(series.model.encoded())
        }
        writer.write(Int64(budgets.count))
        for (service, budget) in budgets.sorted(by: { $0.key < $1.key }) {
            writer.append(Array(service.utf8))
            budget.write(to: &writer)
        }
        writer.write(Int64(episodes.count))
        for (_, episode) in episodes.sorted(by: { $0.key < $1.key }) { episode.write(to: &writer) }
        return writer.finished()
    }

    /// Resumes from a state.
    ///
    /// - Throws: `ModelStateError` when the bytes are damaged or of another version.
    public init(decoding bytes: [UInt8], options: Options) throws(ModelStateError) {
        self.init(options: options)
        var reader = try StateReader(bytes, version: LiveWatch.version)
        var found: [WatchedSeries] = []
        for _ in 0..<(try reader.integer()) {
            let labels = try reader.blob()
            let interval = try reader.integer()
            let isCounter = try reader.integer() == 1
            let current = try reader.integer()
            let sums = try reader.doubles(3)
            let time = try reader.integer()
            let model = try reader.blob()
            // A model of another version is learnt anew; the caller replays its past.
            guard Labels.isWellFormed(labels), let resumed = try? SeriesModel(decoding: model)
            else { continue }
            let resampler = Resampler(
                interval: interval, isCounter: isCounter, current: current == .min ? nil : current,
                sum: sums[0], count: sums[1], last: sums[2].isNaN ? nil : sums[2])
            found.append(
                WatchedSeries(
                    Labels(encoded: labels), resampler: resampler, model: resumed,
                    time: time == .min ? nil : time))
        }
        var budgets: [String: NotificationBudget] = [:]
        for _ in 0..<(try reader.integer()) {
            let service = String(decoding: try reader.blob(), as: UTF8.self)
            budgets[service] = try NotificationBudget(options.budget, resuming: &reader)
        }
        var episodes: [Episode] = []
        for _ in 0..<(try reader.integer()) { episodes.append(try Episode(resuming: &reader)) }
        try reader.finish()
        resume(found, budgets: budgets, episodes: episodes)
    }
}

extension NotificationBudget {
    fileprivate func write(to writer: inout StateWriter) {
        for time in [began, last] { writer.write(time ?? .min) }
        writer.write([correction, episodes, heights])
        writer.write(Int64(rates.count))
        for (name, rate) in rates.sorted(by: { $0.key < $1.key }) {
            writer.append(Array(name.utf8))
            for time in [rate.since, rate.latest ?? .min, rate.notified ?? .min, rate.block] {
                writer.write(time)
            }
            writer.write([
                rate.episodes, rate.heights, rate.peak, rate.carried, rate.leastOfBlock,
            ])
        }
    }

    /// What a budget had learnt, under the settings of now.
    fileprivate init(
        _ settings: NotificationBudget, resuming reader: inout StateReader
    ) throws(ModelStateError) {
        self = settings
        func time(_ stored: Int64) -> Millis? { stored == .min ? nil : stored }
        began = time(try reader.integer())
        last = time(try reader.integer())
        correction = try reader.double()
        episodes = try reader.double()
        heights = try reader.double()
        for _ in 0..<(try reader.integer()) {
            let name = String(decoding: try reader.blob(), as: UTF8.self)
            var rate = AlarmRate(since: try reader.integer())
            rate.latest = time(try reader.integer())
            rate.notified = time(try reader.integer())
            rate.block = try reader.integer()
            rate.episodes = try reader.double()
            rate.heights = try reader.double()
            rate.peak = try reader.double()
            rate.carried = try reader.double()
            rate.leastOfBlock = try reader.double()
            rates[name] = rate
        }
    }
}

extension Episode {
    fileprivate func write(to writer: inout StateWriter) {
        writer.append(Array(service.utf8))
        for number in [start, unusualAt, isNews ? 1 : 0, Int64(parts.count)] {
            writer.write(number)
        }
        for part in ranked {
            writer.append(part.labels.bytes)
            for time in [part.since, part.peakAt, part.shift?.since ?? .min] { writer.write(time) }
            writer.write([
                part.evidence, part.value, part.low, part.high, part.shift?.size ?? 0,
            ])
        }
    }

    fileprivate init(resuming reader: inout StateReader) throws(ModelStateError) {
        let service = String(decoding: try reader.blob(), as: UTF8.self)
        let start = try reader.integer()
        let unusualAt = try reader.integer()
        let isNews = try reader.integer() == 1
        var parts: [Labels: Part] = [:]
        for _ in 0..<(try reader.integer()) {
            let labels = Labels(encoded: try reader.blob())
            let (since, peakAt) = (try reader.integer(), try reader.integer())
            let moved = try reader.integer()
            let numbers = try reader.doubles(5)
            parts[labels] = Part(
                labels: labels, since: since, peakAt: peakAt, evidence: numbers[0],
                value: numbers[1], low: numbers[2], high: numbers[3],
                shift: moved == .min ? nil : LevelShift(since: moved, size: numbers[4]))
        }
        self.init(
            service: service, start: start, unusualAt: unusualAt, isNews: isNews, parts: parts)
    }
}
