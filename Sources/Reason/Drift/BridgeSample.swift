// What Wasserstein distances look like without drift: √(1/m + 1/n) ∫ |B(u)| dQ(u) for a Brownian bridge B
// and the pooled quantile function Q. The bridges are drawn once for the process, from a fixed seed;
// a column then costs one product of a matrix with its quantile steps.

internal import Algebra
internal import Glibc

/// Absolute values of simulated Brownian bridges on a grid.
struct BridgeSample: Sendable {
    static let shared = BridgeSample(seed: 20_240_607)

    private let bridges: Matrix
    // 999 draws resolve 5 % to ±0.7 %; 100 cells are finer than a quantile matters.
    private static let draws = 999
    private static let cells = 100

    init(seed: UInt64) {
        var generator = Generator(seed: seed)
        var matrix = Matrix(rows: Self.draws, columns: Self.cells)
        let step = (1 / Double(2 * Self.cells)).squareRoot()
        for row in 0..<Self.draws {
            // A walk of half cells; odd places are the middles of cells.
            var path: [Double] = [0]
            for _ in 0..<2 * Self.cells { path.append(path[path.count - 1] + step * generator.normal()) }
            let end = path[2 * Self.cells]
            for cell in 0..<Self.cells {
                let place = 2 * cell + 1
                matrix[row, cell] = abs(path[place] - end * Double(place) / Double(2 * Self.cells))
            }
        }
        bridges = matrix
    }

    /// A Wasserstein distance in units, with its threshold and p-value from the two ascending samples.
    func effect(
        _ value: Double, _ reference: [Double], _ current: [Double], unit: Double
    ) -> SizedEffect {
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
        let drawn = bridges.times(steps).map { $0 * scale }
        let atLeast = drawn.reduce(0) { $1 >= value ? $0 + 1 : $0 }
        return SizedEffect(
            value: value, threshold: quantile(drawn.sorted(), 0.95),
            probability: Probability(Double(atLeast + 1) / Double(drawn.count + 1)))
    }
}
