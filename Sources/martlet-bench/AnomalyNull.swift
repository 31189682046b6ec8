// `martlet-bench anomaly-null`: the notified false alarms of series in which nothing happens, as a share
// of the budget, kind by kind.

import Basics
import Dispatch
import Foundation
import Reason

enum AnomalyNull {
    /// - Parameters:
    ///   - series: per kind, in services of ten.
    static func run(seed: UInt64, series: Int = 200, days: Int = 60) {
        let services = series / 10
        print("\(5 * series) series in services of 10, \(days) days at 5 minutes, seed \(seed)")
        print(
            "| kind | notified | budget | share | share of the first week | alarms of single series a week |"
        )
        print("|---|---:|---:|---:|---:|---:|")
        var whole = NullOutcome()
        for kind in QuietKind.allCases {
            let sum = Lock(NullOutcome())
            DispatchQueue.concurrentPerform(iterations: services) { service in
                let outcome = nullTrial(
                    kind, series: 10, days: days, seed: seed &* 1000 &+ UInt64(service))
                sum.withLock { $0 = $0 + outcome }
            }
            let outcome = sum.withLock { $0 }
            whole = whole + outcome
            show(kind.rawValue, outcome, series: series, days: days)
        }
        show("all", whole, series: 5 * series, days: days)
    }

    private static func show(_ name: String, _ outcome: NullOutcome, series: Int, days: Int) {
        let weeks = Double(days) / 7 * Double(series)
        let rate = String(format: "%.2f", Double(outcome.seriesAlarms) / weeks)
        let budget = String(format: "%.1f", outcome.budgeted)
        let share = String(format: "%.2f", outcome.share)
        let early = String(format: "%.2f", Double(outcome.early) / (Double(series) / 10 * 5 / 7))
        print(
            "| \(name) | \(outcome.notifications) | \(budget) | \(share) | \(early) | \(rate) |")
    }
}
