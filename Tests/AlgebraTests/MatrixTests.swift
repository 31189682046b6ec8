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
}
