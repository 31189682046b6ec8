// How surprising an error is against errors that were seen while nothing was wrong: its rank among
// them, and beyond the largest tenth an exponential tail, so that an error never seen still has a
// p-value of its own. Errors here are sums of squares, whose tails fall at least that fast.

internal import Algebra
internal import Glibc

/// Errors of quiet rows, ascending.
struct PastErrors: Sendable, Equatable {
    private let sorted: [Double]
    private let tailStart: Double
    private let tailMean: Double
    private static let tailShare = 0.1

    init(_ errors: [Double]) {
        sorted = sortedAscending(errors)
        let first = Int(Double(sorted.count) * (1 - PastErrors.tailShare))
        let tail = sorted.dropFirst(first)
        let start = tail.first ?? 0
        let excess = tail.reduce(0) { $0 + ($1 - start) }
        tailStart = start
        tailMean = tail.isEmpty ? 0 : excess / Double(tail.count)
    }

    /// ln of the chance of an error as large.
    func logProbability(_ error: Double) -> Double {
        if sorted.isEmpty { return 0 }
        if error > tailStart {
            // Without any spread in the tail, whatever lies above it was never seen.
            let scale = max(tailMean, tailStart * 1e-9, .leastNormalMagnitude)
            return max(log(PastErrors.tailShare) - (error - tailStart) / scale, -700)
        }
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < error { low = middle + 1 } else { high = middle }
        }
        return log(Double(sorted.count - low + 1) / Double(sorted.count + 1))
    }
}
