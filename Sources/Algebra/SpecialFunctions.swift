// The gamma and beta families in log form: a tail of 1e-300 stays what it is instead of becoming 0.
// Series on the near side, continued fractions (Lentz) on the far side.

internal import Glibc

/// ln Γ(x) for x > 0.
public func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
}

/// ln of the beta function.
public func logBeta(_ a: Double, _ b: Double) -> Double {
    logGamma(a) + logGamma(b) - logGamma(a + b)
}

/// ln of the binomial coefficient.
public func logChoose(_ n: Int, _ k: Int) -> Double {
    if k < 0 || k > n { return -.infinity }
    return logGamma(Double(n + 1)) - logGamma(Double(k + 1)) - logGamma(Double(n - k + 1))
}

/// ln(1 − exp(x)) for x ≤ 0, without losing digits at either end (Mächler 2012).
public func logComplement(_ x: Double) -> Double {
    if x >= 0 { return -.infinity }
    return x > -0.693 ? log(-expm1(x)) : log1p(-exp(x))
}

/// ln(exp(a) + exp(b)).
public func logSum(_ a: Double, _ b: Double) -> Double {
    let high = max(a, b)
    if high == -.infinity { return high }
    return high + log1p(exp(min(a, b) - high))
}

// Enough for shapes of a million: a continued fraction needs about √a terms, a series a few √a.
private let termsMax = 20_000
private let precision = 1e-16

/// The two logarithms (lower, upper) of the regularised incomplete gamma functions P(a, x), Q(a, x).
public func logIncompleteGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
    if x.isNaN || a.isNaN || a <= 0 { return (.nan, .nan) }
    if x <= 0 { return (-.infinity, 0) }
    if x == .infinity { return (0, -.infinity) }
    let front = a * log(x) - x - logGamma(a)
    if x < a + 1 {
        var term = 1 / a
        var sum = term
        var denominator = a
        for _ in 0..<termsMax {
            denominator += 1
            term *= x / denominator
            sum += term
            if term < sum * precision { break }
        }
        let lower = min(front + log(sum), 0)
        return (lower, logComplement(lower))
    }
    var b = x + 1 - a
    var c = 1e300
    var d = 1 / b
    var fraction = d
    for index in 1..<termsMax {
        let step = -Double(index) * (Double(index) - a)
        b += 2
        d = step * d + b
        if abs(d) < 1e-300 { d = 1e-300 }
        c = b + step / c
        if abs(c) < 1e-300 { c = 1e-300 }
        d = 1 / d
        let change = d * c
        fraction *= change
        if abs(change - 1) < precision { break }
    }
    let upper = min(front + log(fraction), 0)
    return (logComplement(upper), upper)
}

/// ln of the regularised incomplete beta function I_x(a, b); `complement` is 1 − x, given apart because
/// the caller often knows it with more digits.
public func logIncompleteBeta(
    _ a: Double, _ b: Double, _ x: Double, complement: Double
) -> Double {
    if x.isNaN || complement.isNaN { return .nan }
    if x <= 0 { return -.infinity }
    if complement <= 0 { return 0 }
    if x > (a + 1) / (a + b + 2) {
        return logComplement(nearBeta(b, a, complement, complement: x))
    }
    return nearBeta(a, b, x, complement: complement)
}

private func nearBeta(_ a: Double, _ b: Double, _ x: Double, complement: Double) -> Double {
    let front = a * log(x) + b * log(complement) - logBeta(a, b) - log(a)
    func guarded(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var c = 1.0
    var d = 1 / guarded(1 - (a + b) * x / (a + 1))
    var fraction = d
    for index in 1..<termsMax {
        let m = Double(index)
        let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / guarded(1 + even * d)
        c = guarded(1 + even / c)
        fraction *= d * c
        let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / guarded(1 + odd * d)
        c = guarded(1 + odd / c)
        let change = d * c
        fraction *= change
        if abs(change - 1) < precision { break }
    }
    return min(front + log(fraction), 0)
}

/// The modified Bessel function K_ν(z) times exp(z), by the trapezoidal rule over its integral
/// ∫ exp(−z (cosh t − 1)) cosh(ν t) dt, which converges faster than any power of the step.
public func scaledBesselK(order: Double, _ z: Double) -> Double {
    if !(z > 0) { return .infinity }
    // The integrand is below 1e-18 where z (cosh t − 1) exceeds 42; 0.02 is far under what is needed.
    let end = acosh(1 + 45 / z)
    let steps = 400
    let step = end / Double(steps)
    var sum = 0.5
    for index in 1...steps {
        let t = Double(index) * step
        sum += exp(-z * (cosh(t) - 1)) * cosh(order * t)
    }
    return sum * step
}
