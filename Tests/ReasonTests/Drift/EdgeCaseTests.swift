// Samples at the edge of what has statistics: one value, constants, distances near 1. Expected values
// are SciPy's and scikit-learn's, or sums of rationals where those round.

import Algebra
import Bytes
import Foundation
import Testing

@testable import Reason

@Suite struct EdgeCaseTests {
    private func named(_ reference: [Double], _ current: [Double]) throws -> JSON {
        .object(
            namedStatistics(try #require(SortedPair(reference: reference, current: current))))
    }

    // Birnbaum and Tingey's sum in sixty digits.
    @Test(arguments: [
        (50, 0.9, -114.4281089476577), (500, 0.6, -395.8677656026994),
        (947, 0.75, -1268.21284089436), (947, 0.9533888, -2902.727804304526),
        (2000, 0.98, -7823.35286367573), (5000, 0.55, -3269.964162866014),
    ])
    func `far tails of Kolmogorov's distance are right`(n: Int, d: Double, expected: Double) {
        let log = Kolmogorov.logTail(d, n)
        #expect(abs(log - expected) < 1e-9 * abs(expected), "\(log)")
    }

    @Test(arguments: [3, 20, 141, 1000, 30_000])
    func `the larger the distance, the smaller its tail`(n: Int) {
        var before = 0.0
        for step in 1..<400 {
            let log = Kolmogorov.logTail(Double(step) / 400, n)
            #expect(log <= before + 1e-9 && !log.isNaN, "\(step) of 400: \(log) after \(before)")
            before = log
        }
        #expect(before < -Double(n))
    }

    @Test func `samples four deviations apart are no p-value of one`() throws {
        var generator = Generator(seed: 121)
        let a = (0..<2000).map { _ in generator.normal() }
        let b = (0..<1800).map { _ in generator.normal() + 4 }
        #expect(try named(a, b)["ks_asymp"]?["pvalue"]?.double == 0)
        #expect(try #require(compareNumbers(reference: a, current: b)).probability.log < -1000)
    }

    @Test func `single values have the statistics that they have in SciPy`() throws {
        let two = try named([1.5], [2.5])
        for key in ["ks_asymp", "t_welch", "t_pooled", "levene_median", "cramer_von_mises_asymp"] {
            #expect(two[key]?["pvalue"]?.text == "nan", "\(key)")
        }
        #expect(two["ks_exact"]?["pvalue"]?.double == 1)
        let three = try named([1.5], [2.5, 3.5])
        #expect(abs((three["t_pooled"]?["pvalue"]?.double ?? 0) - 1.0 / 3) < 1e-12)
        #expect(three["t_welch"]?["statistic"]?.text == "nan")
        #expect(three["levene_median"]?["statistic"]?.text == "inf")
        #expect(three["anderson_darling_midrank"]?["statistic"]?.text == "nan")
    }

    @Test func `constants that differ are infinitely far apart, equal ones have no t`() throws {
        let apart = try named([3.25, 3.25, 3.25], [3.5, 3.5])
        #expect(apart["t_welch"]?["statistic"]?.text == "-inf")
        #expect(apart["t_pooled"]?["pvalue"]?.double == 0)
        let same = try named([3.25, 3.25, 3.25], [3.25, 3.25])
        #expect(same["t_welch"]?["pvalue"]?.text == "nan")
        #expect(same["ks_asymp"]?["pvalue"]?.double == 1)
    }

    @Test func `figures that a sample does not have are spelled, never null`() {
        let one = JSON.object(namedQuality(BinaryQuality(labels: [1], scores: [0.7])))
        #expect(one["kappa"]?.text == "nan" && one["roc_auc"]?.text == "nan")
        #expect(one["balanced_accuracy"]?.double == 1)
        let flat = JSON.object(
            namedQuality(RegressionQuality(actual: [5, 5, 5], predicted: [4, 5, 7])))
        #expect(flat["r2"]?.double == 0 && flat["pearson"]?.text == "nan")
    }
}
