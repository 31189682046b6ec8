// The distribution of Kolmogorov's one-sample statistic for finite n, as Simard and L'Ecuyer (2011)
// divide the work: Durbin's matrix where the statistic is small, the Pelz-Good expansion in the middle,
// twice Smirnov's one-sided sum in the tail, where the second crossing no longer counts.

internal import Glibc

/// Kolmogorov's D of one sample of size n, and its limit.
public enum Kolmogorov {
    /// ln P(√n D > x) for n → ∞.
    public static func logLimitTail(_ x: Double) -> Double {
        if x <= 0 { return 0 }
        if x < 0.8 {
            // The theta series of the distribution function; three terms are exact here.
            let exponent = -Double.pi * Double.pi / (8 * x * x)
            var sum = 0.0
            for k in stride(from: 1.0, through: 9, by: 2) { sum += exp(k * k * exponent) }
            return log1p(-min((2 * Double.pi).squareRoot() / x * sum, 1))
        }
        var factor = 0.0
        for k in 1...20 {
            let sign = k % 2 == 1 ? 1.0 : -1
            factor += sign * exp(-2 * (Double(k * k) - 1) * x * x)
        }
        return min(log(2) - 2 * x * x + log(factor), 0)
    }

    /// ln P(D > d) for one sample of size n.
    public static func logTail(_ d: Double, _ n: Int) -> Double {
        let size = Double(n)
        if n <= 0 || d.isNaN { return .nan }
        if d >= 1 { return -.infinity }
        let t = size * d
        if t <= 0.5 { return 0 }
        if t <= 1 {
            // Ruben and Gambino: P(D ≤ d) = n! (2d − 1/n)ⁿ.
            let lower =
                logGamma(size + 1) - size * log(size) + size * log(max(2 * t - 1, 0))
            return logComplement(lower)
        }
        if t >= size - 1 { return log(2) + size * log1p(-d) }
        if d >= 0.5 { return twiceSmirnov(d, n) }
        let square = t * d
        if n <= 140 {
            return square <= 4 ? logComplement(log(durbin(d, n))) : twiceSmirnov(d, n)
        }
        if square >= 2.2 { return twiceSmirnov(d, n) }
        let below =
            n <= 100_000 && size * d * d.squareRoot() <= 1.4 ? durbin(d, n) : pelzGood(d, n)
        return log1p(-min(max(below, 0), 1))
    }

    private static func twiceSmirnov(_ d: Double, _ n: Int) -> Double {
        min(log(2) + logSmirnovTail(d, n), 0)
    }

    /// ln P(D⁺ > d): Birnbaum and Tingey's sum, whose terms are all positive.
    ///
    /// Summed outwards from the middle, because far terms vanish.
    public static func logSmirnovTail(_ d: Double, _ n: Int) -> Double {
        let size = Double(n)
        if d <= 0 { return 0 }
        if d >= 1 { return -.infinity }
        let last = Int((size * (1 - d)).rounded(.down))
        func term(_ v: Int, _ choose: Double) -> Double {
            if v == 0 { return size * log1p(-d) }
            let share = Double(v) / size
            let rest = 1 - d - share
            if v == n { return log(d) + (size - 1) * log(d + share) }
            if rest <= 0 { return -.infinity }
            return choose + log(d) + Double(v - 1) * log(d + share) + Double(n - v) * log(rest)
        }
        let middle = min(max(Int(size * (0.5 - d / 3)), 0), last)
        let top = logChoose(n, middle)
        // In units of the largest term so far: near d = 1 it lies far from the middle, and thousands of
        // powers of e above it.
        var highest = -Double.infinity
        var sum = 0.0
        func add(_ value: Double) -> Bool {
            if value > highest {
                sum = sum * exp(highest - value) + 1
                highest = value
            } else if value > -.infinity {
                sum += exp(value - highest)
            }
            // Terms are unimodal; 45 is 2e-20 of the largest.
            return value > highest - 45
        }
        // Small sums are taken whole: there the ends may rise once more.
        let isSmall = n <= 1000
        _ = add(term(middle, top))
        var choose = top
        var v = middle
        while v < last {
            choose += log(Double(n - v) / Double(v + 1))
            v += 1
            if !add(term(v, choose)) && !isSmall { break }
        }
        choose = top
        v = middle
        while v > 0 {
            choose += log(Double(v) / Double(n - v + 1))
            v -= 1
            if !add(term(v, choose)) && !isSmall { break }
        }
        return min(highest + log(sum), 0)
    }

