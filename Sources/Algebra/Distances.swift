// Squared Euclidean distances between rows, in blocks: |x|² + |y|² − 2 x·y, one product a block.
// Rows are first centred on the common mean, which takes the cancellation out of big offsets.

/// Squared distances between every row of `left` and every row of `right`; never negative.
public func squaredDistances(_ left: Matrix, _ right: Matrix, blockRows: Int = 512) -> Matrix {
    precondition(left.columns == right.columns, "rows differ in length")
    let centre = left.stacked(on: right).columnMeans
    let first = left.standardised(centre: centre)
    let second = right.standardised(centre: centre)
    let lengths = second.squaredLengths
    var result = Matrix(rows: left.rows, columns: right.rows)
    var start = 0
    while start < left.rows {
        let end = min(start + max(blockRows, 1), left.rows)
        let block = first.rows(start..<end)
        let products = block.times(second, turningRight: true)
        let own = block.squaredLengths
        for row in 0..<block.rows {
            for column in 0..<right.rows {
                let value = own[row] + lengths[column] - 2 * products[row, column]
                result[start + row, column] = max(value, 0)
            }
        }
        start = end
    }
    return result
}

extension Matrix {
    /// The squared length of every row.
    public var squaredLengths: [Double] {
        values.withUnsafeBufferPointer { cells in
            (0..<rows).map { row in
                var sum = 0.0
                for index in row * columns..<(row + 1) * columns {
                    sum += cells[index] * cells[index]
                }
                return sum
            }
        }
    }
}
