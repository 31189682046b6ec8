import Bytes
import Testing

@testable import Reason

@Suite(.enabled(if: !goldenCases.isEmpty, "drift-golden is missing; set MARTLET_DATA"))
struct UnivariateGoldenTests {
    /// Where Martlet differs by design, and why.
    private let byDesign: [String: Set<String>] = [
        // Two equal constants are no drift: 0 and p = 1, where the formula, which assumes values that
        // differ, gives 1.2 and 0.0007.
        "num_constant_same": [
            "/cramer_von_mises_asymp/statistic", "/cramer_von_mises_asymp/pvalue",
        ]
    ]

    @Test(arguments: goldenCases("numeric_two_sample"))
    func `numeric statistics equal the golden ones`(_ one: GoldenCase) throws {
        let reference = try one.numbers("ref").values.first ?? []
        let current = try one.numbers("cur").values.first ?? []
        let pair = try #require(SortedPair(reference: reference, current: current))
        var compared = 0
        let wrong = differences(.object(namedStatistics(pair)), one.expected, compared: &compared)
            .filter { line in
                !(byDesign[one.id] ?? []).contains { line.hasPrefix($0 + ":") }
            }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(compared >= 30)
    }

    @Test(arguments: goldenCases("categorical_two_sample"))
    func `categorical statistics equal the golden ones`(_ one: GoldenCase) throws {
        let reference = try one.texts("ref").values.first ?? []
        let current = try one.texts("cur").values.first ?? []
        let drift = try #require(compareCategories(reference: reference, current: current))
        var compared = 0
        let wrong = differences(.object(namedStatistics(drift)), one.expected, compared: &compared)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(compared >= 15)
    }

    @Test func `an empty sample gives no result`() {
        #expect(compareNumbers(reference: [.nan], current: [1]) == nil)
        #expect(compareCategories(reference: ["a"], current: [nil]) == nil)
    }

    @Test func `a new category is named`() throws {
        let drift = try #require(
            compareCategories(
                reference: Array(repeating: "a", count: 60),
                current: Array(repeating: "b", count: 60)))
        #expect(drift.newCategories == ["b"] && drift.goneCategories == ["a"])
        #expect(drift.probability.value < 1e-20)
    }
}
