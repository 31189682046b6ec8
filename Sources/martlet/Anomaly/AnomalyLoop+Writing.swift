// What goes out: scores and bands as series, findings into their log, the standing of services, the
// board of the pages and the file of the models.

import Basics
import Collect
import Foundation
import Keep
import Reason
import Serve

extension AnomalyLoop {
    private static let napSeconds = 0.25

    func write(
        _ outcome: LiveWatch.Outcome, _ state: inout State, isNews: Bool
    ) throws {
        meters.observed(outcome.observed, refused: outcome.refused)
        if !outcome.series.isEmpty {
            if isNews {
                var batch = SampleBatch()
                for series in outcome.series {
                    guard case .success(let id) = stores.intake.resolve(series.labels) else {
                        continue
                    }
                    for (time, value) in zip(series.times, series.values) {
                        batch.append(id, time, value)
                    }
                }
                _ = try stores.intake.append(batch)
            } else {
                _ = try stores.intake.backfill(outcome.series)
            }
        }
        if !outcome.findings.isEmpty {
            try stores.records.findings.keep(outcome.findings)
            meters.found(outcome.findings)
        }
    }

    /// Scores of groups and what is open, as series.
    func writeStanding(_ state: inout State, _ now: Millis) throws {
        let values = state.watch.watched.compactMapValues(\.value)
        let families = StandingFamilies(
            services: Set(state.watch.watched.values.map(\.service)),
            episodes: state.watch.episodes, notifies: config.notifies,
            groups: state.groups.values.map { ($0, $0.judge(values)) })
        _ = try state.feed.take(families.all, at: now)
    }

    func publish(_ state: State, _ now: Millis) {
        let values = state.watch.watched.compactMapValues(\.value)
        board.set(
            AnomalySnapshot(
                at: now, rows: state.watch.watched.values.map(AnomalySnapshot.Row.init),
                groups: state.groups.values.sorted { $0.service < $1.service }
                    .map { AnomalySnapshot.Group($0, values: values) },
                episodes: state.watch.episodes.values.sorted { $0.start < $1.start },
                refused: state.refused.count, learning: state.waiting))
    }

    func save(_ state: State) {
        do {
            let bytes = state.watch.encoded()
            try Data(bytes).write(to: URL(filePath: file), options: .atomic)
            meters.saved(bytes: bytes.count)
        } catch {
            grumble.say("the models of the watch are not kept: \(error)")
        }
    }

    func rest(_ state: inout State) { pause(state.budget.rest()) }

    /// Sleeps in naps, so that a stop does not wait.
    func pause(_ seconds: Double) {
        var left = seconds
        while left > 0 && !mustStop {
            Thread.sleep(forTimeInterval: min(left, AnomalyLoop.napSeconds))
            left -= AnomalyLoop.napSeconds
        }
    }
}
