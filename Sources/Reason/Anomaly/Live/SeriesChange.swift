// "What else changed?": every series of a service, a span of time against the time before it, ranked.
// The distance is Kolmogorov and Smirnov's, which sees level, spread and shape alike; ranked by its
// p-value, because a distance over few values means little. Values of one series depend on each other,
// so the p-value ranks and is not a level to alarm at. Where yesterday is known, a series must differ from
// the same time of yesterday too: a load that falls every evening has not changed.

internal import Algebra
public import Basics
internal import Glibc

/// How one series differs within a span.
public struct SeriesChange: Sendable, Equatable {
    public var labels: Labels
    public var before: Double
    public var during: Double
    /// The distance of the distributions, in 0...1.
    public var distance: Double
    /// ln of the chance of such a distance between equal distributions.
    public var logProbability: Double
    /// The first time within the span at which it lay outside what nineteen in twenty values were before.
    public var movedAt: Millis?
    /// Values compared.
    public var counts: (before: Int, during: Int)

    public static func == (left: SeriesChange, right: SeriesChange) -> Bool {
        left.labels == right.labels && left.distance == right.distance
            && left.logProbability == right.logProbability && left.movedAt == right.movedAt
            && left.before == right.before && left.during == right.during
    }
}

/// Ranks series by how they differ in a span from the time before it, the strongest first.
///
/// - Parameters:
///   - series: with samples from before the span and within it.
///   - baseline: where the time before the span begins.
///   - counters: metrics whose samples only rise; their rises are compared.
/// - Returns: only series with at least four values on either side.
public func rankChanges(
    _ series: [Series], in span: TimeRange, since baseline: Millis = .min,
    counters: (String) -> Bool
) -> [SeriesChange] {
    series.compactMap { series in
        change(
            of: counters(series.labels.metric) ? rises(of: series) : series, in: span,
            since: baseline)
    }.sorted { first, second in
        (first.logProbability, -first.distance, first.labels)
            < (second.logProbability, -second.distance, second.labels)
    }
}

private func change(
    of series: Series, in span: TimeRange, since baseline: Millis
) -> SeriesChange? {
    let day: Millis = 86_400_000
    var before: [Double] = []
    var yesterday: [Double] = []
    var during: [Double] = []
    for (time, value) in zip(series.times, series.values) where value.isFinite {
        if time >= baseline && time < span.from { before.append(value) }
        if span.contains(time + day) { yesterday.append(value) }
        if span.contains(time) { during.append(value) }
    }
    guard before.count >= 4, during.count >= 4,
        let pair = SortedPair(reference: before, current: during)
    else { return nil }
    var (distance, log) = compared(pair)
    if yesterday.count >= 4, let other = SortedPair(reference: yesterday, current: during) {
        let again = compared(other)
        distance = min(distance, again.distance)
        log = max(log, again.log)
    }
    let low = quantile(pair.reference, 0.025)
    let high = quantile(pair.reference, 0.975)
    let moved = zip(series.times, series.values).first {
        span.contains($0) && ($1 < low || $1 > high)
    }
    return SeriesChange(
        labels: series.labels, before: Moments(before).mean, during: Moments(during).mean,
        distance: distance, logProbability: log, movedAt: moved?.0,
        counts: (before.count, during.count))
}

/// The distance and the logarithm of its p-value, which a double can hold.
private func compared(_ pair: SortedPair) -> (distance: Double, log: Double) {
    let distance = kolmogorovDistance(pair.reference, pair.current)
    if distance == 0 { return (0, 0) }
    let log = KolmogorovTwoSample.logAsymptoticTail(
        distance, pair.reference.count, pair.current.count)
    return (distance, min(max(log, -700), 0))
}

/// The largest gap between two empirical distribution functions; ties step together.
private func kolmogorovDistance(_ first: [Double], _ second: [Double]) -> Double {
    var (i, j, largest) = (0, 0, 0.0)
    while i < first.count && j < second.count {
        let value = min(first[i], second[j])
        while i < first.count && first[i] == value { i += 1 }
        while j < second.count && second[j] == value { j += 1 }
        largest = max(
            largest, abs(Double(i) / Double(first.count) - Double(j) / Double(second.count)))
    }
    return largest
}

/// The rises per second of a counter between its samples.
private func rises(of series: Series) -> Series {
    var result = Series(labels: series.labels)
    var last: (time: Millis, value: Double)?
    for (time, value) in zip(series.times, series.values) where value.isFinite {
        if let last, time > last.time {
            let rise = value >= last.value ? value - last.value : value
            result.times.append(time)
            result.values.append(rise * 1000 / Double(time - last.time))
        }
        last = (time, value)
    }
    return result
}
