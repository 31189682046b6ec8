import Algebra
import Foundation
import Reason
import Testing

@Suite struct GroupTests {
    private static let service = SimulatedService(series: 16, days: 8, incidents: 2, seed: 31)
    private var service: SimulatedService { GroupTests.service }

    private var learned: Matrix {
        service.rows.selecting(rows: Array(0..<service.firstTest))
    }

    @Test func `a group's model finds series that no longer move together`() throws {
        let model = try #require(try GroupModel(learned))
        let readings = model(service.rows)
        var quiet: [Double] = []
        var apart: [Double] = []
        for row in service.firstTest..<service.rows.rows {
            switch service.labels[row] {
            case nil: quiet.append(readings[row].surprise)
            case .joint: apart.append(readings[row].surprise)
            default: break
            }
        }
        let edge = quiet.sorted()[quiet.count * 95 / 100]
        let found = apart.count { $0 > edge }
        #expect(Double(found) > 0.6 * Double(apart.count))
    }

    @Test func `scores of quiet moments are like 1 - p`() throws {
        let model = try #require(try GroupModel(learned))
        let quiet = (service.firstTest..<service.rows.rows).filter { service.labels[$0] == nil }
        let readings = model(service.rows.selecting(rows: quiet))
        let loud = readings.count { $0.score > 0.95 }
        #expect(loud < readings.count / 8)
        for reading in readings {
            #expect(reading.score >= 0 && reading.score <= 1)
            #expect(abs(reading.shares.reduce(0, +) - 1) < 1e-9)
        }
    }

    @Test func `the series that moved has the largest share`() throws {
        let model = try #require(try GroupModel(learned))
        var row = Array(service.rows.row(10))
        row[5] += 8 * model.scale.deviations[5]
        let reading = try #require(model(Matrix(rows: 1, columns: 16, values: row)).first)
        #expect(reading.shares.indices.max { reading.shares[$0] < reading.shares[$1] } == 5)
    }

    @Test func `gaps, constants and infinities are judged without NaN`() throws {
        var rows = learned
        for row in 0..<rows.rows { rows[row, 3] = 7 }
        for row in stride(from: 0, to: rows.rows, by: 9) { rows[row, 1] = .nan }
        let model = try #require(try GroupModel(rows))
        var odd = Matrix(rows: 4, columns: 16, values: Array(repeating: 0, count: 64))
        odd[0, 0] = .infinity
        odd[1, 1] = .nan
        odd[2, 2] = 1e300
        odd[3, 3] = -1e300
        for reading in model(odd) {
            #expect(reading.score.isFinite && reading.surprise.isFinite)
            #expect(reading.shares.allSatisfy { $0.isFinite })
        }
        #expect(try GroupModel(learned.selecting(rows: Array(0..<40))) == nil)
    }

    @Test
    func `an autoencoder rebuilds quiet moments and not broken ones, the same from the same seed`()
        throws
    {
        let first = try #require(try Autoencoder(learned) { $0 < 40 })
        let second = try #require(try Autoencoder(learned) { $0 < 40 })
        #expect(first == second)
        let rows = service.rows.selecting(
            rows: Array(service.firstTest..<service.rows.rows))
        let readings = first(rows)
        let quiet = readings.indices.filter { service.labels[service.firstTest + $0] == nil }
        let joint = readings.indices.filter { service.labels[service.firstTest + $0] == .joint }
        func median(_ chosen: [Int]) -> Double {
            let values = chosen.map { readings[$0].error }.sorted()
            return values[values.count / 2]
        }
        #expect(median(joint) > 2 * median(quiet))
    }

    @Test func `axes of windows are those of the whole window matrix`() throws {
        var generator = Generator(seed: 32)
        let series = (0..<900).map { 1e4 + 3 * sin(Double($0) / 7) + generator.normal() }
        let width = 24
        let windows = Matrix(
            rows: series.count - width + 1, columns: width,
            values: (0...series.count - width).flatMap { series[$0..<$0 + width] })
        let scale = Standardiser(windows)
        let standard = scale(windows)
        let eigen = try SymmetricEigen(standard.gram)
        let model = try WindowAxes(series, width: width)
        let axes = eigen.vectors.selecting(rows: Array(0..<model.axes.rows))
        for (a, b) in zip(model.axes.values, axes.values) { #expect(abs(a - b) < 1e-6) }
        let rest = standard.squaredLengths
        let held = Matrix.product(standard, axes, turningRight: true).squaredLengths
        for (row, error) in model.errors(series).errors.enumerated() {
            #expect(abs(error - max(rest[row] - held[row], 0).squareRoot()) < 1e-6)
        }
    }
}
