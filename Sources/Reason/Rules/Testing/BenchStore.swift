// A store in memory for rules on the bench: an intake and a series source over one dictionary. Made
// for unit tests of rules and for replays, where the series are few and the clock is invented; it
// keeps everything, in order, and refuses nothing.

public import Basics

/// Series in memory, written through an ``Basics/Intake`` and read through a
/// ``Basics/SeriesSource``.
public final class BenchStore: Sendable {
    private struct State {
        var series: [Series] = []
        var ids: [Labels: Int] = [:]
    }

    private let state = Lock(State())

    public init() {}

    /// Keeps one sample; one at a time that is there already replaces it.
    public func append(_ labels: Labels, _ time: Millis, _ value: Double) {
        state.withLock { state in
            let id = Self.id(of: labels, &state)
            Self.insert(time, value, &state.series[id])
        }
    }

    /// All samples, sorted by labels.
    public var all: [Series] {
        state.withLock { $0.series }.filter { !$0.times.isEmpty }.sorted { $0.labels < $1.labels }
    }

    public var intake: Intake {
        Intake(
            resolve: { labels in
                .success(SeriesID(UInt32(self.state.withLock { Self.id(of: labels, &$0) })))
            },
            append: { (batch) throws(IntakeError) in
                self.state.withLock { state in
                    var outcome = AppendOutcome()
                    for index in 0..<batch.count {
                        let id = Int(batch.series[index].index)
                        Self.insert(batch.times[index], batch.values[index], &state.series[id])
                    }
                    outcome.accepted = batch.count
                    return outcome
                }
            },
            backfill: { (series) throws(IntakeError) in
                var outcome = AppendOutcome()
                for one in series {
                    for (time, value) in zip(one.times, one.values) {
                        self.append(one.labels, time, value)
                    }
                    outcome.accepted += one.times.count
                }
                return outcome
            },
            describe: { _, _ in },
            appendLog: { (_, _) throws(IntakeError) in },
            logPosition: { (_) throws(IntakeError) in nil })
    }

    public var source: SeriesSource {
        SeriesSource(
            select: { (matchers, range, _) throws(SourceError) in
                var found: [Series] = []
                for series in self.all where try Self.matches(matchers, series.labels) {
                    let part = Self.cut(series, range)
                    if !part.times.isEmpty { found.append(part) }
                }
                return Selected(series: found)
            },
            series: { (groups, range) throws(SourceError) in
                var found: [Labels] = []
                for series in self.all where !Self.cut(series, range).times.isEmpty {
                    for group in groups where try Self.matches(group, series.labels) {
                        found.append(series.labels)
                        break
                    }
                }
                return found
            })
    }

    private static func id(of labels: Labels, _ state: inout State) -> Int {
        if let known = state.ids[labels] { return known }
        state.ids[labels] = state.series.count
        state.series.append(Series(labels: labels))
        return state.series.count - 1
    }

    private static func insert(_ time: Millis, _ value: Double, _ series: inout Series) {
        var index = series.times.count
        while index > 0 && series.times[index - 1] > time { index -= 1 }
        if index > 0 && series.times[index - 1] == time {
            series.values[index - 1] = value
        } else {
            series.times.insert(time, at: index)
            series.values.insert(value, at: index)
        }
    }

    private static func matches(
        _ matchers: [Matcher], _ labels: Labels
    ) throws(SourceError) -> Bool {
        do {
            for matcher in matchers where try !matcher.matches(labels) { return false }
            return true
        } catch {
            throw SourceError(reason: error.description)
        }
    }

    private static func cut(_ series: Series, _ range: TimeRange) -> Series {
        let times = series.times
        var from = 0
        var to = times.count
        // Binary search: a day of samples at 15 s is read for every step of a test.
        while from < to {
            let middle = (from + to) / 2
            if times[middle] < range.from { from = middle + 1 } else { to = middle }
        }
        var end = from
        to = times.count
        while end < to {
            let middle = (end + to) / 2
            if times[middle] <= range.through { end = middle + 1 } else { to = middle }
        }
        return Series(
            labels: series.labels, times: Array(times[from..<end]),
            values: Array(series.values[from..<end]))
    }
}
