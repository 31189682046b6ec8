import Algebra
import Testing

@Suite struct MatrixTests {
    @Test func `a product is rows times columns`() {
        let left = Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
        let right = Matrix(rows: 3, columns: 2, values: [7, 8, 9, 10, 11, 12])
        #expect(left * right == Matrix(rows: 2, columns: 2, values: [58, 64, 139, 154]))
    }

    @Test func `an empty inner size gives zeros`() {
        let product = Matrix(rows: 2, columns: 0) * Matrix(rows: 0, columns: 3)
        #expect(product == Matrix(rows: 2, columns: 3))
    }

    @Test func `a view of rows multiplies as its copy does, and outlives changes`() {
        var generator = Generator(seed: 9)
        var matrix = Matrix(rows: 7, columns: 3, values: (0..<21).map { _ in generator.normal() })
        let right = Matrix(rows: 4, columns: 3, values: (0..<12).map { _ in generator.normal() })
        let view = matrix.rows(2..<5)
        let copy = matrix.selecting(rows: [2, 3, 4])
        #expect(view.copy == copy && Array(view.row(1)) == Array(matrix.row(3)))
        #expect(view.times(right, turningRight: true) == copy * right.transposed)
        #expect(view.squaredLengths == copy.squaredLengths)
        matrix[3, 0] = 100
        #expect(view.copy == copy)
        #expect(matrix.rows(7..<7).times(right.transposed).rows == 0)
    }

    @Test func `a sketch is read back as it was kept`() throws {
        var generator = Generator(seed: 10)
        var sketch = KLL()
        for _ in 0..<5000 { sketch.insert(generator.normal()) }
        let again = try #require(
            KLL(
                k: sketch.k, count: sketch.count, minimum: sketch.minimum,
                maximum: sketch.maximum, kept: sketch.kept))
        for share in [0, 0.1, 0.5, 0.99, 1] {
            #expect(again.quantile(share) == sketch.quantile(share))
        }
        #expect(KLL(k: 200, count: 4999, minimum: 0, maximum: 1, kept: sketch.kept) == nil)
    }

    @Test func `drawn counts have the mean and the variance of the hypergeometric law`() {
        for (draws, marked, total) in [
            (5, 3, 20), (50, 400, 1000), (900, 700, 1000), (3000, 50_000, 100_000),
        ] {
            var generator = Generator(seed: UInt64(draws))
            let counts = (0..<4000).map { _ in
                Double(generator.hypergeometric(draws: draws, marked: marked, total: total))
            }
            let share = Double(marked) / Double(total)
            let mean = Double(draws) * share
            let left = Double(total - draws) / Double(total - 1)
            let variance = mean * (1 - share) * left
            let moments = Moments(counts)
            // Four standard errors of 4,000 draws.
            #expect(abs(moments.mean - mean) < 4 * (variance / 4000).squareRoot(), "seed \(draws)")
            #expect(abs(moments.variance() / variance - 1) < 0.1, "seed \(draws)")
            #expect(counts.allSatisfy { $0 >= Double(max(0, draws + marked - total)) })
            #expect(counts.allSatisfy { $0 <= Double(min(draws, marked)) })
        }
    }
}
