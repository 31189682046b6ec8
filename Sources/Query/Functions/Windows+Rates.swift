// Differences over a window. `rate`, `increase` and `delta` extrapolate from the samples to the
// window's ends as Prometheus does (`extrapolatedRate` of its functions.go): to the very end when the
// gap is at most 1.1 mean sample distances, else by half a distance, and never below a counter's zero.

internal import Basics

extension Columns {
    func extrapolated(
        isCounter: Bool, isRate: Bool, _ scratch: inout Scratch,
        into row: UnsafeMutableBufferPointer<Double>
    ) {
        // Where the counter fell. They are few, so a window adds up the few that lie in it.
        scratch.marks.removeAll(keepingCapacity: true)
        if isCounter {
            for index in 1..<Swift.max(1, values.count) where values[index] < values[index - 1] {
                scratch.marks.append(index)
            }
        }
        let seconds = Double(rangeMillis) / 1000
        scratch.marks.withUnsafeBufferPointer { resets in
            var firstReset = 0
            slide(into: row) { low, high, step in
                guard high - low >= 2 else { return absent }
                var result = values[high - 1] - values[low]
                while firstReset < resets.count && resets[firstReset] <= low { firstReset += 1 }
                var reset = firstReset
                while reset < resets.count && resets[reset] < high {
                    result += values[resets[reset] - 1]
                    reset += 1
                }
                let end = sight.time(step)
                let sampled = Double(times[high - 1] - times[low]) / 1000
                let distance = sampled / Double(high - low - 1)
                var toStart = Double(times[low] - (end - rangeMillis)) / 1000
                var toEnd = Double(end - times[high - 1]) / 1000
                let threshold = distance * 1.1
                if toStart >= threshold { toStart = distance / 2 }
                if isCounter && result > 0 && values[low] >= 0 {
                    let toZero = sampled * (values[low] / result)
                    if toZero < toStart { toStart = toZero }
                }
                if toEnd >= threshold { toEnd = distance / 2 }
                var factor = (sampled + toStart + toEnd) / sampled
                if isRate { factor /= seconds }
                return result * factor
            }
        }
    }

    /// The difference of a window's last two samples; a fall counts as a reset for a rate.
    func instantaneous(isRate: Bool, into row: UnsafeMutableBufferPointer<Double>) {
        slide(into: row) { low, high, _ in
            guard high - low >= 2 else { return absent }
            let (last, before) = (values[high - 1], values[high - 2])
            let difference = isRate && last < before ? last : last - before
            let millis = times[high - 1] - times[high - 2]
            guard millis > 0 else { return absent }
            return isRate ? difference / (Double(millis) / 1000) : difference
        }
    }

    /// How often one sample to the next satisfies a test, by a running count.
    @inline(__always)
    func transitions(
        _ scratch: inout Scratch, into row: UnsafeMutableBufferPointer<Double>,
        _ test: (Double, Double) -> Bool
    ) {
        scratch.counts.removeAll(keepingCapacity: true)
        scratch.counts.reserveCapacity(values.count)
        var total: Int32 = 0
        for index in 0..<values.count {
            if index > 0 && test(values[index - 1], values[index]) { total += 1 }
            scratch.counts.append(total)
        }
        scratch.counts.withUnsafeBufferPointer { counts in
            slide(into: row) { low, high, _ in Double(counts[high - 1] - counts[low]) }
        }
    }

    /// The least-squares line: its slope per second and its value at a moment.
    func line(_ low: Int, _ high: Int, through moment: Millis) -> (slope: Double, intercept: Double)
    {
        var (x, y, xy, xx) = (KahanSum(), KahanSum(), KahanSum(), KahanSum())
        var isFlat = true
        for index in low..<high {
            let value = values[index]
            if isFlat && index > low && value != values[low] { isFlat = false }
            let seconds = Double(times[index] - moment) / 1000
            x.add(seconds)
            y.add(value)
            xy.add(seconds * value)
            xx.add(seconds * seconds)
        }
        if isFlat { return values[low].isInfinite ? (.nan, .nan) : (0, values[low]) }
        let count = Double(high - low)
        let covariance = xy.total - x.total * y.total / count
        let spread = xx.total - x.total * x.total / count
        let slope = covariance / spread
        return (slope, y.total / count - slope * x.total / count)
    }

    /// Double exponential smoothing (Holt's linear method): the last smoothed value.
    func smooth(_ low: Int, _ high: Int, _ level: Double, _ trend: Double) -> Double {
        guard high - low >= 2 else { return absent }
        var (before, smoothed) = (0.0, values[low])
        var slope = values[low + 1] - values[low]
        for index in (low + 1)..<high {
            if index > low + 1 { slope = trend * (smoothed - before) + (1 - trend) * slope }
            let next = level * values[index] + (1 - level) * (smoothed + slope)
            (before, smoothed) = (smoothed, next)
        }
        return smoothed
    }
}
