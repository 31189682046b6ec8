// How fast drift and quality are judged, on inputs of the shape that the peers' scripts use: the same
// distributions and sizes as `shared/bench/peers`, drawn here. Each figure is the best of the rounds,
// because a shared machine only ever adds time.

import Algebra
import Basics
import Dispatch
import Glibc
import Reason

enum DriftBench {
    static func rows(rounds: Int) throws -> [Row] {
        [
            try univariate(rounds: rounds), kernel(rounds: rounds), try classifier(rounds: rounds),
            try axes(rounds: rounds), estimates(rounds: rounds),
        ]
    }

    private static func best(_ rounds: Int, _ body: () throws -> Void) rethrows -> String {
        var least = Double.infinity
        for _ in 0..<rounds {
            let began = Clock.system.monotonic()
            try body()
            least = min(least, Double(Clock.system.monotonic() - began) / 1e9)
        }
        return "\((least * 1000).rounded() / 1000) s"
    }

    /// 50 columns of 100,000 rows, and as many after a third of them moved.
    private static func columns() -> (reference: DataTable, current: DataTable) {
        var generator = Generator(seed: 11)
        let count = 100_000
        func draw(_ kind: Int, _ isCurrent: Bool) -> [Double] {
            (0..<count).map { _ in
                switch kind {
                case 0: generator.normal() + (isCurrent ? 0.1 : 0)
                case 1: exp(5 + 0.6 * generator.normal())
                case 2: generator.normal() * (isCurrent ? 1.2 : 1)
                case 3: (20 + 4.47 * generator.normal()).rounded()
                case 4: generator.uniform()
                default: -2 * log((1 - generator.uniform()) * (1 - generator.uniform()))
                }
            }
        }
        func table(_ isCurrent: Bool) -> DataTable {
            DataTable((0..<50).map { DataColumn(name: "c\($0)", numbers: draw($0 % 6, isCurrent)) })
        }
        return (table(false), table(true))
    }

    /// The columns' comparison once, for measuring the memory of the process.
    static func holdColumns() {
        let (reference, current) = columns()
        var options = DriftOptions()
        options.hasPortfolio = false
        options.checksData = false
        let report = compareTables(reference: reference, current: current, options: options)
        print("\(report.drifted.count) columns drifted")
    }

    /// 50 columns of 100,000 against 100,000: KS, PSI, JS, Wasserstein, CvM with their p-values.
    private static func univariate(rounds: Int) throws -> Row {
        let (reference, current) = columns()
        var options = DriftOptions()
        options.hasPortfolio = false
        options.checksData = false
        var drifted = 0
        let figure = best(rounds) {
            drifted =
                compareTables(reference: reference, current: current, options: options)
                .drifted.count
        }
        return Row(
            what: "KS, PSI, JS, Wasserstein, CvM together", figure: figure,
            how: "50 columns of 100,000 against 100,000; \(drifted) of 17 drifted columns found")
    }

    /// 2,000 × 384 against the same, 4 bandwidths, 200 permutations.
    private static func kernel(rounds: Int) -> Row {
        var generator = Generator(seed: 13)
        let centres = (0..<8).map { _ in (0..<384).map { _ in generator.normal() } }
        func draw(_ shift: Double) -> Matrix {
            var matrix = Matrix(rows: 2000, columns: 384)
            for row in 0..<2000 {
                let centre = centres[generator.below(8)]
                var point = centre.map { $0 + 0.8 * generator.normal() }
                let length = point.reduce(0) { $0 + $1 * $1 }.squareRoot()
                for column in 0..<384 { point[column] = point[column] / length + shift }
                for column in 0..<384 { matrix[row, column] = point[column] }
            }
            return matrix
        }
        let reference = draw(0)
        let current = draw(0.05 / 384.0.squareRoot())
        let figure = best(rounds) { _ = kernelTest(reference: reference, current: current) }
        return Row(
            what: "MMD, 4 bandwidths, 200 permutations", figure: figure,
            how: "2,000 × 384 against 2,000 × 384, single precision")
    }

    private static func tabular() -> (Matrix, Matrix) {
        var generator = Generator(seed: 14)
        let loadings = Matrix(
            rows: 10, columns: 50, values: (0..<500).map { _ in generator.normal() })
        func draw() -> Matrix {
            let factors = Matrix(
                rows: 10_000, columns: 10, values: (0..<100_000).map { _ in generator.normal() })
            var rows = factors * loadings
            for index in rows.values.indices { rows.values[index] += 0.3 * generator.normal() }
            return rows
        }
        return (draw(), draw())
    }

    private static func classifier(rounds: Int) throws -> Row {
        let (reference, current) = tabular()
        let figure = try best(rounds) {
            _ = try classifierTest(reference: reference, current: current)
        }
        return Row(
            what: "L2-logistic classifier test", figure: figure,
            how: "10,000 × 50 against 10,000 × 50, both halves learned and judged")
    }

    private static func axes(rounds: Int) throws -> Row {
        let (reference, current) = tabular()
        let figure = try best(rounds) {
            _ = try reconstructionTest(reference: reference, current: current)
        }
        return Row(
            what: "PCA reconstruction test", figure: figure,
            how: "10,000 × 50 against 10,000 × 50, axes from a held-back half")
    }

    /// 50,000 labelled reference rows, 50,000 unlabelled in chunks of 5,000.
    private static func estimates(rounds: Int) -> Row {
        var generator = Generator(seed: 17)
        let scores = (0..<100_000).map { _ in generator.uniform() }
        let labels = scores.map { generator.uniform() < $0 * $0 ? 1.0 : 0 }
        let figure = best(rounds) {
            let estimator = ConfidenceEstimator(
                labels: Array(labels.prefix(50_000)), scores: Array(scores.prefix(50_000)))
            for start in stride(from: 50_000, to: 100_000, by: 5000) {
                _ = estimator.estimate(Array(scores[start..<start + 5000]))
            }
        }
        return Row(
            what: "quality without labels (CBPE)", figure: figure,
            how: "50,000 + 50,000 rows in ten chunks, calibration and its check included")
    }
}
