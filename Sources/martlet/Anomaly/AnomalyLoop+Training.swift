// Training runs of the team's own models: what trainers push becomes series, at the times at which it was
// measured, so that charts and rules reach it, and each run that new values came of is judged again.

import Basics
import Keep
import Reason

extension AnomalyLoop {
    /// What is older goes the bulk path: the head takes three hours, and this leaves it room.
    private static let recentMillis: Millis = 2 * 3_600_000

    /// Keeps and judges what events tell of training runs.
    func takeTraining(_ events: [Event], _ now: Millis) throws {
        let events = events.filter { $0.kind == .training }
        if events.isEmpty { return }
        var recent = SampleBatch()
        var old: [Series] = []
        for series in TrainingCurve.series(of: events) {
            if let first = series.times.first, first < now - AnomalyLoop.recentMillis {
                old.append(series)
            } else if case .success(let id) = stores.intake.resolve(series.labels) {
                for (time, value) in zip(series.times, series.values) {
                    recent.append(id, time, value)
                }
            }
        }
        _ = try stores.intake.append(recent)
        if !old.isEmpty { _ = try stores.intake.backfill(old) }
        stores.intake.describe(
            TrainingCurve.metricName,
            MetricMetadata(
                kind: .gauge, help: "What a training run measured of a metric, by split."))
        try judge(Set(events.map { $0["run"]?.text ?? "" }))
    }

    private func judge(_ runs: Set<String>) throws {
        let kept = try stores.records.events.events(EventQuery(kinds: [.training]))
        let curves = TrainingCurve.curves(of: kept.filter { runs.contains($0["run"]?.text ?? "") })
        let log = stores.records.findings
        for curve in curves {
            let verdict = TrainingVerdict(curve)
            if let finding = verdict.finding(of: curve) {
                try log.keep([finding])
            } else {
                let id = "training/\(curve.model)/\(curve.version)/\(curve.run)/\(curve.metric)"
                try log.end(id, at: curve.newest)
            }
        }
    }
}
