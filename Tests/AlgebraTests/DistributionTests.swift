import Algebra
import Foundation
import Testing

// The expected values are SciPy 1.17.1's.
@Suite struct DistributionTests {
    private func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
        abs(a - b) <= tolerance * max(abs(b), 1e-300) || a == b
    }

    @Test func `chi-square tails stay exact far out`() {
        let cases: [(Double, Double, Double)] = [
            (1, 1, -1.1478744644493275), (10, 3, -3.9864160317343833),
            (90, 100, -0.28342718321204163), (200, 100, -18.25648066709176),
        ]
        for (x, degrees, expected) in cases {
            #expect(isClose(ChiSquare.logTail(x, degrees: degrees), expected, 1e-12))
        }
        // Far beyond the smallest double the logarithm still falls.
        #expect(ChiSquare.logTail(20_000, degrees: 5) < -9900)
        #expect(abs(ChiSquare.upperQuantile(0.05, degrees: 1) - 3.841458820694124) < 1e-9)
    }

    @Test func `normal tails and quantiles agree with SciPy`() {
        let tails: [(Double, Double)] = [
            (-3, -0.0013508099647481925), (1.5, -2.7059444008238898), (6, -20.73676894997471),
            (24.9, -314.1404127616133), (25.1, -319.14838740588857), (60, -1805.0135606805675),
        ]
        for (z, expected) in tails { #expect(isClose(Normal.logTail(z), expected, 1e-11), "\(z)") }
        let quantiles = [
            (1e-10, -6.361340902404056), (0.025, -1.9599639845400545), (0.9, 1.2815515655446004),
        ]
        for (p, expected) in quantiles {
            #expect(isClose(Normal.quantile(p), expected, 1e-10), "\(p)")
        }
    }

    @Test func `t and F tails agree with SciPy`() {
        #expect(isClose(StudentT.logTwoSided(0.5, degrees: 3), -0.4285577553719223, 1e-11))
        #expect(isClose(StudentT.logTwoSided(-10, degrees: 200.5), -42.90148554031029, 1e-11))
        #expect(isClose(FisherF.logTail(30, 6, 90), -43.241108862270416, 1e-11))
        #expect(isClose(FisherF.logTail(0.2, 3, 7), -0.11298063554136197, 1e-10))
    }

    @Test func `fisher's exact test agrees with SciPy`() {
        let p = exp(Hypergeometric.logTwoSided(49, draws: 120, marked: 110, total: 210))
        #expect(isClose(p, 0.00015132802514308217, 1e-9))
    }

    @Test func `kolmogorov's one-sample tail agrees with SciPy in every region`() {
        let cases: [(Int, Double, Double)] = [
            (10, 0.3, 0.27053557479999946), (95, 0.084, 0.4879919595984368),
            (100, 0.19, 0.0012339926382722768), (100, 0.21, 0.00023947345214651332),
            (140, 0.1, 0.11353657290090946), (141, 0.1, 0.11128445516467944),
            (141, 0.13, 0.015449346308454497), (500, 0.05, 0.15866260223815387),
            (500, 0.06, 0.05243463489026223), (500, 0.09, 0.0005653758236787942),
            (5000, 0.01, 0.6954557253913853), (5000, 0.02, 0.03613941395325637),
            (50000, 0.004, 0.3994316646755731), (50000, 0.0067, 0.02236306937721667),
            (50000, 0.03, 1.5783051787103078e-39), (50000, 0.08, 8.588787010842063e-279),
            (200_000, 0.002, 0.39995085369038097), (3, 0.5, 0.3333333333333333), (1, 0.5, 1),
            (5, 0.15, 0.9988), (50, 0.7, 4.405451055671056e-25),
        ]
        for (n, d, expected) in cases {
            let p = exp(Kolmogorov.logTail(d, n))
            #expect(isClose(p, expected, 1e-8), "n \(n), d \(d): \(p), expected \(expected)")
        }
    }

    @Test func `the bridge seen at many times tends to Kolmogorov's limit`() {
        let times = (1..<1000).map { Double($0) / 1000 }
        let seen = exp(KolmogorovTwoSample.logBridgeTail(1.358, times: times))
        let limit = exp(Kolmogorov.logLimitTail(1.358))
        #expect(seen < limit && seen > 0.88 * limit, "\(seen), \(limit)")
        // A single look at the middle is a normal with deviation one half.
        let once = KolmogorovTwoSample.logBridgeTail(5, times: [0.5])
        #expect(isClose(once, Normal.logTwoSided(10), 1e-9))
    }

    @Test func `the bridge seen everywhere is Kolmogorov's limit, however it is cut`() {
        for x in [0.6, 1.358, 2.5, 4] {
            let limit = Kolmogorov.logLimitTail(x)
            for cuts in [[0.5], [0.3, 0.5, 0.8], []] {
                let stretches = (cuts + [1]).map {
                    KolmogorovTwoSample.Stretch(end: $0, isTied: false)
                }
                let seen = KolmogorovTwoSample.logBridgeTail(x, stretches: stretches)
                #expect(abs(seen - limit) < 0.002, "\(x), \(cuts): \(seen), \(limit)")
            }
        }
    }

    @Test func `a run of equal values is seen at its end alone`() {
        // Half of 4,000 values are zeros, the others differ.
        let ends = (1...4000).map { $0 >= 2000 }
        for d in [0.03, 0.04, 0.06] {
            let exact = KolmogorovTwoSample.logExactTail(d, 2000, 2000, tieEnds: ends)
            let bridge = KolmogorovTwoSample.logBridgeTail(
                d * 1000.0.squareRoot(),
                stretches: [.init(end: 0.5, isTied: true), .init(end: 1, isTied: false)])
            #expect(abs(exact - bridge) < 0.06, "\(d): \(exact) \(bridge)")
        }
    }

    @Test func `walk and bridge agree on heavy ties`() {
        // Four values, 25 % each, in both samples of 2,000.
        let ends = (1...4000).map { $0 % 1000 == 0 }
        for d in [0.02, 0.035, 0.06] {
            let exact = KolmogorovTwoSample.logExactTail(d, 2000, 2000, tieEnds: ends)
            let bridge = KolmogorovTwoSample.logBridgeTail(
                d * 1000.0.squareRoot(), times: [0.25, 0.5, 0.75])
            // A count moves in steps; the bridge does not know them.
            let between = KolmogorovTwoSample.logExactTail(d + 0.0005, 2000, 2000, tieEnds: ends)
            #expect(
                bridge < exact && bridge > between - 0.02, "\(d): \(exact) \(bridge) \(between)")
        }
    }
}
