// From samples to rows. Martlet consolidates and RRD only keeps: RRD's own functions work on values that
// it has already averaged over a step, so that a spike between two scrapes is lost to them. A step takes
// the samples from its start up to its end, the end not included; its row bears the time of its end.
// Stale markers and NaN are no values; a step without values is unknown.

internal import Basics

/// What is carried from step to step of a counter.
struct CounterTotal: Sendable, Equatable {
    /// The last raw value; nil before the first.
    var last: Double?
    /// The sum of all increases since the first value, which it begins with.
    var total = 0.0
    /// The time of the last sample counted; earlier ones are skipped, so that a repeated seal changes nothing.
    var through: Millis = .min

    mutating func count(_ time: Millis, _ value: Double) {
        guard time > through else { return }
        through = time
        if let last {
            total += value >= last ? value - last : value
        } else {
            total = value
        }
        last = value
    }
}

/// The rows of a gauge, one for each step that has values.
func gaugeRows(_ times: [Millis], _ values: [Double], stepMillis: Int64) -> [ArchiveRow] {
    var rows: [ArchiveRow] = []
    forEachStep(times, stepMillis) { end, range in
        var (sum, count) = (0.0, 0.0)
        var (least, greatest) = (Double.infinity, -Double.infinity)
        for value in values[range] where !value.isNaN {
            sum += value
            count += 1
            least = min(least, value)
            greatest = max(greatest, value)
        }
        guard count > 0 else { return }
        rows.append(
            ArchiveRow(endSeconds: Int(end / 1000), values: [sum / count, least, greatest]))
    }
    return rows
}

/// The rows of a counter, and the total moved on.
func counterRows(
    _ times: [Millis], _ values: [Double], stepMillis: Int64, _ total: inout CounterTotal
) -> [ArchiveRow] {
    var rows: [ArchiveRow] = []
    forEachStep(times, stepMillis) { end, range in
        var isKnown = false
        for index in range where !values[index].isNaN {
            total.count(times[index], values[index])
            isKnown = true
        }
        guard isKnown else { return }
        rows.append(ArchiveRow(endSeconds: Int(end / 1000), values: [total.total]))
    }
    return rows
}

private func forEachStep(
    _ times: [Millis], _ step: Int64, _ body: (_ end: Millis, Range<Int>) -> Void
) {
    var start = 0
    while start < times.count {
        let end = (times[start].flooredDivision(by: step) + 1) * step
        var next = start + 1
        while next < times.count && times[next] < end { next += 1 }
        body(end, start..<next)
        start = next
    }
}
