// What comes in: samples of watched series, the past of new ones, and events that concern the models.

import Basics
import Keep
import Reason

extension AnomalyLoop {
    /// A restart makes up for so much of the time in between.
    private static let resumeMillis: Millis = 6 * 3_600_000
    /// Series whose past is learnt between two rests.
    private static let sliceSeries = 16

    /// Reads what came of a selector; series seen for the first time learn from their past first.
    func read(
        _ watch: AnomalyConfig.Watch, _ state: inout State, _ now: Millis, _ until: Millis
    ) throws {
        let from = state.readTo[watch.selector] ?? AnomalyLoop.begin(watch, state, now)
        let selected = try stores.series.source.select(
            watch.matchers, TimeRange(from: from + 1, through: until), SelectHints())
        state.readTo[watch.selector] = until
        let metadata = stores.series.source.metadata()
        var known: [(series: Series, interval: Millis, isCounter: Bool)] = []
        var new: [(series: Series, interval: Millis, isCounter: Bool)] = []
        for series in selected.series where !series.labels.metric.hasPrefix("martlet_anomaly_") {
            let metric = series.labels.metric
            let entry = (series, watch.interval, isCounter(metric, metadata[metric]))
            // The first selector that finds a series has it.
            let owner = state.owners[series.labels] ?? watch.selector
            if owner != watch.selector { continue }
            state.owners[series.labels] = owner
            if state.watch.watched[series.labels] != nil {
                known.append(entry)
            } else {
                new.append(entry)
            }
        }
        try write(state.watch.take(known, until: until), &state, isNews: true)
        try learnPast(of: new, &state, now, until)
    }

    /// Where the first reading of a selector begins: where its resumed models stopped, if not long ago.
    private static func begin(
        _ watch: AnomalyConfig.Watch, _ state: State, _ now: Millis
    ) -> Millis {
        let recent = now - 2 * watch.interval - 60_000
        let stopped = state.watch.watched.values.filter { $0.interval == watch.interval }
            .compactMap(\.time).min()
        return min(recent, max(stopped ?? recent, now - resumeMillis))
    }

    /// Lets new series of each service learn from their past, together, so that an incident of the
    /// past is one finding.
    private func learnPast(
        of new: [(series: Series, interval: Millis, isCounter: Bool)], _ state: inout State,
        _ now: Millis, _ until: Millis
    ) throws {
        let byService = Dictionary(grouping: new) { WatchedSeries.service(of: $0.series.labels) }
        state.waiting = new.count
        for (_, entries) in byService.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: entries.count, by: AnomalyLoop.sliceSeries) {
                if mustStop { return }
                let slice = entries[start..<min(start + AnomalyLoop.sliceSeries, entries.count)]
                let histories = try slice.map { entry in
                    var entry = entry
                    entry.series = try past(of: entry.series, until)
                    return entry
                }
                let outcome = state.watch.take(histories, until: until, isNews: false)
                if outcome.refused > 0 {
                    for entry in slice where state.watch.watched[entry.series.labels] == nil {
                        state.refused.insert(entry.series.labels)
                    }
                }
                try write(outcome, &state, isNews: false)
                state.waiting -= slice.count
                publish(state, now)
                rest(&state)
            }
        }
        state.waiting = 0
    }

    private func past(of series: Series, _ until: Millis) throws -> Series {
        let matchers = series.labels.map { Matcher($0.name, equals: $0.value) }
        let range = TimeRange(from: until - config.learnFromMillis, through: until)
        let selected = try stores.series.source.select(matchers, range, SelectHints())
        return selected.series.first { $0.labels == series.labels } ?? series
    }

    /// Takes in what came since the last round; after a start, since the last round before it.
    func readEvents(_ state: inout State, _ now: Millis) throws {
        while !mustStop {
            let changes = try stores.records.events.changed(since: state.eventCursor)
            try takeTraining(changes.events, now)
            forgetLevels(changes.events, &state, now)
            if changes.cursor == state.eventCursor { return }
            // Only now: what failed is read again, and a value that is there already replaces itself.
            state.eventCursor = changes.cursor
            try stores.records.settings.set(AnomalyLoop.cursorKey, String(changes.cursor))
            if !changes.hasMore { return }
        }
    }

    /// A deployment may move the levels of its service for good.
    private func forgetLevels(_ events: [Event], _ state: inout State, _ now: Millis) {
        for event in events {
            guard event.kind == .deployment, event["status"]?.text != "started",
                now - event.time < 3_600_000
            else { continue }
            let repository = event.repository.split(separator: "/").last.map(String.init) ?? ""
            let names = Set([event.service, event.repository, repository]).subtracting([""])
            state.watch.forget(levelsOf: names, at: event.time)
        }
    }
}
