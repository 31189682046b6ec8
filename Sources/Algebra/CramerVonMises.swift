// The two-sample Cramér-von Mises statistic under the null hypothesis: exactly for small samples (Xiao,
// Gordon and Yakovlev 2007), else by the limit law after matching its first two moments (Anderson 1962).

internal import Glibc

/// The distribution of the two-sample statistic T.
public enum CramerVonMises {
    /// P(ω² > x) in the limit.
    ///
    /// The series stops at terms under 1e-7, as SciPy's does, so that both print the same digits;
    /// where that leaves no digit, Smirnov's tail integral takes over.
    public static func logLimitTail(_ x: Double) -> Double {
        if x.isNaN { return .nan }
        if x < 0.003 { return 0 }
        var total = 0.0
        for k in 0..<200 {
            let index = Double(k)
            let y = 4 * index + 1
            let q = y * y / (16 * x)
            let front =
                exp(logGamma(index + 0.5) - logGamma(index + 1))
                / (pow(Double.pi, 1.5) * x.squareRoot())
            let term = front * y.squareRoot() * exp(-2 * q) * scaledBesselK(order: 0.25, q)
            total += term
            if term < 1e-7 { break }
        }
        let tail = 1 - total
        return tail > 1e-11 ? log(min(tail, 1)) : logFarTail(x)
    }

    /// Smirnov: (1/π) Σ (−1)^{k+1} ∫ √(−√y / sin √y) e^{−xy/2} / y dy over ((2k−1)²π², (2k)²π²); the
    /// first integral alone is right to 1e-17 where this is used.
    private static func logFarTail(_ x: Double) -> Double {
        // With √y = π + π s the integrand has inverse roots at both ends; s = sin² removes them.
        let steps = 400
        var sum = 0.0
        let shift = x * Double.pi * Double.pi / 2
        for index in 0..<steps {
            let angle = (Double(index) + 0.5) / Double(steps) * Double.pi / 2
            let s = sin(angle) * sin(angle)
            let root = Double.pi * (1 + s)
            // sin √y = −sin(π s), and near the ends sin(π s) must be taken from the nearer one.
            let sine = s < 0.5 ? sin(Double.pi * s) : sin(Double.pi * cos(angle) * cos(angle))
            let derivative = 2 * sin(angle) * cos(angle) * Double.pi
            let exponent = -x * root * root / 2 + shift
            sum += (root / sine).squareRoot() * exp(exponent) * 2 / root * derivative
        }
        return log(sum * Double.pi / 2 / Double(steps) / Double.pi) - shift
    }

    /// ln of the p-value of T by the limit law with matched moments.
    public static func logAsymptoticTail(_ statistic: Double, _ m: Int, _ n: Int) -> Double {
        let total = Double(m + n)
        let product = Double(m) * Double(n)
        let mean = (1 + 1 / total) / 6
        let spread =
            (total + 1) * (4 * product * total - 3 * (Double(m * m) + Double(n * n)) - 2 * product)
            / (45 * total * total * 4 * product)
        let matched = 1.0 / 6 + (statistic - mean) / (45 * spread).squareRoot()
        return logLimitTail(matched)
    }

    /// The exact p-value of T without ties; small samples only (the work grows as (mn)²).
    public static func exactTail(_ statistic: Double, _ m: Int, _ n: Int) -> Double {
        let divisor = greatestCommonDivisor(m, n)
        let common = m / divisor * n
        let a = common / m
        let b = common / n
        let product = Double(m * n)
        // T in whole numbers: T = ζ / (common² (m + n)) with a² = (common/m)², from ranks to heights.
        let target =
            statistic * Double(common) * Double(common) * Double((m + n) * (m + n)) / product
        var rows: [[Int: Double]] = Array(repeating: [:], count: m + 1)
        for u in 0...n {
            var carried: [Int: Double] = [:]
            for v in 0...m {
                var merged = u == 0 && v == 0 ? [0: 1.0] : [:]
                for (value, ways) in carried { merged[value, default: 0] += ways }
                for (value, ways) in rows[v] { merged[value, default: 0] += ways }
                let gap = a * v - b * u
                var moved: [Int: Double] = [:]
                for (value, ways) in merged { moved[value + gap * gap] = ways }
                carried = moved
                rows[v] = moved
            }
        }
        var reached = 0.0
        var all = 0.0
        for (value, ways) in rows[m] {
            all += ways
            if Double(value) >= target - 0.5 { reached += ways }
        }
        return all > 0 ? reached / all : .nan
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
