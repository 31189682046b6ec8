// How fast predictions are taken in: bodies of 500 lines with 20 features each, as they come over HTTP,
// read, packed and on the disk before the call returns; two threads, because an agent has two cores
// where this is measured.

import Basics
import Dispatch
import Foundation
import Keep
import Serve

enum PredictionBench {
    static func rows(folder: String, rounds: Int) throws -> [Row] {
        let clock = Clock.system
        let keeper = try PredictionKeeper.open(
            folder: folder + "/predictions-bench", clock: clock, registry: Registry())
        let door = PredictionDoor(
            keeper: keeper, clock: clock, registry: Registry(), keepsTexts: { _ in false })
        let bodies = (0..<8).map { body(seed: UInt64($0) + 1, now: clock.now()) }
        let perThread = 40
        var bytes = 0
        let rate = try medianRate(rounds) {
            let failed = Lock<(any Error)?>(nil)
            let taken = try seconds {
                DispatchQueue.concurrentPerform(iterations: 2) { thread in
                    do {
                        for turn in 0..<perThread {
                            _ = try door.predictions(bodies[(thread + turn) % bodies.count])
                        }
                    } catch {
                        failed.withLock { $0 = error }
                    }
                }
                if let error = failed.withLock({ $0 }) { throw error }
            }
            return (Double(2 * perThread * 500), taken)
        }
        let count = 2 * perThread * 500 * rounds
        bytes = keeper.stats.bytes
        try keeper.close()
        return [
            Row(
                what: "predictions taken in", figure: human(rate) + "/s",
                how: "500 lines a call, 20 features, two threads, on the disk at return; "
                    + "\(bytes / count) bytes kept each")
        ]
    }

    /// 14 numbers with up to 16 digits, 4 whole numbers, 2 categories, a score and a class.
    private static func body(seed: UInt64, now: Millis) -> [UInt8] {
        var state = seed
        func unit() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / 9_007_199_254_740_992
        }
        var text = ""
        for row in 0..<500 {
            text += "{\"model\":\"credit\",\"version\":\"v3\",\"id\":\"\(seed)-\(row)\","
            text += "\"time\":\(Double(now - 60_000 + Millis(row)) / 1000),\"features\":{"
            for index in 0..<14 { text += "\"f\(index)\":\(unit() * 10 - 5)," }
            for index in 14..<18 { text += "\"f\(index)\":\(Int(unit() * 100))," }
            text += "\"region\":\"r\(Int(unit() * 20))\",\"plan\":\"p\(Int(unit() * 4))\"},"
            text +=
                "\"output\":\"\(unit() < 0.5 ? "yes" : "no")\",\"score\":\(unit()),\"latency\":\(unit())}\n"
        }
        return Array(text.utf8)
    }
}
