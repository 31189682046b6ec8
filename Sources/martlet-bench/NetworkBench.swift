// How fast the embedded network learns, beside what the library's plain product reaches on the very
// same shapes; and the stream detectors, point by point, by the processor's time. Figures are the best of
// the rounds, because a shared machine only ever adds time.

import Algebra
import Basics
import Foundation
import Reason

enum NetworkBench {
    private static let sizes = [288, 128, 32, 128, 288]
    private static let batch = 256

    static func rows(rounds: Int) throws -> [Row] {
        try [1, 2].map { try training(threads: $0, rounds: rounds) } + [
            adaptiveWindow(rounds: rounds), pageHinkley(rounds: rounds),
        ]
    }

    private static func drawn(_ rows: Int, _ columns: Int) -> Matrix {
        var generator = Generator(seed: 41)
        return Matrix(
            rows: rows, columns: columns,
            values: (0..<rows * columns).map { _ in generator.normal() })
    }

    /// Everything a training does, counted as its products alone, beside plain products on as many threads.
    private static func training(threads: Int, rounds: Int) throws -> Row {
        let rows = drawn(20 * batch, sizes[0])
        let layers = sizes.dropFirst().enumerated().map { index, units in
            (units: units, activation: index == sizes.count - 2 ? Activation.identity : .relu)
        }
        var multiplications = 0.0
        for (inputs, units) in zip(sizes, sizes.dropFirst()) {
            multiplications += Double(inputs * units)
        }
        // Forward, and back to weights and to inputs; the first layer has no inputs to go back to.
        let work = 2 * Double(rows.rows) * (3 * multiplications - Double(sizes[0] * sizes[1]))
        var options = TrainingOptions()
        options.batch = batch
        options.epochs = 5
        options.threads = threads
        let network = Network(inputs: sizes[0], layers: layers, seed: 1)
        let library = try LibraryProduct()
        var (plain, steady, rate) = (0.0, 0.0, 0.0)
        for _ in 0..<max(rounds, 1) {
            plain = max(
                plain,
                plainRate(threads) { library.product($0, $1, $2, $3, threads) })
            steady = max(
                steady,
                plainRate(threads) {
                    Matrix.product(
                        $0, $1, turningLeft: $2, turningRight: $3, threads: threads)
                })
            var learning = network
            let time = try spent(threads) {
                _ = try learning.train(rows, targets: rows, options: options)
            }
            rate = max(rate, work * Double(options.epochs) / time)
        }
        return Row(
            what:
                "training a network on \(threads) thread\(threads > 1 ? "s" : ""), as a share of plain "
                + "cblas_dgemm on as many",
            figure: String(format: "%.0f %%", 100 * rate / plain),
            how: "288-128-32-128-288, batch 256, Adam; whole steps, \(human(rate / 1e9))GFlop/s; "
                + String(format: "its products alone %.0f %%", 100 * steady / plain))
    }

    /// Floating-point operations a second of the training's products, in its shapes.
    private static func plainRate(
        _ threads: Int, _ product: (Matrix, Matrix, Bool, Bool) -> Matrix
    ) -> Double {
        var work = 0.0
        var time = 0.0
        for (inputs, units) in zip(sizes, sizes.dropFirst()) {
            let below = drawn(batch, inputs)
            let weights = drawn(units, inputs)
            let above = drawn(batch, units)
            let repeats = 20
            time += spent(threads) {
                for _ in 0..<repeats {
                    _ = product(below, weights, false, true)
                    _ = product(above, below, true, false)
                    _ = product(above, weights, false, false)
                }
            }
            work += Double(repeats) * 3 * 2 * Double(batch * inputs * units)
        }
        return work / time
    }

    /// One thread by the processor's time, which others on the machine do not lengthen; more by the clock.
    private static func spent(_ threads: Int, _ body: () throws -> Void) rethrows -> Double {
        threads == 1 ? try processorSeconds(body) : try seconds(body)
    }

    private static func adaptiveWindow(rounds: Int) -> Row {
        var generator = Generator(seed: 42)
        let values = (0..<4_000_000).map { _ in generator.normal() }
        var cuts = 0
        let rate = medianRate(max(rounds, 1)) {
            var window = AdaptiveWindow()
            cuts = 0
            let time = processorSeconds {
                for value in values where window.observe(value) { cuts += 1 }
            }
            return (Double(values.count), time)
        }
        return Row(
            what: "ADWIN", figure: human(rate) + "points/s",
            how: "4 M normal points, delta 0.002, \(cuts) cuts, one thread")
    }

    private static func pageHinkley(rounds: Int) -> Row {
        var generator = Generator(seed: 43)
        let values = (0..<4_000_000).map { _ in generator.normal() }
        var alarms = 0
        let rate = medianRate(max(rounds, 1)) {
            var test = PageHinkley(falseAlarmEvery: 10_000)
            alarms = 0
            let time = processorSeconds {
                for value in values where test.observe(value) { alarms += 1 }
            }
            return (Double(values.count), time)
        }
        return Row(
            what: "Page-Hinkley", figure: human(rate) + "points/s",
            how: "4 M normal points, a false alarm asked for in 10,000: one in "
                + "\(values.count / max(alarms, 1))")
    }
}

/// The processor seconds that a body takes on the calling thread.
private func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let began = now()
    try body()
    return now() - began
}
