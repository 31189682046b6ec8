// How fast, in one table that the README quotes. Each row is the median of five; figures of one
// machine drift, so compare rows of one run. Peers run beside Martlet in `Benchmarks/`.

import Basics
import Foundation

@main
struct Bench {
    static func main() throws {
        let words = CommandLine.arguments
        if words.count == 4, words[1] == "fill", let end = Int64(words[3]) {
            return try Fill.run(folder: words[2], endMillis: end)
        }
        if words.count > 2, words[1] == "faults" {
            exit(try FaultDriver.run(Array(words.dropFirst(2))))
        }
        if words.count == 3, words[1] == "week" {
            exit(try Week(folder: words[2]).run() ? 0 : 1)
        }
        if words.count > 1, words[1] == "day", let day = Day(Array(words.dropFirst(2))) {
            return try day.run()
        }
        if words.count == 4, words[1] == "seal", let series = Int(words[3]) {
            return try Seal(folder: words[2], series: series).run()
        }
        if words.count == 6, words[1] == "replay", let start = Millis(words[4]),
            let step = Millis(words[5])
        {
            return try Replay.run(folder: words[2], pages: words[3], start: start, step: step)
        }
        let isQuick = CommandLine.arguments.contains("--quick")
        // How often drift is called where there is none, and found where there is some.
        if words.contains("drift-memory") { return DriftBench.holdColumns() }
        if words.contains("drift-null") { return DriftNull.print(isQuick: isQuick) }
        if words.contains("drift-power") { return try DriftPower.print(isQuick: isQuick) }
        let seed = words.count > 2 ? UInt64(words[2]) ?? 1 : 1
        if words.contains("anomaly-null") {
            return AnomalyNull.run(seed: seed, series: isQuick ? 20 : 200)
        }
        if words.contains("anomaly-power") {
            return AnomalyPower.run(seed: seed, rounds: isQuick ? 5 : 40)
        }
        if words.contains("rehearse-null") { return RehearseSimulation.null(isQuick: isQuick) }
        if words.contains("rehearse-power") { return RehearseSimulation.power(isQuick: isQuick) }
        let folder = NSTemporaryDirectory() + "martlet-bench-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let work = Work(folder: folder, rounds: isQuick ? 1 : 5, scale: isQuick ? 1 : 4)
        // `martlet-bench groups` judges simulated services with known incidents.
        if words.contains("groups") { return try GroupBench.run(rounds: isQuick ? 1 : 3) }
        print("| what | figure | how it was measured |")
        print("|---|---:|---|")
        if words.contains("anomaly") {
            for row in try AnomalyBench.rows(rounds: isQuick ? 1 : 3) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        // `martlet-bench judging` measures what a pair of a rehearsal costs its judge.
        if words.contains("judging") {
            for row in JudgeBench.rows(rounds: isQuick ? 1 : 5) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        // `martlet-bench network` measures the embedded network and the stream detectors alone.
        if words.contains("network") {
            for row in try NetworkBench.rows(rounds: isQuick ? 1 : 5) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        // `martlet-bench drift` measures the judges of drift and quality alone.
        if CommandLine.arguments.contains("drift") {
            for row in try DriftBench.rows(rounds: isQuick ? 1 : 3) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        // `martlet-bench predictions` measures their intake alone.
        if CommandLine.arguments.contains("predictions") {
            for row in try PredictionBench.rows(folder: folder, rounds: isQuick ? 1 : 5) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        for row in try [
            work.parsing(), work.appending(), work.size(), work.archiving(), work.querying(),
        ] + PredictionBench.rows(folder: folder, rounds: isQuick ? 1 : 5) {
            print("| \(row.what) | \(row.figure) | \(row.how) |")
        }
    }
}

/// One line of the table.
struct Row {
    var what: String
    var figure: String
    var how: String
}

/// Prints a line at once, also into a file: a table that takes minutes is read while it grows.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// The median of some measurements of `work` per second.
func medianRate(_ rounds: Int, _ measure: () throws -> (work: Double, seconds: Double)) rethrows
    -> Double
{
    var rates: [Double] = []
    for _ in 0..<rounds {
        let (work, seconds) = try measure()
        rates.append(work / max(seconds, 1e-9))
    }
    return rates.sorted()[rounds / 2]
}

/// The seconds that a body takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let began = Clock.system.monotonic()
    try body()
    return Double(Clock.system.monotonic() - began) / 1e9
}

/// `1.23 M`, `45.6 k`.
func human(_ value: Double) -> String {
    let (scaled, unit) =
        value >= 1e6 ? (value / 1e6, " M") : value >= 1e3 ? (value / 1e3, " k") : (value, "")
    return String(format: "%.2f", scaled) + unit
}
