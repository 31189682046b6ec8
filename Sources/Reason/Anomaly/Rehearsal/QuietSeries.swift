// Series in which nothing happens, of the kinds that watched systems have: what a detector says about
// them is a false alarm by construction. Endless, from a seed, in constant memory.

internal import Algebra
public import Basics
internal import Glibc

/// A kind of series without drift or anomaly.
public enum QuietKind: String, Sendable, CaseIterable {
    case white
    case autoregressive
    case seasonal
    case randomWalk = "random walk"
    case heavyCounts = "heavy-tailed counts"
}

/// An endless quiet series.
public struct QuietSeries: Sendable {
    public let kind: QuietKind
    private var generator: Generator
    private let size: Double
    private let phase: Double
    private var state = 0.0

    public init(_ kind: QuietKind, seed: UInt64) {
        self.kind = kind
        generator = Generator(seed: seed)
        let drawn = generator.uniform()
        phase = generator.uniform()
        switch kind {
        case .autoregressive: size = [0.5, 0.9, 0.98][Int(3 * drawn)]
        case .seasonal: size = 2 + 6 * drawn
        case .heavyCounts: size = 3 + 57 * drawn
        case .white, .randomWalk: size = 1
        }
    }

    /// The next value.
    public mutating func next(_ time: Millis) -> Double {
        switch kind {
        case .white: return 10 + generator.normal()
        case .autoregressive:
            state = size * state + generator.normal()
            return 50 + state
        case .seasonal:
            let day = Double(time) / 86_400_000
            let turn = 2 * Double.pi
            let daily = 30 * sin(turn * (day + phase)) + 10 * sin(2 * turn * day)
            return 100 + daily + 8 * sin(turn * day / 7) + size * generator.normal()
        case .randomWalk:
            state += generator.normal()
            return 1000 + state
        case .heavyCounts: return poisson(size * exp(0.7 * generator.normal()))
        }
    }

    /// Knuth's product for small means, the rounded normal for large ones.
    private mutating func poisson(_ mean: Double) -> Double {
        if mean > 50 { return max(0, (mean + mean.squareRoot() * generator.normal()).rounded()) }
        let least = exp(-mean)
        var product = generator.uniform()
        var count = 0.0
        while product > least {
            product *= generator.uniform()
            count += 1
        }
        return count
    }
}
