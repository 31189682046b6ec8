// The two-sample Kolmogorov-Smirnov statistic under the null hypothesis, given the ties that are there.
// With ties the textbook p-value is too large: the two step functions can only differ at the end of a
// tie. Exactly: a walk over the pooled sample, hypergeometric step by step, whose mass is removed where
// it leaves the band. For large samples: the same walk over a Brownian bridge seen at the tie ends.

internal import Glibc

/// The two-sample statistic.
public enum KolmogorovTwoSample {
    /// ln P(D ≥ d), as the one-sample distribution of the effective size (the usual asymptotic form).
    public static func logAsymptoticTail(_ d: Double, _ m: Int, _ n: Int) -> Double {
        let effective = (Double(m) * Double(n) / Double(m + n)).rounded(.toNearestOrEven)
        if d <= 0 { return 0 }
        return Kolmogorov.logTail(d, max(Int(effective), 1))
    }

    /// ln P(D ≥ d) exactly.
    ///
    /// `tieEnds`, when given, says for every pooled rank 1…m+n whether the next pooled value
    /// differs; without it all values differ. O((m+n) · width of the band).
    public static func logExactTail(
        _ d: Double, _ m: Int, _ n: Int, tieEnds: [Bool]? = nil
    ) -> Double {
        if m == 0 || n == 0 { return .nan }
        // Compared in whole numbers: |i n − j m| ≥ d m n.
        let limit = Int((d * Double(m) * Double(n)).rounded())
        if limit <= 0 { return 0 }
        let total = m + n
        var mass = [Double](repeating: 0, count: m + 2)
        mass[0] = 1
        var low = 0
        var high = 0
        var removed = 0.0
        mass.withUnsafeMutableBufferPointer { mass in
            for step in 1...total {
                let left = Double(total - step + 1)
                let top = min(high + 1, min(step, m))
                let bottom = max(low, step - n)
                // From (i, j): up with the share of what is left of the first sample.
                var i = top
                while i >= bottom {
                    let stays = Double(n - (step - 1 - i)) / left
                    let rises = i > 0 ? Double(m - i + 1) / left : 0
                    let here = i <= high && i >= low ? mass[i] * max(stays, 0) : 0
                    let below = i - 1 >= low && i >= 1 ? mass[i - 1] * rises : 0
                    mass[i] = here + below
                    i -= 1
                }
                low = bottom
                high = top
                if tieEnds?[step - 1] ?? true {
                    while low <= high && abs(low * n - (step - low) * m) >= limit {
                        removed += mass[low]
                        mass[low] = 0
                        low += 1
                    }
                    while high >= low && abs(high * n - (step - high) * m) >= limit {
                        removed += mass[high]
                        mass[high] = 0
                        high -= 1
                    }
                    if low > high { break }
                }
            }
        }
        return min(log(removed), 0)
    }
}
