// How rows become one number, with an interval that assumes as little as possible: order statistics
// for medians, Wilson for shares, Student for means.

import Glibc

/// How rows become one number.
public enum KPIAggregate: String, Sendable, Equatable {
    /// Sum of the values.
    case count
    case median
    case mean
    /// Share of rows with value 1; Wilson interval.
    case share
    /// Sum of values over sum of denominators.
    case ratio
    /// As `ratio`, over the last row of each group.
    case last
    /// Median over full weeks of the days with a row.
    case daysPerWeek = "days_per_week"
}

enum Statistic {
    /// Quantile of sorted values with linear interpolation between order statistics (type 7).
    static func quantile(_ sorted: [Double], _ share: Double) -> Double? {
        guard let last = sorted.last else { return nil }
        let place = share * Double(sorted.count - 1)
        let low = Int(place.rounded(.down))
        if low + 1 >= sorted.count { return last }
        return sorted[low] + (place - Double(low)) * (sorted[low + 1] - sorted[low])
    }

    static func median(_ values: [Double]) -> Double? { quantile(values.sorted(), 0.5) }

    static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// 95 % interval of a median from order statistics (binomial, normal approximation of the
    /// ranks); nil below 6 rows, where no two ranks reach 95 %.
    static func medianInterval(_ sorted: [Double]) -> KPIInterval? {
        let n = Double(sorted.count)
        guard n >= 6 else { return nil }
        let half = 1.96 * sqrt(n) / 2
        let low = max(0, Int((n / 2 - half).rounded(.down)))
        let high = min(sorted.count - 1, Int((n / 2 + half).rounded(.up)))
        return KPIInterval(low: sorted[low], high: sorted[high])
    }

    /// Wilson's 95 % interval of a share.
    static func shareInterval(_ hits: Double, of n: Double) -> KPIInterval? {
        guard n > 0 else { return nil }
        let z = 1.96
        let p = hits / n
        let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return KPIInterval(low: max(0, middle - half), high: min(1, middle + half))
    }

    /// Student's 95 % interval of a mean; nil below 2 rows.
    static func meanInterval(_ values: [Double]) -> KPIInterval? {
        guard values.count >= 2, let middle = mean(values), let spread = deviation(values) else {
            return nil
        }
        let half = studentQuantile(values.count - 1) * spread / sqrt(Double(values.count))
        return KPIInterval(low: middle - half, high: middle + half)
    }

    /// Standard deviation of a sample; nil below 2 rows.
    static func deviation(_ values: [Double]) -> Double? {
        guard values.count >= 2, let middle = mean(values) else { return nil }
        let squares = values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
        return sqrt(squares / Double(values.count - 1))
    }

    /// The 97.5 % quantile of Student's distribution; from 30 degrees on within 0.1 % by its
    /// expansion.
    private static func studentQuantile(_ degrees: Int) -> Double {
        let table = [
            12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
            2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
            2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
        ]
        return degrees <= table.count ? table[degrees - 1] : 1.96 + 2.4 / Double(degrees)
    }
}
