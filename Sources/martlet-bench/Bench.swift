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
        if words.count == 6, words[1] == "replay", let start = Millis(words[4]),
            let step = Millis(words[5])
        {
            return try Replay.run(folder: words[2], pages: words[3], start: start, step: step)
        }
        let isQuick = CommandLine.arguments.contains("--quick")
        let folder = NSTemporaryDirectory() + "martlet-bench-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let work = Work(folder: folder, rounds: isQuick ? 1 : 5, scale: isQuick ? 1 : 4)
        print("| what | figure | how it was measured |")
        print("|---|---:|---|")
        // `martlet-bench drift` measures the judges of drift and quality alone.
        if CommandLine.arguments.contains("drift") {
            for row in try DriftBench.rows(rounds: isQuick ? 1 : 3) {
                print("| \(row.what) | \(row.figure) | \(row.how) |")
            }
            return
        }
        for row in try [
            work.parsing(), work.appending(), work.size(), work.archiving(), work.querying(),
        ] {
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
