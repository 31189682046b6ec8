// Groups are learnt anew on a schedule, one a round, from the values of the last days; every round their
// newest moments are judged as one more series of their service.

import Basics
import Foundation
import Keep
import Reason

extension AnomalyLoop {
    /// Groups look back over so many intervals.
    private static let groupMoments: Millis = 4000

    /// Judges what is new of every group.
    func judgeGroups(_ state: inout State, _ until: Millis) throws {
        for (_, group) in state.groups.sorted(by: { $0.key < $1.key }) where !mustStop {
            try write(state.watch.take(group, until: until), &state, isNews: true)
        }
    }

    /// Learns one group whose time has come.
    func learnGroups(_ state: inout State, _ now: Millis) throws {
        var members: [String: [WatchedSeries]] = [:]
        for series in state.watch.watched.values
        where series.interval <= 300_000 && !series.isGroup {
            members["\(series.service) \(series.interval)", default: []].append(series)
        }
        for (name, series) in members.sorted(by: { $0.key < $1.key }) where series.count >= 3 {
            if mustStop { return }
            guard now - (state.groupsAt[name] ?? 0) >= config.retrainMillis,
                let first = series.first
            else { continue }
            state.groupsAt[name] = now
            let metadata = stores.series.source.metadata()
            let range = TimeRange(
                from: now - AnomalyLoop.groupMoments * first.interval, through: now)
            var read: [(series: Series, isCounter: Bool)] = []
            for one in series.sorted(by: { $0.labels < $1.labels }).prefix(GroupModel.seriesMax) {
                let matchers = one.labels.map { Matcher($0.name, equals: $0.value) }
                let selected = try stores.series.source.select(matchers, range, SelectHints())
                if let found = selected.series.first(where: { $0.labels == one.labels }) {
                    let metric = one.labels.metric
                    read.append((found, isCounter(metric, metadata[metric])))
                }
            }
            var budget = state.budget
            state.groups[name] = try GroupWatch(
                service: first.service, interval: first.interval, series: read, now: now
            ) { [self] _ in
                pause(budget.rest())
                return !mustStop
            }
            state.budget = budget
            if let group = state.groups[name] { state.watch.relearn(group) }
            // One a round: the newest values do not wait.
            return
        }
    }
}
