// How a gradient moves the parameters. Plain descent follows it; momentum remembers where it went;
// Adam divides by the size that each parameter's gradient usually has (Kingma and Ba 2015), with the
// correction for moments that start at zero, without which the first steps are ten times too small.

internal import Glibc

/// A rule that turns gradients into steps.
public enum Optimiser: Sendable, Equatable {
    /// θ ← θ − rate · g.
    case descent
    /// v ← m v + g, θ ← θ − rate · v.
    case momentum(Double)
    /// θ ← θ − rate · m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).
    case adam(first: Double, second: Double, epsilon: Double)

    /// Adam with its authors' constants.
    public static var adam: Optimiser { .adam(first: 0.9, second: 0.999, epsilon: 1e-8) }
}

/// How the learning rate changes from epoch to epoch.
public enum LearningRate: Sendable, Equatable {
    case constant(Double)
    /// Times `factor` after every so many epochs.
    case steps(Double, every: Int, factor: Double)
    /// Times `factor` after each epoch.
    case exponential(Double, factor: Double)
    /// Half a cosine from the rate down to a hundredth of it (Loshchilov and Hutter 2017).
    case cosine(Double, epochs: Int)
    /// Up in a straight line for some epochs, then half a cosine down.
    case warm(Double, up: Int, epochs: Int)

    /// The rate of an epoch, from 0 on.
    public func rate(epoch: Int) -> Double {
        switch self {
        case .constant(let rate): return rate
        case .steps(let rate, let every, let factor):
            return rate * pow(factor, Double(epoch / max(every, 1)))
        case .exponential(let rate, let factor): return rate * pow(factor, Double(epoch))
        case .cosine(let rate, let epochs):
            let way = min(Double(epoch) / Double(max(epochs - 1, 1)), 1)
            return rate * (0.01 + 0.99 * 0.5 * (1 + cos(Double.pi * way)))
        case .warm(let rate, let up, let epochs):
            if epoch < up { return rate * Double(epoch + 1) / Double(up + 1) }
            return LearningRate.cosine(rate, epochs: epochs - up).rate(epoch: epoch - up)
        }
    }
}

/// What an optimiser remembers between steps.
struct OptimiserMemory {
    private let optimiser: Optimiser
    private var step = 0.0
    private var first: [Double]
    private var second: [Double]

    init(_ optimiser: Optimiser, count: Int) {
        self.optimiser = optimiser
        let kept = [Double](repeating: 0, count: count)
        switch optimiser {
        case .descent: (first, second) = ([], [])
        case .momentum: (first, second) = (kept, [])
        case .adam: (first, second) = (kept, kept)
        }
    }

    /// Takes one step; up to so many threads share it.
    mutating func move(
        _ parameters: inout [Double], gradient: [Double], rate: Double, threads: Int = 1
    ) {
        step += 1
        let blocks = RowBlocks(parameters.count, work: 8, pair: 65_536)
        parameters.withUnsafeMutableBufferPointer { parameters in
            gradient.withUnsafeBufferPointer { gradient in
                switch optimiser {
                case .descent:
                    for index in parameters.indices { parameters[index] -= rate * gradient[index] }
                case .momentum(let kept):
                    first.withUnsafeMutableBufferPointer { speed in
                        for index in parameters.indices {
                            speed[index] = kept * speed[index] + gradient[index]
                            parameters[index] -= rate * speed[index]
                        }
                    }
                case .adam(let a, let b, let epsilon):
                    first.withUnsafeMutableBufferPointer { mean in
                        second.withUnsafeMutableBufferPointer { square in
                            guard let at = parameters.baseAddress, let g = gradient.baseAddress,
                                let mean = mean.baseAddress, let square = square.baseAddress
                            else { return }
                            let adam = AdamStep(
                                a: a, b: b, epsilon: epsilon, scale: rate / (1 - pow(a, step)),
                                spread: 1 / (1 - pow(b, step)))
                            blocks.each(on: threads) { range in
                                let from = range.lowerBound
                                adam.move(
                                    at + from, g + from, mean + from, square + from, range.count)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The constants of one step of Adam.
private struct AdamStep {
    var a: Double
    var b: Double
    var epsilon: Double
    var scale: Double
    var spread: Double

    /// A function of pointers and nothing else, so that the loop is computed in vectors.
    func move(
        _ parameters: UnsafeMutablePointer<Double>, _ gradient: UnsafePointer<Double>,
        _ mean: UnsafeMutablePointer<Double>, _ square: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        for index in 0..<count {
            let g = gradient[index]
            let m = a * mean[index] + (1 - a) * g
            let v = b * square[index] + (1 - b) * g * g
            mean[index] = m
            square[index] = v
            parameters[index] -= scale * m / ((v * spread).squareRoot() + epsilon)
        }
    }
}
