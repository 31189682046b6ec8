// Sums, means, spreads, extremes and quantiles of a window. Sums are compensated (Kahan, Neumaier's
// form) because users compare them for equality; extremes keep a queue of candidates, so that a step
// costs what moved and not the whole window.

internal import Basics

/// A sum that carries what rounding lost.
struct KahanSum {
    var sum = 0.0
    var lost = 0.0

    init() {}

    init(_ first: Double) { sum = first }

    @inline(__always)
    mutating func add(_ value: Double) {
        let next = sum + value
        if next.isInfinite {
            lost = 0
        } else if sum.magnitude >= value.magnitude {
            lost += (sum - next) + value
        } else {
            lost += (value - next) + sum
        }
        sum = next
    }

    var total: Double { sum + lost }
}

/// A mean that stays direct until the sum would overflow, and is updated value by value from then on.
struct RunningMean {
    private var kahan: KahanSum
    private var count = 1.0
    private var isIncremental = false

    init(_ first: Double) { kahan = KahanSum(first) }

    @inline(__always)
    mutating func add(_ value: Double) {
        count += 1
        if !isIncremental {
            var next = kahan
            next.add(value)
            if !next.sum.isInfinite {
                kahan = next
                return
            }
            isIncremental = true
            kahan.sum /= count - 1
            kahan.lost /= count - 1
        }
        if kahan.sum.isInfinite {
            // An infinite mean stays, unless the other infinity or NaN comes.
            if value.isInfinite && (value > 0) == (kahan.sum > 0) { return }
            if value.isFinite { return }
        }
        let share = (count - 1) / count
        kahan.sum *= share
        kahan.lost *= share
        kahan.add(value / count)
    }

    var mean: Double { isIncremental ? kahan.total : kahan.sum / count + kahan.lost / count }
}

extension Columns {
    func sum(_ low: Int, _ high: Int) -> Double {
        var sum = KahanSum()
        for index in low..<high { sum.add(values[index]) }
        return sum.total
    }

    func mean(_ low: Int, _ high: Int) -> Double {
        var mean = RunningMean(values[low])
        for index in (low + 1)..<Swift.max(low + 1, high) { mean.add(values[index]) }
        return mean.mean
    }

    /// Welford's method with compensated sums.
    func variance(_ low: Int, _ high: Int) -> Double {
        var count = 0.0
        var (mean, squares) = (KahanSum(), KahanSum())
        for index in low..<high {
            count += 1
            let delta = values[index] - mean.total
            mean.add(delta / count)
            squares.add(delta * (values[index] - mean.total))
        }
        return squares.total / count
    }

    /// Minimum or maximum, or when it was last reached.
    ///
    /// NaN only counts when there is nothing else.
    func extremes(
        isMax: Bool, wantsTimes: Bool, _ scratch: inout Scratch,
        into row: UnsafeMutableBufferPointer<Double>
    ) {
        // Indices of candidates: each is beaten by none that came after it.
        var queue = scratch.marks
        queue.removeAll(keepingCapacity: true)
        var front = 0
        var next = 0
        slide(into: row) { low, high, _ in
            next = Swift.max(next, low)
            while next < high {
                let value = values[next]
                if !value.isNaN {
                    while queue.count > front,
                        isMax
                            ? values[queue[queue.count - 1]] <= value
                            : values[queue[queue.count - 1]] >= value
                    { queue.removeLast() }
                    queue.append(next)
                }
                next += 1
            }
            while front < queue.count && queue[front] < low { front += 1 }
            let found = front < queue.count ? queue[front] : high - 1
            if wantsTimes { return Double(times[found]) / 1000 }
            return front < queue.count ? values[found] : .nan
        }
        scratch.marks = queue
    }

    func sort(_ low: Int, _ high: Int, _ scratch: inout Scratch) {
        scratch.sorted.removeAll(keepingCapacity: true)
        scratch.sorted.append(contentsOf: values[low..<high])
        sortNaNFirst(&scratch.sorted)
    }

    /// The median of the distances from the median.
    func deviation(_ low: Int, _ high: Int, _ scratch: inout Scratch) -> Double {
        sort(low, high, &scratch)
        let median = quantileOfSorted(0.5, scratch.sorted)
        for index in scratch.sorted.indices {
            scratch.sorted[index] = (scratch.sorted[index] - median).magnitude
        }
        sortNaNFirst(&scratch.sorted)
        return quantileOfSorted(0.5, scratch.sorted)
    }
}

/// Ascending, with NaN below every number.
func sortNaNFirst(_ values: inout [Double]) {
    values.sort { $0 < $1 || $0.isNaN && !$1.isNaN }
}

/// The quantile of ascending values, interpolated between neighbours.
func quantileOfSorted(_ level: Double, _ values: [Double]) -> Double {
    if values.isEmpty || level.isNaN { return .nan }
    if level < 0 { return -.infinity }
    if level > 1 { return .infinity }
    let rank = level * Double(values.count - 1)
    let lower = Swift.max(0, rank.rounded(.down))
    let upper = Swift.min(Double(values.count - 1), lower + 1)
    let weight = rank - rank.rounded(.down)
    return values[Int(lower)] * (1 - weight) + values[Int(upper)] * weight
}
