import Algebra
import Foundation
import Reason
import Testing

@Suite struct NetworkFileTests {
    private let network = Network(inputs: 5, layers: [(4, .tanh), (3, .softmax)], seed: 11)

    @Test func `a network comes back to the last bit`() throws {
        #expect(try Network(decoding: network.encoded()) == network)
    }

    @Test func `any flipped bit is refused`() throws {
        let bytes = network.encoded()
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(throws: NetworkFileError.self) { try Network(decoding: damaged) }
        }
    }

    @Test func `what is no network, a part of one or one of tomorrow is refused by name`() {
        let bytes = network.encoded()
        #expect(throws: NetworkFileError.notANetwork) { try Network(decoding: []) }
        #expect(throws: NetworkFileError.notANetwork) { try Network(decoding: Array("PK..".utf8)) }
        #expect(throws: NetworkFileError.truncated) {
            try Network(decoding: Array(bytes.prefix(6)))
        }
        #expect(throws: NetworkFileError.checksum) {
            try Network(decoding: Array(bytes.dropLast(8)))
        }
        var newer = bytes
        newer[4] = 2
        #expect(throws: NetworkFileError.version(found: 2, known: 1)) {
            try Network(decoding: newer)
        }
    }

    @Test func `a regressor finds a curve that a line cannot follow`() throws {
        var generator = Generator(seed: 12)
        func draw(_ count: Int) -> (Matrix, [Double]) {
            var rows = Matrix(rows: count, columns: 3)
            var targets: [Double] = []
            for row in 0..<count {
                for column in 0..<3 { rows[row, column] = 100 + 20 * generator.normal() }
                let bend = (rows[row, 0] - 100) / 20
                targets.append(5000 + 100 * bend * bend + 10 * generator.normal())
            }
            return (rows, targets)
        }
        let (rows, targets) = draw(1200)
        let regressor = try NetworkRegressor(rows, targets: targets)
        let (fresh, truth) = draw(300)
        let estimates = regressor(fresh)
        let error = zip(estimates, truth).reduce(0) { $0 + abs($1.0 - $1.1) } / 300
        let mean = truth.reduce(0, +) / 300
        let blind = truth.reduce(0) { $0 + abs($1 - mean) } / 300
        #expect(error < 0.35 * blind)
    }
}
