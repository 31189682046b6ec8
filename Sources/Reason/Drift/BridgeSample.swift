// What Wasserstein distances look like without drift: √(1/m + 1/n) ∫ |B(u)| dQ(u) for a Brownian bridge B
// and the pooled quantile function Q. The bridges are drawn once for the process, from a fixed seed;
// a column then costs one pass over them (not BLAS: columns run in parallel already).

internal import Algebra
internal import Glibc

/// Absolute values of simulated Brownian bridges on a grid.
struct BridgeSample: Sendable {
    static let shared = BridgeSample(seed: 20_240_607)

    /// A cell a run of `draws` values.
    private let bridges: [Double]
    // 999 draws resolve 5 % to ±0.7 %; 100 cells are finer than a quantile matters.
    private static let draws = 999
    private static let cells = 100

    init(seed: UInt64) {
        var generator = Generator(seed: seed)
        var values = [Double](repeating: 0, count: Self.draws * Self.cells)
        let step = (1 / Double(2 * Self.cells)).squareRoot()
        for row in 0..<Self.draws {
            // A walk of half cells; odd places are the middles of cells.
            var path: [Double] = [0]
            for _ in 0..<2 * Self.cells {
                path.append(path[path.count - 1] + step * generator.normal())
            }
            let end = path[2 * Self.cells]
            for cell in 0..<Self.cells {
                let place = 2 * cell + 1
                values[cell * Self.draws + row] = abs(
                    path[place] - end * Double(place) / Double(2 * Self.cells))
            }
        }
        bridges = values
    }

    /// A Wasserstein distance in units, with its threshold and p-value from the two ascending samples.
    func effect(
        _ value: Double, _ reference: [Double], _ current: [Double], unit: Double
    ) -> SizedEffect {
        // Small samples are permuted, which is exact whatever the tails and ties.
        if reference.count + current.count <= 4000 {
            return permuted(value, reference, current, unit: unit)
        }
        let weight = Double(reference.count) / Double(reference.count + current.count)
        func pooled(_ share: Double) -> Double {
            weight * quantile(reference, share) + (1 - weight) * quantile(current, share)
        }
        var steps: [Double] = []
        var before = pooled(0)
        for cell in 1...Self.cells {
            let next = pooled(Double(cell) / Double(Self.cells))
            steps.append((next - before) / unit)
            before = next
        }
        let scale = (1 / Double(reference.count) + 1 / Double(current.count)).squareRoot()
        var drawn = [Double](repeating: 0, count: Self.draws)
        drawn.withUnsafeMutableBufferPointer { drawn in
            bridges.withUnsafeBufferPointer { bridges in
                for cell in 0..<Self.cells {
                    let weight = steps[cell] * scale
                    let start = cell * Self.draws
                    for draw in 0..<Self.draws { drawn[draw] += weight * bridges[start + draw] }
                }
            }
        }
        let atLeast = drawn.reduce(0) { $1 >= value ? $0 + 1 : $0 }
        return SizedEffect(
            value: value, threshold: quantile(sortedAscending(drawn), 0.95),
            probability: Probability(Double(atLeast + 1) / Double(drawn.count + 1)))
    }

    private func permuted(
        _ value: Double, _ reference: [Double], _ current: [Double], unit: Double
    ) -> SizedEffect {
        let pooled = sortedAscending(reference + current)
        let m = reference.count
        let shares = (1 / Double(m), 1 / Double(current.count))
        var isReference = (0..<pooled.count).map { $0 < m }
        var generator = Generator(seed: dataSeed(pooled, 1))
        let draws = 199
        var drawn: [Double] = []
        var tally = MidTally(value)
        for _ in 0..<draws {
            generator.shuffle(&isReference)
            var gap = 0.0
            var area = 0.0
            pooled.withUnsafeBufferPointer { pooled in
                isReference.withUnsafeBufferPointer { isReference in
                    for index in 0..<pooled.count - 1 {
                        gap += isReference[index] ? shares.0 : -shares.1
                        area += abs(gap) * (pooled[index + 1] - pooled[index])
                    }
                }
            }
            drawn.append(area / unit)
            tally.add(area / unit)
        }
        return SizedEffect(
            value: value, threshold: quantile(drawn.sorted(), 0.95),
            probability: Probability((tally.atLeast + 1) / Double(draws + 1)))
    }
}
