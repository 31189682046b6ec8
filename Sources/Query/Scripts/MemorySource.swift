// Series in memory, as a source for tests, scripts and commands that evaluate a file.

public import Basics

/// Holds series and answers selectors from them; may be used from any thread.
public final class MemorySource: Sendable {
    private struct State: Sendable {
        var places: [Labels: Int] = [:]
        var series: [Series] = []
    }

    private let state = Lock(State())

    public init() {}

    /// Makes a source with series in it.
    public convenience init(_ series: [Series]) {
        self.init()
        for one in series { append(one) }
    }

    /// Adds one sample; a sample of the same series and time is replaced.
    public func append(_ labels: Labels, _ time: Millis, _ value: Double) {
        append(Series(labels: labels, times: [time], values: [value]))
    }

    /// Adds the samples of a series; samples of the same times are replaced.
    public func append(_ added: Series) {
        state.withLock { state in
            guard let place = state.places[added.labels] else {
                state.places[added.labels] = state.series.count
                state.series.append(added)
                return
            }
            for (time, value) in zip(added.times, added.values) {
                let index = MemorySource.firstIndex(in: state.series[place].times, after: time - 1)
                if index < state.series[place].times.count, state.series[place].times[index] == time
                {
                    state.series[place].values[index] = value
                } else {
                    state.series[place].times.insert(time, at: index)
                    state.series[place].values.insert(value, at: index)
                }
            }
        }
    }

    public func removeAll() { state.withLock { $0 = State() } }

    /// All series, in the order in which they came.
    public var series: [Series] { state.withLock { $0.series } }

    /// The seam.
    public var source: SeriesSource {
        SeriesSource(
            select: { (matchers, range, _) throws(SourceError) in
                Selected(series: try self.select(matchers, range))
            },
            series: { (groups, range) throws(SourceError) in
                var found: Set<Labels> = []
                for matchers in groups {
                    for one in try self.select(matchers, range) { found.insert(one.labels) }
                }
                return found.sorted()
            })
    }

    private func select(_ matchers: [Matcher], _ range: TimeRange) throws(SourceError) -> [Series] {
        var found: [Series] = []
        for one in series {
            do {
                var isMatch = true
                for matcher in matchers where isMatch { isMatch = try matcher.matches(one.labels) }
                guard isMatch else { continue }
            } catch {
                throw SourceError(reason: error.description)
            }
            let low = MemorySource.firstIndex(in: one.times, after: range.from - 1)
            let high = MemorySource.firstIndex(in: one.times, after: range.through)
            guard low < high else { continue }
            found.append(
                Series(
                    labels: one.labels, times: Array(one.times[low..<high]),
                    values: Array(one.values[low..<high])))
        }
        return found.sorted { $0.labels < $1.labels }
    }

    /// The first index whose time is after a moment.
    private static func firstIndex(in times: [Millis], after moment: Millis) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
