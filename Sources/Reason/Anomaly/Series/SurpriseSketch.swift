// How surprising a residual is against all residuals before it, in 800 bytes. Residuals are divided by
// their running root mean square and counted in bins of a quarter octave, by sign, so that a series that
// never falls is alarmed by its first fall. Inside the past the p is a rank; beyond it (fewer than five
// larger) a power tail is fitted to the outer 2 % (Hill 1975), because a rank cannot tell ten times the
// maximum from a hair above it.

internal import Glibc

/// The past of one residual.
struct SurpriseSketch: Sendable, Equatable {
    static let bins = 96
    /// Quarter octaves from 2⁻⁶ to 2¹⁸ of the root mean square; below is bin 0.
    private static let firstOctave = 24.0
    private static let perOctave = 4.0
    /// Halved at this many, so that the past fades: 15 days at one observation every 10 seconds.
    private static let most = 131_072.0
    /// Ranks of fewer say nothing.
    private static let fewest = 30.0
    private static let half = 0.30102999566398120

    /// Counts: positive residuals (and zero) in 0..<96, negative ones behind them.
    var counts = [Float](repeating: 0, count: 2 * bins)
    var total = 0.0
    /// The mean square and over how many.
    var square = 0.0
    var seen = 0.0

    var isReady: Bool { total >= Self.fewest }
    var scale: Double { square.squareRoot() }

    /// A residual in units of the root mean square; a first departure from exactness counts as large.
    func standardised(_ residual: Double) -> Double {
        if square > 0 { return residual / scale }
        return residual == 0 ? 0 : residual > 0 ? 1e3 : -1e3
    }

    /// −log₁₀ of the two-sided p of a standardised residual; 0 until 30 were seen.
    func surprise(_ standardised: Double) -> Double {
        if total < Self.fewest { return 0 }
        let size = standardised.magnitude
        let place = size > 0 ? Self.place(size) : 0
        let bin = min(Self.bins - 1, Int(place))
        let wanted = max(10, 0.02 * total)
        let start = standardised < 0 ? Self.bins : 0
        return counts.withUnsafeBufferPointer { counts in
            var above = 0.0
            var index = Self.bins - 1
            while index > bin {
                above += Double(counts[start + index])
                index -= 1
            }
            let share = bin > 0 ? 1 - min(place - Double(bin), 1) : 0.5
            let larger = above + Double(counts[start + bin]) * share
            let ranked = (larger + 0.5) / (total + 1)
            if larger >= 5 { return max(0, -log10(ranked) - Self.half) }
            var outer = 0.0
            var first = Self.bins
            while first > 0 && outer < wanted {
                first -= 1
                outer += Double(counts[start + first])
            }
            if outer <= 0 { return max(0, -log10(ranked) - Self.half) }
            var excess = 0.0
            for index in first..<Self.bins {
                excess += Double(counts[start + index]) * (Double(index - first) + 0.5)
            }
            // Five imagined excesses of half a bin keep a tail of one value from being infinitely thin.
            let mean = (excess + 2.5) / (outer + 5)
            let p = outer / (total + 1) * exp(-max(0, place - Double(first)) / mean)
            return p > 0 ? max(0, -log10(p) - Self.half) : 300
        }
    }

    private static func place(_ size: Double) -> Double {
        min(max(0, firstOctave + perOctave * log2(size)), 4096)
    }

    /// Learns a residual.
    mutating func insert(_ residual: Double) {
        if seen > 0 {
            let value = standardised(residual)
            let size = value.magnitude
            let bin = size > 0 ? min(Self.bins - 1, Int(Self.place(size))) : 0
            counts[(value < 0 ? Self.bins : 0) + bin] += 1
            total += 1
            if total >= Self.most {
                total /= 2
                for index in counts.indices { counts[index] /= 2 }
            }
        }
        seen += 1
        square += max(1 / seen, 1e-5) * (residual * residual - square)
    }

    /// The size that only a share of the residuals of a sign passed, in the residual's own unit.
    func bound(isNegative: Bool, share: Double) -> Double {
        let start = isNegative ? Self.bins : 0
        let allowed = share * total
        return counts.withUnsafeBufferPointer { counts in
            var above = 0.0
            var bin = Self.bins - 1
            while bin > 0 {
                above += Double(counts[start + bin])
                if above > allowed { break }
                bin -= 1
            }
            if bin == 0 { return 0 }
            return scale * exp2((Double(bin + 1) - Self.firstOctave) / Self.perOctave)
        }
    }
}