    /// P(D ≤ d) by Durbin's matrix in the form of Marsaglia, Tsang and Wang (2003).
    static func durbin(_ d: Double, _ n: Int) -> Double {
        let t = Double(n) * d
        let k = Int(t.rounded(.up))
        let size = 2 * k - 1
        let h = Double(k) - t
        var base = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size where row - column + 1 >= 0 { base[row * size + column] = 1 }
        }
        for index in 0..<size {
            base[index * size] -= pow(h, Double(index + 1))
            base[(size - 1) * size + index] -= pow(h, Double(size - index))
        }
        base[(size - 1) * size] += 2 * h - 1 > 0 ? pow(2 * h - 1, Double(size)) : 0
        for row in 0..<size {
            for column in 0..<size where row - column + 1 > 0 {
                for divisor in 1...(row - column + 1) {
                    base[row * size + column] /= Double(divisor)
                }
            }
        }
        // Powers by squaring; a decimal exponent is kept apart so that nothing overflows.
        var result = Matrix(rows: size, columns: size)
        for index in 0..<size { result[index, index] = 1 }
        var resultShift = 0
        var factor = Matrix(rows: size, columns: size, values: base)
        var factorShift = 0
        var power = n
        while power > 0 {
            if power & 1 == 1 {
                result = result * factor
                resultShift += factorShift
                scale(&result, &resultShift, at: k - 1)
            }
            power >>= 1
            if power > 0 {
                factor = factor * factor
                factorShift *= 2
                scale(&factor, &factorShift, at: k - 1)
            }
        }
        var probability = result[k - 1, k - 1]
        for index in 1...n {
            probability *= Double(index) / Double(n)
            if probability < 1e-140 {
                probability *= 1e140
                resultShift -= 140
            }
        }
        return min(max(probability * pow(10, Double(resultShift)), 0), 1)
    }

    private static func scale(_ matrix: inout Matrix, _ shift: inout Int, at centre: Int) {
        if matrix[centre, centre] > 1e140 {
            for index in matrix.values.indices { matrix.values[index] *= 1e-140 }
            shift += 140
        }
    }

    /// P(D ≤ d) by the expansion of Pelz and Good (1976) in powers of 1/√n.
    static func pelzGood(_ d: Double, _ n: Int) -> Double {
        let root = Double(n).squareRoot()
        let z = root * d
        let z2 = z * z
        let z4 = z2 * z2
        let z6 = z4 * z2
        let z8 = z4 * z4
        let pi2 = Double.pi * Double.pi
        let pi4 = pi2 * pi2
        let halfRoot = (Double.pi / 2).squareRoot()
        var k0 = 0.0
        var k1 = 0.0
        var k2 = 0.0
        var k3 = 0.0
        var k2Whole = 0.0
        var k3Whole = 0.0
        for k in 0...25 {
            let half = Double(k) + 0.5
            let h2 = half * half
            let weight = exp(-pi2 * h2 / (2 * z2))
            k0 += weight
            k1 += (pi2 * h2 - z2) * weight
            k2 +=
                (6 * z6 + 2 * z4 + pi2 * (2 * z4 - 5 * z2) * h2 + pi4 * (1 - 2 * z2) * h2 * h2)
                * weight
            k3 +=
                (pi4 * pi2 * h2 * h2 * h2 * (5 - 30 * z2) + pi4 * h2 * h2 * (-60 * z2 + 212 * z4)
                    + pi2 * h2 * (135 * z4 - 96 * z6) - 30 * z6 - 90 * z8) * weight
            if k > 0 {
                let whole = Double(k * k)
                let other = exp(-pi2 * whole / (2 * z2))
                k2Whole += pi2 * whole * other
                k3Whole += (-pi4 * whole * whole + 3 * pi2 * whole * z2) * other
            }
        }
        // Sums over all integers are twice the sums over the non-negative halves.
        let first = (2 * Double.pi).squareRoot() / z * k0
        let second = 2 * halfRoot / (6 * z4) * k1
        let third = 2 * halfRoot / (72 * z6 * z) * k2 - 2 * halfRoot / (36 * z2 * z) * k2Whole
        let fourth =
            2 * halfRoot / (6480 * z8 * z2) * k3 + 2 * halfRoot / (216 * z6) * k3Whole
        return first + second / root + third / (root * root) + fourth / (root * root * root)
    }
}
