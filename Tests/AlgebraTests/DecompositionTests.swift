import Algebra
import Foundation
import Testing

@Suite struct DecompositionTests {
    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
        var generator = Generator(seed: seed)
        return Matrix(
            rows: rows, columns: columns,
            values: (0..<rows * columns).map { _ in generator.normal() })
    }

    private func distance(_ a: Matrix, _ b: Matrix) -> Double {
        zip(a.values, b.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test func `a Cholesky factor and a general solve find the same solution`() throws {
        let source = random(40, 12, seed: 1)
        let gram = source.gram
        #expect(distance(gram, Matrix.product(source, source, turningLeft: true)) < 1e-12)
        let right = (0..<12).map { Double($0) - 3 }
        let first = try Cholesky(gram).solve(right)
        let second = try solve(gram, right)
        for (a, b) in zip(first, second) { #expect(abs(a - b) < 1e-9) }
        for (a, b) in zip(gram.times(first), right) { #expect(abs(a - b) < 1e-8) }
    }

    @Test func `a matrix that is not positive definite is refused by name`() {
        let matrix = Matrix(rows: 2, columns: 2, values: [1, 2, 2, 1])
        #expect(throws: AlgebraError.notPositiveDefinite(order: 2)) { try Cholesky(matrix) }
        #expect(throws: AlgebraError.singular(order: 2)) {
            try solve(Matrix(rows: 2, columns: 2, values: [1, 2, 2, 4]), [1, 1])
        }
    }

    @Test func `eigenvectors rebuild the matrix, largest first, with fixed signs`() throws {
        let gram = random(30, 8, seed: 2).gram
        let eigen = try SymmetricEigen(gram)
        #expect(eigen.values == eigen.values.sorted(by: >))
        let scaled = Matrix(
            rows: 8, columns: 8,
            values: (0..<64).map { eigen.values[$0 / 8] * eigen.vectors.values[$0] })
        #expect(distance(Matrix.product(eigen.vectors, scaled, turningLeft: true), gram) < 1e-10)
        for row in 0..<8 {
            let largest = eigen.vectors.row(row).max { abs($0) < abs($1) }
            #expect((largest ?? 0) > 0)
        }
    }

    @Test func `eigenvalues of tiny and huge matrices keep their digits`() throws {
        let gram = random(30, 5, seed: 3).gram
        let plain = try SymmetricEigen(gram).values
        for factor in [1e-200, 1e200] {
            var scaled = gram
            for index in scaled.values.indices { scaled.values[index] *= factor }
            for (a, b) in zip(try SymmetricEigen(scaled).values, plain) {
                #expect(abs(a / factor - b) < 1e-10 * b)
            }
        }
    }

    @Test func `singular values rebuild a wide and a tall matrix`() throws {
        for (rows, columns) in [(7, 4), (4, 7)] {
            let matrix = random(rows, columns, seed: 4)
            let parts = try SingularValues(matrix)
            var scaled = parts.right
            for row in 0..<4 {
                for column in 0..<columns { scaled[row, column] *= parts.values[row] }
            }
            #expect(distance(parts.left * scaled, matrix) < 1e-12)
        }
    }

    @Test func `blocked distances equal the definition, also far from the origin`() {
        var left = random(9, 5, seed: 5)
        var right = random(7, 5, seed: 6)
        for index in left.values.indices { left.values[index] += 1e6 }
        for index in right.values.indices { right.values[index] += 1e6 }
        let fast = squaredDistances(left, right, blockRows: 4)
        for i in 0..<9 {
            for j in 0..<7 {
                let slow = zip(left.row(i), right.row(j)).reduce(0) {
                    $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
                }
                #expect(abs(fast[i, j] - slow) < 1e-7)
            }
        }
    }
}

@Suite struct SampleToolTests {
    @Test func `radix and comparison sort agree, signs and zeros included`() {
        var generator = Generator(seed: 7)
        var values = (0..<5000).map { _ in generator.normal() * exp(40 * generator.normal()) }
        values += [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude]
        #expect(sortedAscending(values) == values.sorted())
    }

    @Test func `ties share their rank`() {
        #expect(midRanks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    }

    @Test func `quantiles interpolate as type 7`() {
        #expect(quantile([1, 2, 3, 4], 0.5) == 2.5)
        #expect(quantile([1, 2, 3, 4], 1) == 4)
        #expect(quantile([], 0.5).isNaN)
    }

    @Test func `a big offset does not swallow the spread, nor does a tiny or huge scale`() {
        let values = [1.0, 2, 3, 4]
        for (offset, factor) in [(1e12, 1.0), (0, 1e-200), (0, 1e200)] {
            let spread = Moments(values.map { offset + $0 * factor }).deviation(ddof: 1)
            #expect(abs(spread / factor - 1.2909944487358056) < 1e-9)
        }
    }

    @Test func `a sketch keeps ranks within its error, also after merging`() {
        let seed: UInt64 = 8
        var generator = Generator(seed: seed)
        var parts = (0..<4).map { KLL(seed: UInt64($0)) }
        var values: [Double] = []
        for index in 0..<40_000 {
            let value = generator.normal()
            values.append(value)
            parts[index % 4].insert(value)
        }
        var sketch = parts[0]
        for part in parts.dropFirst() { sketch.merge(part) }
        let sorted = values.sorted()
        for share in [0.01, 0.1, 0.5, 0.9, 0.99] {
            let rank = sketch.rank(quantile(sorted, share))
            #expect(abs(rank - share) < sketch.rankError, "seed \(seed), share \(share)")
        }
        #expect(sketch.weighted.count < 1500)
    }

    @Test func `isotonic regression pools violators and interpolates`() {
        let curve = Isotonic(scores: [1, 2, 3, 4], outcomes: [0, 1, 0, 1])
        #expect(curve(2) == 0.5 && curve(3) == 0.5)
        #expect(curve(0) == 0 && curve(9) == 1)
        #expect(curve(3.5) == 0.75)
    }

    @Test func `equal seeds give equal numbers`() {
        var one = Generator(seed: 9)
        var two = Generator(seed: 9)
        #expect((0..<100).allSatisfy { _ in one.next() == two.next() })
    }
}
