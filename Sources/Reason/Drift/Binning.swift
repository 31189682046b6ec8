// Bins over numbers, and the distances between binned shares. Three rules: the reference's deciles (PSI),
// Sturges over both samples or one bin a value (JS, Hellinger, as Evidently bins), Doane over the
// reference with a bin for leftovers (as NannyML bins). Counting is a search in sorted samples.

internal import Algebra
internal import Glibc

/// How numbers fall into bins.
struct Binning: Sendable {
    /// Ascending inner edges; values below the first and from the last on have bins of their own.
    private var edges: [Double] = []
    /// When set, bins are these very values.
    private var values: [Double]?
    /// The whole range is closed: what lies outside counts nowhere, the last edge belongs inside.
    private var isClosed = false

    /// The reference's deciles (type 7), equal ones once, open at both ends.
    static func deciles(_ sorted: [Double]) -> Binning {
        var binning = Binning()
        for tenth in 1..<10 {
            let edge = quantile(sorted, Double(tenth) * 0.1)
            if binning.edges.last != edge { binning.edges.append(edge) }
        }
        return binning
    }

    /// The deciles of both samples together: they stay where they are when the labels of the rows are
    /// exchanged, as a test needs.
    static func pooledDeciles(_ reference: [Double], _ current: [Double]) -> Binning {
        var binning = Binning()
        let total = reference.count + current.count
        for tenth in 1..<10 {
            let edge = pooledValue(reference, current, total * tenth / 10)
            if binning.edges.last != edge { binning.edges.append(edge) }
        }
        return binning
    }

    /// Evidently's: more than 20 distinct reference values make Sturges bins over both, else values.
    static func sturges(_ reference: [Double], _ current: [Double]) -> Binning {
        if distinctCount(reference, stopAt: 21) > 20 {
            let low = min(reference[0], current[0])
            let high = max(reference[reference.count - 1], current[current.count - 1])
            let total = Double(reference.count + current.count)
            let width = (high - low) / (log2(total) + 1)
            return equalWidth(low, high, width)
        }
        return each(reference + current)
    }

    /// Evidently's for Hellinger: Sturges bins, counted by distinct values of both samples.
    static func sturges(
        _ reference: [Double], _ current: [Double], distinct: Int
    ) -> Binning {
        let low = min(reference[0], current[0])
        let high = max(reference[reference.count - 1], current[current.count - 1])
        return equalWidth(low, high, (high - low) / (log2(Double(distinct)) + 1))
    }

    /// NannyML's: Doane's rule over the reference, or values when they repeat a lot.
    static func doane(_ reference: [Double]) -> Binning {
        let distinct = distinctCount(reference, stopAt: reference.count)
        if distinct <= 50 && Double(distinct) / Double(reference.count) <= 0.1 {
            return each(reference)
        }
        let n = Double(reference.count)
        let low = reference[0]
        let high = reference[reference.count - 1]
        let moments = Moments(reference)
        let spread = moments.deviation()
        var width = 0.0
        if n > 2 && spread > 0 {
            let noise = (6 * (n - 2) / ((n + 1) * (n + 3))).squareRoot()
            var cubes = 0.0
            for value in reference {
                let z = (value - moments.mean) / spread
                cubes += z * z * z
            }
            width = (high - low) / (1 + log2(n) + log2(1 + abs(cubes / n) / noise))
        }
        return equalWidth(low, high, width)
    }

    private static func equalWidth(_ low: Double, _ high: Double, _ width: Double) -> Binning {
        var binning = Binning()
        binning.isClosed = true
        if !(high > low) {
            binning.edges = [low - 0.5, high + 0.5]
            return binning
        }
        let ratio = width > 0 ? ((high - low) / width).rounded(.up) : 1
        // A hundred thousand bins would be a mistake of the rule, not a histogram.
        let count = ratio.isFinite ? min(max(Int(ratio), 1), 100_000) : 1
        let step = (high - low) / Double(count)
        binning.edges = (0...count).map { $0 == count ? high : low + Double($0) * step }
        return binning
    }

    private static func each(_ values: [Double]) -> Binning {
        var binning = Binning()
        var kept: [Double] = []
        for value in sortedAscending(values) where kept.last != value { kept.append(value) }
        binning.values = kept
        return binning
    }

    private static func distinctCount(_ sorted: [Double], stopAt: Int) -> Int {
        var count = 1
        for index in 1..<max(sorted.count, 1) where sorted[index] != sorted[index - 1] {
            count += 1
            if count >= stopAt { break }
        }
        return count
    }

    /// The counts of an ascending sample.
    func counts(_ sorted: [Double]) -> [Int] {
        sorted.withUnsafeBufferPointer { sorted in
            if let values {
                return values.map { Self.notAbove(sorted, $0) - Self.below(sorted, $0) }
            }
            var marks = edges.map { Self.below(sorted, $0) }
            if isClosed {
                marks[marks.count - 1] = Self.notAbove(sorted, edges[edges.count - 1])
            } else {
                marks = [0] + marks + [sorted.count]
            }
            return zip(marks.dropFirst(), marks).map { $0 - $1 }
        }
    }

    /// The shares of two ascending samples, bin by bin.
    func shares(_ reference: [Double], _ current: [Double]) -> ([Double], [Double]) {
        (
            counts(reference).map { Double($0) / Double(reference.count) },
            counts(current).map { Double($0) / Double(current.count) }
        )
    }

