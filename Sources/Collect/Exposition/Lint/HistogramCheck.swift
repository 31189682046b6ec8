// Whether the samples of each histogram fit together: bounds rise, counts do not fall, the last bucket
// is infinity and equals the count, sum and count come together.

internal import Basics

/// What has been seen of one histogram at one time.
private struct Seen {
    var line: Int
    var bound: Double?
    var bucketValue = 0.0
    var count: Double?
    var hasSum = false
    var hasGaugeSum = false
    var gaugeSumIsNegative = false
    var hasNegativeBound = false

    /// The faults of the finished group.
    var faults: [String] {
        var faults: [String] = []
        if bound != .infinity { faults.append("the +Inf bucket is missing") }
        if let count, count != bucketValue {
            faults.append("the count differs from the +Inf bucket")
        }
        if (hasSum || hasGaugeSum) && count == nil {
            faults.append("a sum is given, so a count must be")
        }
        if !(hasSum || hasGaugeSum) && count != nil {
            faults.append("a count is given, so a sum must be")
        }
        if hasNegativeBound && hasSum {
            faults.append("with negative buckets there can be no _sum")
        }
        if !hasNegativeBound && gaugeSumIsNegative {
            faults.append("without negative buckets _gsum cannot be negative")
        }
        return faults
    }
}

extension OpenMetricsLint {
    mutating func checkHistogram(_ family: Family) {
        var seen: Seen?
        var group: Labels?
        var time: OpenMetricsTime?
        for (line, sample) in family.samples {
            let suffix = String(sample.name.dropFirst(family.name.count))
            if suffix.isEmpty { continue }
            let own = openMetricsGroup(sample, kind: .histogram, name: family.name)
            if seen == nil || own != group || sample.time != time {
                close(seen)
                seen = Seen(line: line)
            }
            group = own
            time = sample.time
            if var current = seen {
                add(sample, suffix, line, to: &current)
                seen = current
            }
        }
        close(seen)
    }

    private mutating func add(
        _ sample: OpenMetricsSample, _ suffix: String, _ line: Int, to seen: inout Seen
    ) {
        seen.line = line
        switch suffix {
        case "_bucket":
            guard let bound = sample["le"].flatMap(parseNumber) else { return }
            if bound < 0 { seen.hasNegativeBound = true }
            if let last = seen.bound, bound <= last { report("buckets out of order", line: line) }
            if sample.value < seen.bucketValue {
                report("the values of the buckets fall", line: line)
            }
            seen.bound = bound
            seen.bucketValue = sample.value
        case "_count", "_gcount": seen.count = sample.value
        case "_sum": seen.hasSum = true
        case "_gsum":
            seen.hasGaugeSum = true
            if sample.value < 0 { seen.gaugeSumIsNegative = true }
        default: break
        }
    }

    private mutating func close(_ seen: Seen?) {
        guard let seen else { return }
        for fault in seen.faults { report(fault, line: seen.line) }
    }
}
