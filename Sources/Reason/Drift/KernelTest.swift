// Maximum mean discrepancy: do two clouds of points have the same distribution? One Gram matrix gives all
// squared distances; four bandwidths are powers of one exponential; all permutations are one product of
// the kernel with a matrix of indicators. p = (k + 1) / (B + 1), never 0.

public import Algebra
internal import Glibc

/// Unbiased and biased MMD² for one Gaussian kernel exp(−γ d²), in doubles, by the definition.
public struct KernelDiscrepancy: Sendable, Equatable {
    public var unbiased: Double
    public var biased: Double
}

/// MMD² by the definition; `order` permutes the pooled rows.
public func kernelDiscrepancy(
    distances: Matrix, referenceCount m: Int, gamma: Double, order: [Int]? = nil
) -> KernelDiscrepancy {
    let total = distances.rows
    let n = total - m
    let place = order ?? Array(0..<total)
    var inside = 0.0
    var outside = 0.0
    var across = 0.0
    for i in 0..<total {
        for j in i + 1..<max(total, i + 1) {
            let value = exp(-gamma * distances[place[i], place[j]])
            if j < m {
                inside += value
            } else if i >= m {
                outside += value
            } else {
                across += value
            }
        }
    }
    let a = Double(m)
    let b = Double(n)
    let mixed = 2 * across / (a * b)
    return KernelDiscrepancy(
        unbiased: 2 * inside / (a * (a - 1)) + 2 * outside / (b * (b - 1)) - mixed,
        biased: (2 * inside + a) / (a * a) + (2 * outside + b) / (b * b) - mixed)
}

/// The median of the squared distances of all pairs.
public func medianSquaredDistance(_ distances: Matrix) -> Double {
    var all: [Double] = []
    all.reserveCapacity(distances.rows * (distances.rows - 1) / 2)
    for i in 0..<distances.rows {
        for j in i + 1..<max(distances.rows, i + 1) { all.append(distances[i, j]) }
    }
    return quantile(sortedAscending(all), 0.5)
}

/// The result of the permutation test.
public struct KernelTestResult: Sendable, Equatable {
    /// MMD² summed over the four kernels, unbiased; about 0 without drift.
    public var statistic: Double
    public var probability: Probability
    public var permutations: Int
    /// The witness of every row, reference rows first: how much more the other sample looks like it.
    public var witness: [Float]
}

/// The permutation test with kernels of an eighth, a quarter, a half and once the median distance: the
/// narrow ones see a small new region that wide ones average away.
///
/// Rows are taken as floats: the test compares like with like, and seven digits are plenty.
public func kernelTest(
    reference: Matrix, current: Matrix, permutations: Int = 200, seed: UInt64 = 1
) -> KernelTestResult {
    let m = reference.rows
    let pooled = reference.stacked(on: current)
    // Centred and scaled first, so that neither a big offset nor a tiny scale costs digits.
    let centred = pooled.standardised(centre: pooled.columnMeans)
    let largest = centred.values.reduce(0) { max($0, abs($1)) }
    var scaled = centred
    if largest > 0 {
        let factor = 1 / largest
        for index in scaled.values.indices { scaled.values[index] *= factor }
    }
    var kernel = FloatMatrix(scaled).outerGram
    turnIntoKernel(&kernel)
    let total = kernel.rows
    let draws = permutations + 1
    var indicators = FloatMatrix(rows: total, columns: draws)
    var generator = Generator(seed: seed)
    var order = Array(0..<total)
    for draw in 0..<draws {
        if draw > 0 { generator.shuffle(&order) }
        for place in 0..<m { indicators.values[order[place] * draws + draw] = 1 }
    }
    let products = kernel.symmetricTimes(indicators)
    // Σ over pairs inside the first sample, and between it and everything, per permutation.
    var inside = [Double](repeating: 0, count: draws)
    var touching = [Double](repeating: 0, count: draws)
    var rowSums = [Double](repeating: 0, count: total)
    products.values.withUnsafeBufferPointer { products in
        indicators.values.withUnsafeBufferPointer { indicators in
            inside.withUnsafeMutableBufferPointer { inside in
                touching.withUnsafeMutableBufferPointer { touching in
                    for row in 0..<total {
                        let start = row * draws
                        for draw in 0..<draws {
                            let value = products[start + draw]
                            touching[draw] += Double(value)
                            inside[draw] += Double(indicators[start + draw] * value)
                        }
                    }
                }
            }
        }
    }
    kernel.values.withUnsafeBufferPointer { cells in
        for row in 0..<total {
            var sum: Double = 0
            for column in row + 1..<max(total, row + 1) {
                let value = Double(cells[row * total + column])
                sum += value
                rowSums[column] += value
            }
            rowSums[row] += sum
        }
    }
    let all = rowSums.reduce(0, +)
    let a = Double(m)
    let b = Double(total - m)
    func discrepancy(_ draw: Int) -> Double {
        let others = all - 2 * touching[draw] + inside[draw]
        return inside[draw] / (a * (a - 1)) + others / (b * (b - 1))
            - 2 * (touching[draw] - inside[draw]) / (a * b)
    }
    let seen = discrepancy(0)
    let edge = seen - 1e-6 * abs(seen)
    let atLeast = (1..<max(draws, 1)).reduce(0) { discrepancy($1) >= edge ? $0 + 1 : $0 }
    var witness: [Float] = []
    for row in 0..<total {
        let toReference = Double(products.values[row * draws])
        let toCurrent = rowSums[row] - toReference
        let isReference = row < m
        let near = toReference / max(a - (isReference ? 1 : 0), 1)
        witness.append(Float(toCurrent / max(b - (isReference ? 0 : 1), 1) - near))
    }
    return KernelTestResult(
        statistic: seen, probability: Probability(Double(atLeast + 1) / Double(draws)),
        permutations: permutations, witness: witness)
}

