// The principal axes of a series' own windows: shapes that come again and again, and how badly they
// rebuild each window. A window matrix of 100,000 rows is never made. Its covariance follows from one
// row of lagged products, since the sums of neighbouring lags differ by the two points that enter and
// leave; windows are then laid out and projected a block at a time. Not causal: for looking back.

public import Algebra
internal import Glibc

/// Axes of the windows of one series.
public struct WindowAxes: Sendable {
    public let width: Int
    /// One axis a row, of standardised windows.
    public let axes: Matrix
    public let variances: [Double]
    private let means: [Double]
    private let deviations: [Double]
    private static let blockRows = 1024

    /// Learns from a series of finite values.
    ///
    /// - Parameters:
    ///   - width: points of a window; the series holds at least two windows.
    ///   - share: of the variance that the axes hold.
    public init(_ series: [Double], width: Int, share: Double = 0.9) throws(AlgebraError) {
        precondition(width > 0 && series.count >= 2 * width, "a series holds two windows at least")
        if !series.allSatisfy(\.isFinite) { throw .notFinite }
        self.width = width
        let windows = series.count - width + 1
        let centre = series.reduce(0, +) / Double(series.count)
        let centred = series.map { $0 - centre }
        var moving = 0.0
        for index in 0..<windows { moving += centred[index] }
        var sums = [moving]
        for lag in 1..<max(width, 1) {
            moving += centred[lag + windows - 1] - centred[lag - 1]
            sums.append(moving)
        }
        var products = WindowAxes.laggedProducts(centred, windows: windows, width: width)
        for row in 0..<width {
            for column in 0..<width {
                products[row, column] -= sums[row] * sums[column] / Double(windows)
            }
        }
        let spread = (0..<width).map { (max(products[$0, $0], 0) / Double(windows)).squareRoot() }
        let floor = max(abs(centre) * 1e-12, .leastNormalMagnitude)
        deviations = spread.map { $0 > floor ? $0 : 1 }
        means = sums.map { centre + $0 / Double(windows) }
        for row in 0..<width {
            for column in 0..<width {
                products[row, column] /= deviations[row] * deviations[column] * Double(windows)
            }
        }
        let eigen = try SymmetricEigen(products)
        let total = eigen.values.reduce(0) { $0 + max($1, 0) }
        var held = 0.0
        var kept = 0
        while kept < width && held < share * total {
            held += max(eigen.values[kept], 0)
            kept += 1
        }
        axes = eigen.vectors.selecting(rows: Array(0..<kept))
        variances = eigen.values.prefix(kept).map { max($0, 1e-9 * total) }
    }

    /// Σ x[t + i] x[t + j] over all windows: the first row by products, the rest along diagonals.
    private static func laggedProducts(_ series: [Double], windows: Int, width: Int) -> Matrix {
        var result = Matrix(rows: width, columns: width)
        series.withUnsafeBufferPointer { series in
            for lag in 0..<width {
                var sum = dotProduct(series, lag: lag, count: windows)
                result[0, lag] = sum
                result[lag, 0] = sum
                for row in 1..<max(width - lag, 1) {
                    sum += series[row + windows - 1] * series[row + lag + windows - 1]
                    sum -= series[row - 1] * series[row + lag - 1]
                    result[row, row + lag] = sum
                    result[row + lag, row] = sum
                }
            }
        }
        return result
    }

    /// For every window, the length of what the axes leave, and Hotelling's T².
    public func errors(_ series: [Double]) -> (errors: [Double], distances: [Double]) {
        let windows = max(series.count - width + 1, 0)
        var errors: [Double] = []
        var distances: [Double] = []
        errors.reserveCapacity(windows)
        distances.reserveCapacity(windows)
        let factors = deviations.map { 1 / $0 }
        var block = Matrix(rows: WindowAxes.blockRows, columns: width)
        for start in stride(from: 0, to: windows, by: WindowAxes.blockRows) {
            let count = min(WindowAxes.blockRows, windows - start)
            if count < block.rows { block = Matrix(rows: count, columns: width) }
            var lengths = [Double](repeating: 0, count: count)
            lay(series, from: start, into: &block, lengths: &lengths, factors: factors)
            let scores = Matrix.product(block, axes, turningRight: true)
            scores.values.withUnsafeBufferPointer { scores in
                for row in 0..<count {
                    var held = 0.0
                    var distance = 0.0
                    for axis in 0..<variances.count {
                        let score = scores[row * variances.count + axis]
                        held += score * score
                        distance += score * score / variances[axis]
                    }
                    errors.append(max(lengths[row] - held, 0).squareRoot())
                    distances.append(distance)
                }
            }
        }
        return (errors, distances)
    }

    private func lay(
        _ series: [Double], from start: Int, into block: inout Matrix, lengths: inout [Double],
        factors: [Double]
    ) {
        let width = width
        block.values.withUnsafeMutableBufferPointer { cells in
            series.withUnsafeBufferPointer { series in
                means.withUnsafeBufferPointer { means in
                    factors.withUnsafeBufferPointer { factors in
                        for row in lengths.indices {
                            let from = start + row
                            let to = row * width
                            var length = 0.0
                            for lag in 0..<width {
                                let value = (series[from + lag] - means[lag]) * factors[lag]
                                cells[to + lag] = value
                                length += value * value
                            }
                            lengths[row] = length
                        }
                    }
                }
            }
        }
    }
}

/// Σ x[t] x[t + lag] over `count` points, in four sums at once.
private func dotProduct(_ series: UnsafeBufferPointer<Double>, lag: Int, count: Int) -> Double {
    var sums = SIMD4<Double>()
    var index = 0
    while index + 4 <= count {
        let a = SIMD4(series[index], series[index + 1], series[index + 2], series[index + 3])
        let at = index + lag
        let b = SIMD4(series[at], series[at + 1], series[at + 2], series[at + 3])
        sums += a * b
        index += 4
    }
    var sum = sums.sum()
    while index < count {
        sum += series[index] * series[index + lag]
        index += 1
    }
    return sum
}