    /// The population stability index, shares floored at 1e-4.
    func stability(_ reference: [Double], _ current: [Double]) -> Double {
        let (p, q) = shares(reference, current)
        return stabilityIndex(p.map { max($0, 1e-4) }, q.map { max($0, 1e-4) })
    }

    /// PSI and Jensen-Shannon distance smoothed by half counts.
    ///
    /// Without drift the index and 8 JSD², over (1/m + 1/n), are nearly χ²; small samples, where they
    /// are not, are divided anew. Bins that are empty in both samples count nowhere.
    func sizedDistances(
        _ reference: [Double], _ current: [Double]
    ) -> (stability: SizedEffect, jensenShannon: SizedEffect) {
        let pairs = zip(counts(reference), counts(current)).filter { $0.0 + $0.1 > 0 }
        let half = 0.5 * Double(pairs.count)
        let m = Double(reference.count) + half
        let n = Double(current.count) + half
        let p = pairs.map { (Double($0.0) + 0.5) / m }
        let q = pairs.map { (Double($0.1) + 0.5) / n }
        let scale = 1 / m + 1 / n
        let degrees = Double(pairs.count - 1)
        let index = stabilityIndex(p, q)
        let distance = jensenShannonDistance(p, q)
        if degrees < 1 {
            let none = Probability(log: 0)
            return (
                SizedEffect(value: index, threshold: 0, probability: none),
                SizedEffect(value: distance, threshold: 0, probability: none)
            )
        }
        // Below a hundred rows a bin in both samples together the law is off by more than a tenth.
        if reference.count + current.count < 100 * pairs.count {
            return Self.drawn(pairs, reference, current, index: index, distance: distance)
        }
        let edge = ChiSquare.upperQuantile(0.05, degrees: degrees)
        func tail(_ value: Double) -> Probability {
            Probability(log: ChiSquare.logTail(value, degrees: degrees))
        }
        return (
            SizedEffect(value: index, threshold: scale * edge, probability: tail(index / scale)),
            SizedEffect(
                value: distance, threshold: (scale * edge / 8).squareRoot(),
                probability: tail(8 * distance * distance / scale))
        )
    }

    /// Both distances against 499 divisions of the bins.
    private static func drawn(
        _ pairs: [(Int, Int)], _ reference: [Double], _ current: [Double], index: Double,
        distance: Double
    ) -> (stability: SizedEffect, jensenShannon: SizedEffect) {
        let null = GroupedNull(sizes: pairs.map { $0.0 + $0.1 }, marked: reference.count)
        let half = 0.5 * Double(pairs.count)
        let m = Double(reference.count) + half
        let n = Double(null.sizes.reduce(0, +) - reference.count) + half
        var generator = Generator(seed: dataSeed(reference, current, 2))
        var counts = [Int](repeating: 0, count: pairs.count)
        var p = [Double](repeating: 0, count: pairs.count)
        var q = p
        let draws = 499
        var indices: [Double] = []
        var distances: [Double] = []
        var tallies = (MidTally(index), MidTally(distance))
        for _ in 0..<draws {
            null.draw(&generator, into: &counts)
            for bin in counts.indices {
                p[bin] = (Double(counts[bin]) + 0.5) / m
                q[bin] = (Double(null.sizes[bin] - counts[bin]) + 0.5) / n
            }
            indices.append(stabilityIndex(p, q))
            distances.append(jensenShannonDistance(p, q))
            tallies.0.add(indices[indices.count - 1])
            tallies.1.add(distances[distances.count - 1])
        }
        func sized(_ value: Double, _ drawn: [Double], _ tally: MidTally) -> SizedEffect {
            SizedEffect(
                value: value, threshold: quantile(drawn.sorted(), 0.95),
                probability: Probability((tally.atLeast + 1) / Double(draws + 1)))
        }
        return (sized(index, indices, tallies.0), sized(distance, distances, tallies.1))
    }

    private static func below(_ sorted: UnsafeBufferPointer<Double>, _ edge: Double) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < edge { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func notAbove(_ sorted: UnsafeBufferPointer<Double>, _ edge: Double) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= edge { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Σ (p − q) ln(p / q), for positive shares.
func stabilityIndex(_ p: [Double], _ q: [Double]) -> Double {
    zip(p, q).reduce(0) { $0 + ($1.0 - $1.1) * log($1.0 / $1.1) }
}

/// √(½ Σ (√p − √q)²).
func hellingerDistance(_ p: [Double], _ q: [Double]) -> Double {
    let sum = zip(p, q).reduce(0.0) {
        let difference = $1.0.squareRoot() - $1.1.squareRoot()
        return $0 + difference * difference
    }
    return (0.5 * sum).squareRoot()
}

/// The square root of the Jensen-Shannon divergence; natural logarithms unless a base is given.
func jensenShannonDistance(_ p: [Double], _ q: [Double], base: Double? = nil) -> Double {
    let totalP = p.reduce(0, +)
    let totalQ = q.reduce(0, +)
    var sum = 0.0
    for (a, b) in zip(p, q) {
        let x = a / totalP
        let y = b / totalQ
        let middle = 0.5 * (x + y)
        if x > 0 { sum += x * log(x / middle) }
        if y > 0 { sum += y * log(y / middle) }
    }
    return (max(sum, 0) / 2 / (base.map { log($0) } ?? 1)).squareRoot()
}
