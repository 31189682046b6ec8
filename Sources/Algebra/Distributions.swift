// Tails of the classical distributions. Everything is a logarithm: exp() gives the probability, and the
// caller who sorts or corrects p-values never meets a 0 that was none.

internal import Glibc

/// The standard normal distribution.
public enum Normal {
    /// ln P(Z > z).
    public static func logTail(_ z: Double) -> Double {
        if z.isNaN { return .nan }
        if z < 25 { return log(0.5 * erfc(z / 2.squareRoot())) }
        // erfc is subnormal from 37 on; the asymptotic series has 16 digits from 25 on.
        let inverse = 1 / (z * z)
        let series = 1 - inverse * (1 - 3 * inverse * (1 - 5 * inverse * (1 - 7 * inverse)))
        return -0.5 * z * z - log(z) - 0.5 * log(2 * Double.pi) + log(series)
    }

    /// ln P(|Z| > |z|).
    public static func logTwoSided(_ z: Double) -> Double { min(logTail(abs(z)) + log(2), 0) }

    public static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.squareRoot()) }

    public static func density(_ z: Double) -> Double {
        exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
    }

    /// The z with P(Z ≤ z) = p: Acklam's rational start, then two Halley steps.
    public static func quantile(_ p: Double) -> Double {
        if !(p > 0) { return p == 0 ? -.infinity : .nan }
        if !(p < 1) { return p == 1 ? .infinity : .nan }
        if p > 0.5 { return -quantile(1 - p) }
        let t = (-2 * log(p)).squareRoot()
        // Abramowitz and Stegun 26.2.23, good to 4.5e-4.
        var z =
            -(t - (2.515517 + t * (0.802853 + t * 0.010328))
                / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
        for _ in 0..<4 {
            let error = (cumulative(z) - p) / density(z)
            z -= error / (1 + 0.5 * z * error)
        }
        return z
    }
}

/// The chi-square distribution.
public enum ChiSquare {
    /// ln P(X > x).
    public static func logTail(_ x: Double, degrees: Double) -> Double {
        logIncompleteGamma(degrees / 2, x / 2).upper
    }

    /// The x with P(X > x) = p, by bisection on the logarithm.
    public static func upperQuantile(_ p: Double, degrees: Double) -> Double {
        let target = log(p)
        var low = 0.0
        var high = degrees + 10
        while logTail(high, degrees: degrees) > target && high < 1e12 { high *= 2 }
        for _ in 0..<100 {
            let middle = 0.5 * (low + high)
            if logTail(middle, degrees: degrees) > target { low = middle } else { high = middle }
        }
        return 0.5 * (low + high)
    }
}

/// Student's t distribution.
public enum StudentT {
    /// ln P(|T| > |t|).
    public static func logTwoSided(_ t: Double, degrees: Double) -> Double {
        let square = t * t
        if square == .infinity { return -.infinity }
        return logIncompleteBeta(
            degrees / 2, 0.5, degrees / (degrees + square),
            complement: square / (degrees + square))
    }

    /// The t with P(|T| > t) = p.
    public static func twoSidedQuantile(_ p: Double, degrees: Double) -> Double {
        let target = log(p)
        var low = 0.0
        var high = 4.0
        while logTwoSided(high, degrees: degrees) > target && high < 1e12 { high *= 2 }
        for _ in 0..<100 {
            let middle = 0.5 * (low + high)
            if logTwoSided(middle, degrees: degrees) > target {
                low = middle
            } else {
                high = middle
            }
        }
        return 0.5 * (low + high)
    }
}

/// Fisher's F distribution.
public enum FisherF {
    /// ln P(F > f).
    public static func logTail(_ f: Double, _ first: Double, _ second: Double) -> Double {
        if !(f > 0) { return f.isNaN ? .nan : 0 }
        let total = second + first * f
        return logIncompleteBeta(
            second / 2, first / 2, second / total, complement: first * f / total)
    }
}

/// The binomial distribution.
public enum Binomial {
    /// ln P(X = k) of n trials.
    public static func logMass(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k < 0 || k > n { return -.infinity }
        let hits = k == 0 ? 0 : Double(k) * log(p)
        let misses = k == n ? 0 : Double(n - k) * log1p(-p)
        return logChoose(n, k) + hits + misses
    }

    /// ln P(X ≥ k) of n trials.
    public static func logTail(_ k: Int, _ n: Int, _ p: Double) -> Double {
        if k <= 0 { return 0 }
        if k > n { return -.infinity }
        return logIncompleteBeta(Double(k), Double(n - k + 1), p, complement: 1 - p)
    }

    /// Wilson's interval for a share, by default of 95 %.
    public static func interval(_ k: Double, _ n: Double, z: Double = 1.959963984540054)
        -> ClosedRange<Double>
    {
        if !(n > 0) { return 0...1 }
        let share = k / n
        let square = z * z
        let centre = (share + square / (2 * n)) / (1 + square / n)
        let half =
            z / (1 + square / n) * (share * (1 - share) / n + square / (4 * n * n)).squareRoot()
        return max(centre - half, 0)...min(centre + half, 1)
    }
}

/// The hypergeometric distribution: `hits` of `draws` from `total` items of which `marked` count.
public enum Hypergeometric {
    public static func logMass(_ hits: Int, draws: Int, marked: Int, total: Int) -> Double {
        logChoose(marked, hits) + logChoose(total - marked, draws - hits) - logChoose(total, draws)
    }

    /// ln of Fisher's two-sided p: the tables that are at most as likely.
    public static func logTwoSided(_ hits: Int, draws: Int, marked: Int, total: Int) -> Double {
        let seen = logMass(hits, draws: draws, marked: marked, total: total)
        var sum = -Double.infinity
        for other in max(0, draws + marked - total)...min(draws, marked) {
            let mass = logMass(other, draws: draws, marked: marked, total: total)
            // A hair of slack, because equally likely tables differ by rounding.
            if mass <= seen + 1e-7 { sum = logSum(sum, mass) }
        }
        return min(sum, 0)
    }
}
