import Algebra
import Bytes
import Testing

@testable import Reason

@Suite(.enabled(if: !goldenCases.isEmpty, "drift-golden is missing; set MARTLET_DATA"))
struct MultivariateGoldenTests {
    @Test(arguments: goldenCases("multivariate_two_sample"))
    func `kernel, axes and corrections equal the golden ones`(_ one: GoldenCase) throws {
        let reference = Matrix(columns: try one.rows("ref"))
        let current = Matrix(columns: try one.rows("cur"))
        let pooled = reference.stacked(on: current)
        let m = reference.rows
        let distances = squaredDistances(pooled, pooled)
        let median = medianSquaredDistance(distances)
        let gamma = 1 / (2 * median)
        let seen = kernelDiscrepancy(distances: distances, referenceCount: m, gamma: gamma)
        let permuted = try one.rows("permutations").map { order in
            kernelDiscrepancy(
                distances: distances, referenceCount: m, gamma: gamma, order: order.map { Int($0) }
            ).unbiased
        }
        let atLeast = permuted.filter { $0 >= seen.unbiased }.count
        func numbers(_ values: [Double]) -> JSON { .array(values.map { .number($0) }) }
        let drawn: [(key: String, value: JSON)] = [
            ("mmd2_unbiased_under_permutations", numbers(permuted)),
            (
                "permutation_pvalue_plus_one",
                .number(Double(atLeast + 1) / Double(permuted.count + 1))
            ),
        ]
        let ours: JSON = .object(
            namedStatistics(reference: reference, current: current) + drawn)
        var compared = 0
        let wrong = differences(ours, one.expected, compared: &compared)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(compared > 55)
    }

    @Test(arguments: goldenCases("pca_reconstruction_chunks"))
    func `reconstruction errors by chunk equal NannyML's`(_ one: GoldenCase) throws {
        let reference = Matrix(columns: try one.rows("ref"))
        let current = Matrix(columns: try one.rows("cur"))
        let axes = try PrincipalAxes(reference)
        let size = one.expected["chunk_size"]?.int ?? 100
        func chunks(_ rows: Matrix) -> [Double] {
            let errors = axes.errors(rows)
            return stride(from: 0, to: errors.count, by: size).map {
                Moments(Array(errors[$0..<min($0 + size, errors.count)])).mean
            }
        }
        let before = chunks(reference)
        let spread = Moments(before)
        let ours: JSON = .object([
            ("reference_chunks", .array(before.map { .number($0) })),
            ("analysis_chunks", .array(chunks(current).map { .number($0) })),
            ("upper_threshold", .number(spread.mean + 3 * spread.deviation())),
            ("lower_threshold", .number(spread.mean - 3 * spread.deviation())),
        ])
        var compared = 0
        let wrong = differences(ours, one.expected, compared: &compared)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(compared >= 8)
    }
}
