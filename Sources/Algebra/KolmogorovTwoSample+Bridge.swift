// The two-sample statistic's limit when values are tied: a Brownian bridge that is not seen everywhere.
// Inside a run of equal values the two step functions cannot be compared, so only the run's end counts;
// where values differ, the whole way counts. The mass of the bridge that never left (-x, x) is carried
// from stretch to stretch on a grid of cells; what leaves is summed, so that small tails stay exact.

internal import Glibc

extension KolmogorovTwoSample {
    /// A stretch of the pooled sample, as shares of it; it begins where the one before ends.
    public struct Stretch: Sendable {
        /// In (0, 1], increasing.
        public var end: Double
        /// Whether all its values are equal.
        public var isTied: Bool

        public init(end: Double, isTied: Bool) {
            self.end = end
            self.isTied = isTied
        }
    }

    /// ln P(max |B(t)| ≥ x) over the given times in (0, 1), increasing, for a Brownian bridge B.
    public static func logBridgeTail(_ x: Double, times: [Double]) -> Double {
        logBridgeTail(x, stretches: times.map { Stretch(end: $0, isTied: true) })
    }

    /// ln P(max |B(t)| ≥ x) for a Brownian bridge B, over the ends of the stretches and over all of
    /// those that are not tied.
    public static func logBridgeTail(_ x: Double, stretches: [Stretch]) -> Double {
        if x <= 0 { return 0 }
        var walk = BridgeWalk(x, cells: cells(x, stretches))
        for stretch in stretches { walk.pass(stretch) }
        return min(log(walk.removed), 0)
    }

    /// A grid finer than a third of the smallest step's deviation and, in the far tail, than the
    /// length over which the density falls by half, within reason.
    private static func cells(_ x: Double, _ stretches: [Stretch]) -> Int {
        var smallest = 1.0
        var before = 0.0
        for stretch in stretches where stretch.end < 1 {
            let time = stretch.end
            smallest = min(smallest, (time - before) * (1 - time) / (1 - before))
            before = time
        }
        let wanted = max(6 * x / max(smallest.squareRoot(), 1e-9), 16 * x * x)
        return min(max(Int(min(wanted, 1e6)), 64), 480)
    }
}

/// The mass of a Brownian bridge that has not left (-x, x) so far.
private struct BridgeWalk {
    private let x: Double
    private let width: Double
    private let centres: [Double]
    private var time = 0.0
    /// Empty at the start, where all mass is at 0.
    private var mass: [Double] = []
    private var density: [Double]
    /// The mass that left.
    private(set) var removed = 0.0

    init(_ x: Double, cells: Int) {
        let width = 2 * x / Double(cells)
        self.x = x
        self.width = width
        centres = (0..<cells).map { -x + (Double($0) + 0.5) * width }
        density = [Double](repeating: 0, count: cells)
    }

    private var sources: [(place: Double, weight: Double)] {
        mass.isEmpty ? [(0.0, 1.0)] : zip(centres, mass).map { ($0, $1) }
    }

    mutating func pass(_ stretch: KolmogorovTwoSample.Stretch) {
        if stretch.end <= time { return }
        let length = stretch.end - time
        if stretch.end >= 1 {
            // The bridge ends at 0, so a tied end removes nothing.
            if !stretch.isTied {
                for (place, weight) in sources { removed += weight * leaving(place, 0, length) }
            }
            mass = [Double](repeating: 0, count: centres.count)
        } else {
            step(to: stretch.end, length, isTied: stretch.isTied)
        }
        time = stretch.end
    }

    private mutating func step(to end: Double, _ length: Double, isTied: Bool) {
        let cells = centres.count
        let shrink = (1 - end) / (1 - time)
        let deviation = (length * shrink).squareRoot()
        var next = [Double](repeating: 0, count: cells)
        let reach = Int((8.5 * deviation / width).rounded(.up)) + 1
        for (place, weight) in sources where weight > 0 {
            let mean = place * shrink
            let outside =
                exp(Normal.logTail((x - mean) / deviation))
                + exp(Normal.logTail((x + mean) / deviation))
            removed += weight * outside
            let centre = Int((mean + x) / width)
            var sum = 0.0
            let first = min(max(centre - reach, 0), cells - 1)
            let range = first..<max(min(centre + reach + 1, cells), first + 1)
            for cell in range {
                let z = (centres[cell] - mean) / deviation
                density[cell] = exp(-0.5 * z * z)
                sum += density[cell]
            }
            // What ends inside is spread as the density is, so that no mass is made or lost.
            let share = sum > 0 ? weight * max(1 - outside, 0) / sum : 0
            for cell in range {
                let arrives = share * density[cell]
                let left = isTied ? 0 : arrives * leaving(place, centres[cell], length)
                removed += left
                next[cell] += arrives - left
            }
        }
        mass = next
    }

    /// The probability that a Brownian bridge of this length between two places in (-x, x) leaves it
    /// on the way: the reflections at both bounds (Anderson 1960, theorem 4.2, for level bounds).
    private func leaving(_ from: Double, _ to: Double, _ length: Double) -> Double {
        let span = 2 * x
        let u = from + x
        let v = to + x
        let scale = -2 / length
        // All that leaves is at least about exp(-2 x²); this would not show in it.
        if -scale * min(u * v, (span - u) * (span - v)) > 20 + 2 * x * x { return 0 }
        var sum = exp(scale * u * v) + exp(scale * (span - u) * (span - v))
        // Further reflections fall off as exp(-2 k² span² / length), of which length is at most 1.
        for k in 1...2 {
            let way = Double(k) * span
            sum -= exp(scale * way * (way + v - u)) + exp(scale * way * (way - v + u))
            sum += exp(scale * (way + u) * (way + v))
            sum += exp(scale * (way + span - u) * (way + span - v))
        }
        return min(max(sum, 0), 1)
    }
}