/// Turns the upper triangle of a Gram matrix into the sum of four kernels, the diagonal into 0.
private func turnIntoKernel(_ matrix: inout FloatMatrix) {
    let total = matrix.rows
    var lengths = [Float](repeating: 0, count: total)
    for row in 0..<total { lengths[row] = matrix.values[row * total + row] }
    // The median over at most some 40,000 pairs, spread evenly: as good for a bandwidth as all.
    let pairs = total * (total - 1) / 2
    let stride = max(pairs / 40_000, 1)
    var sample: [Double] = []
    var row = 0
    var column = 1
    var index = 0
    while row < total - 1 {
        sample.append(
            Double(max(lengths[row] + lengths[column] - 2 * matrix.values[row * total + column], 0))
        )
        index += stride
        column += stride
        while column >= total && row < total - 1 {
            column -= total
            row += 1
            column += row + 1
        }
    }
    let median = Float(quantile(sortedAscending(sample), 0.5))
    // exp(−d²/(2 median)) is the widest; the others are its 2nd, 4th and 8th powers.
    let gamma = median > 0 ? 1 / (2 * median) : 0
    matrix.values.withUnsafeMutableBufferPointer { cells in
        lengths.withUnsafeBufferPointer { lengths in
            for row in 0..<total {
                let start = row * total
                let own = lengths[row]
                cells[start + row] = 0
                var column = row + 1
                while column + 8 <= total {
                    var products = SIMD8<Float>()
                    var others = SIMD8<Float>()
                    for lane in 0..<8 {
                        products[lane] = cells[start + column + lane]
                        others[lane] = lengths[column + lane]
                    }
                    var distance = others + own - 2 * products
                    distance.replace(with: 0, where: distance .< 0)
                    let value = fourKernels(distance * -gamma)
                    for lane in 0..<8 { cells[start + column + lane] = value[lane] }
                    column += 8
                }
                while column < total {
                    let distance = max(own + lengths[column] - 2 * cells[start + column], 0)
                    cells[start + column] = fourKernels(SIMD8(repeating: distance * -gamma))[0]
                    column += 1
                }
            }
        }
    }
}

/// e + e² + e⁴ + e⁸ with e = exp(x), x ≤ 0: by 2ⁿ · 2^f with a polynomial for the fraction, good to
/// 2e-7, which is what floats have.
@inline(__always)
private func fourKernels(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // Below e^-80 a kernel is nothing, and the exponent stays in range.
    var t: SIMD8<Float> = x * 1.442_695_04
    t.replace(with: -115, where: t .< -115)
    // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the low bits.
    let shifted: SIMD8<Float> = t + 12_582_912
    let whole: SIMD8<Float> = shifted - 12_582_912
    let f: SIMD8<Float> = t - whole
    var p = SIMD8<Float>(repeating: 0.000_154_035_3)
    p = p * f + 0.001_333_355_8
    p = p * f + 0.009_618_129
    p = p * f + 0.055_504_11
    p = p * f + 0.240_226_51
    p = p * f + 0.693_147_18
    p = p * f + 1
    let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
    let exponent: SIMD8<UInt32> = (bits &+ 127) &<< 23
    let e: SIMD8<Float> = p * unsafeBitCast(exponent, to: SIMD8<Float>.self)
    let e2: SIMD8<Float> = e * e
    let e4: SIMD8<Float> = e2 * e2
    let e8: SIMD8<Float> = e4 * e4
    return (e + e2) + (e4 + e8)
}
