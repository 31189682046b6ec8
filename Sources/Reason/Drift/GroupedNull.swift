// "No drift", given the pooled sample: every division of its rows into two samples is as likely as the
// one seen. Rows that are equal (categories, bins, ties) need only be counted, so a division is a draw
// of counts, one a group. Draws as large as what was seen count half when they equal it (mid-p): with few
// groups many divisions tie, and counting them whole would halve the level that is promised.

internal import Algebra
internal import Glibc

/// The pooled sample as groups of equal rows.
struct GroupedNull {
    /// Rows of each group, both samples together.
    let sizes: [Int]
    /// Rows of the reference.
    let marked: Int
    private let total: Int

    init(sizes: [Int], marked: Int) {
        self.sizes = sizes
        self.marked = marked
        total = sizes.reduce(0, +)
    }

    /// How many rows of each group fall to the reference.
    func draw(_ generator: inout Generator, into counts: inout [Int]) {
        var left = total
        var open = marked
        for index in sizes.indices {
            let count = generator.hypergeometric(draws: sizes[index], marked: open, total: left)
            counts[index] = count
            open -= count
            left -= sizes[index]
        }
    }

    /// The p-value of a statistic of the counts.
    ///
    /// Sequential (Besag and Clifford 1991): it stops when fifty draws were at least as large, so
    /// that what is unsurprising is cheap; never 0.
    func probability(
        of seen: Double, drawsMax: Int = 1999, seed: UInt64, _ statistic: ([Int]) -> Double
    ) -> Probability {
        var generator = Generator(seed: seed)
        var counts = [Int](repeating: 0, count: sizes.count)
        var tally = MidTally(seen)
        for draw in 1...drawsMax {
            self.draw(&generator, into: &counts)
            tally.add(statistic(counts))
            if tally.atLeast >= 50 { return Probability(tally.atLeast / Double(draw)) }
        }
        return Probability((tally.atLeast + 1) / Double(drawsMax + 1))
    }
}

/// How many draws were at least as large as what was seen; equal ones half.
struct MidTally {
    private let low: Double
    private let high: Double
    private(set) var atLeast = 0.0

    init(_ seen: Double) {
        // A hair of slack: equal sums are added up in different orders.
        let slack = 1e-9 * abs(seen) + 1e-300
        low = seen - slack
        high = seen + slack
    }

    mutating func add(_ drawn: Double) {
        if drawn > high { atLeast += 1 } else if drawn >= low { atLeast += 0.5 }
    }
}

/// A seed made of the samples themselves: repeatable, yet another one for every pair, because one fixed
/// set of divisions would be lucky or unlucky for all of them alike.
func dataSeed(_ first: [Double], _ second: [Double], _ purpose: UInt64) -> UInt64 {
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15 ^ purpose
    for values in [first, second] {
        // Some hundred values tell samples apart.
        for index in stride(from: 0, to: values.count, by: max(values.count / 128, 1)) {
            hash = (hash ^ values[index].bitPattern) &* 0xbf58_476d_1ce4_e5b9
            hash ^= hash >> 29
        }
    }
    return hash
}
