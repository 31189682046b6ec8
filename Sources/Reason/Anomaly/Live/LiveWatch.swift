// The watch over all series: new samples in, scores and bands and findings out. A value: it knows no
// clock, no disk and no thread, so that a simulated month runs in seconds and gives the same twice.
// Who reads samples, writes series back and sleeps is `martlet/Anomaly`.

public import Basics

/// All models, and what is wrong at present.
public struct LiveWatch: Sendable {
    /// The settings of a watch.
    public struct Options: Sendable {
        public var model = AnomalyOptions()
        public var budget = NotificationBudget()
        /// So long all series must have been usual for an episode to be over.
        public var calmMillis: Millis = 10 * 60_000
        /// The most series; one more is counted and not watched.
        public var seriesMax = 2000

        public init() {}
    }

    /// What came of some samples.
    public struct Outcome: Sendable {
        /// `martlet_anomaly_score`, `_surprise`, `_low`, `_high` by series.
        public var series: [Series] = []
        /// Opened, changed and ended, in order of time.
        public var findings: [Finding] = []
        public var observed = 0
        public var refused = 0
    }

    public internal(set) var watched: [Labels: WatchedSeries] = [:]
    public private(set) var episodes: [String: Episode] = [:]
    private(set) var budgets: [String: NotificationBudget] = [:]
    private var counts: [String: Int] = [:]
    /// The series that speak most of each group's newest distance, and their shares of it.
    var leading: [Labels: [(labels: Labels, share: Double)]] = [:]
    public let options: Options

    public init(options: Options = Options()) { self.options = options }

    /// Takes new samples of some series, each in order of time, and everything that is over.
    ///
    /// - Parameters:
    ///   - samples: the series with the interval they are judged at.
    ///   - until: intervals that ended before it are closed.
    ///   - isNews: false for samples of the past: what they show is kept but nobody is told.
    public mutating func take(
        _ samples: [(series: Series, interval: Millis, isCounter: Bool)], until: Millis,
        isNews: Bool = true
    ) -> Outcome {
        var outcome = Outcome()
        var looks: [Look] = []
        for (series, interval, isCounter) in samples {
            guard admit(series.labels, interval, isCounter) else {
                outcome.refused += 1
                continue
            }
            guard var watched = watched.removeValue(forKey: series.labels) else { continue }
            var written = WrittenBack(of: series.labels)
            func judge(_ point: Resampler.Point?) {
                guard let point else { return }
                let reading = watched.observe(point)
                outcome.observed += 1
                written.append(point, reading)
                guard reading.isReady else { return }
                looks.append(
                    Look(
                        labels: watched.labels, service: watched.service, time: point.time,
                        value: point.value, reading: reading, unusualSince: watched.unusualSince))
            }
            for (time, value) in zip(series.times, series.values) {
                judge(watched.resampler.take(time: time, value: value))
            }
            judge(watched.resampler.close(before: until))
            self.watched[series.labels] = watched
            outcome.series += written.series
        }
        outcome.findings = advance(looks, until: until, isNews: isNews)
        return outcome
    }

    /// Closes the intervals of series that got no samples, and ends episodes that have calmed down.
    public mutating func settle(until: Millis) -> Outcome {
        let waiting = watched.values.filter { series in
            series.resampler.count > 0
                && ((series.resampler.current ?? 0) + 1) * series.interval <= until
        }
        return take(
            waiting.map {
                (Series(labels: $0.labels), $0.interval, $0.resampler.isCounter)
            }, until: until)
    }

    /// A deployment moved the level of a service's series for a reason.
    ///
    /// - Parameter names: what the deployment is known by: service, repository, model.
    /// - Returns: how many series it concerns.
    @discardableResult
    public mutating func forget(levelsOf names: Set<String>, at time: Millis) -> Int {
        var count = 0
        for labels in watched.keys {
            let own = ["service", "model", "job"].compactMap { labels[$0] }
            guard own.contains(where: names.contains) else { continue }
            watched[labels]?.model.forget(levelAt: time)
            count += 1
        }
        return count
    }

    /// Lets go of series that had no value since a time.
    public mutating func drop(unseenSince time: Millis) {
        for (labels, series) in watched {
            guard let seen = series.time, seen < time else { continue }
            watched[labels] = nil
            leading[labels] = nil
            counts[series.service, default: 1] -= 1
            budgets[series.service]?.forget(series: "\(labels)")
        }
    }

    /// Resumes from a state.
    mutating func resume(
        _ series: [WatchedSeries], budgets: [String: NotificationBudget], episodes: [Episode]
    ) {
        self.budgets = budgets
        for episode in episodes { self.episodes[episode.service] = episode }
        for one in series.prefix(options.seriesMax) where watched[one.labels] == nil {
            watched[one.labels] = one
            counts[one.service, default: 0] += 1
        }
    }

    private mutating func admit(_ labels: Labels, _ interval: Millis, _ isCounter: Bool) -> Bool {
        if watched[labels] != nil { return true }
        guard watched.count < options.seriesMax else { return false }
        let series = WatchedSeries(
            labels, interval: interval, isCounter: isCounter, options: options.model)
        watched[labels] = series
        counts[series.service, default: 0] += 1
        return true
    }

    private mutating func advance(_ looks: [Look], until: Millis, isNews: Bool) -> [Finding] {
        var findings: [Finding] = []
        let ordered = looks.indices.sorted {
            (looks[$0].time, looks[$0].labels) < (looks[$1].time, looks[$1].labels)
        }
        var start = 0
        while start < ordered.count {
            let time = looks[ordered[start]].time
            var end = start
            var services: [String: [Look]] = [:]
            while end < ordered.count && looks[ordered[end]].time == time {
                services[looks[ordered[end]].service, default: []].append(looks[ordered[end]])
                end += 1
            }
            for (service, looks) in services.sorted(by: { $0.key < $1.key }) {
                findings += decide(service, looks, at: time, isNews: isNews)
            }
            start = end
        }
        for service in episodes.keys.sorted() {
            if let ended = end(service, at: until) { findings.append(ended) }
        }
        return newest(findings)
    }

    private mutating func decide(
        _ service: String, _ looks: [Look], at time: Millis, isNews: Bool
    ) -> [Finding] {
        // The past of a series that came later: its service has been judged beyond that time already.
        if !isNews, let last = budgets[service]?.last, time < last { return [] }
        var findings: [Finding] = []
        if let ended = end(service, at: time) { findings.append(ended) }
        let unusual = looks.filter { $0.unusualSince != nil }
        var budget = budgets[service] ?? options.budget
        let told = budget.notified(
            unusual.map {
                NotificationBudget.Evidence(
                    series: "\($0.labels)", evidence: $0.reading.evidence)
            }, among: counts[service] ?? 1, at: time)
        budgets[service] = budget
        if episodes[service] == nil && !told.isEmpty {
            episodes[service] = Episode(service: service, at: time, isNews: isNews)
        }
        guard episodes[service] != nil, !unusual.isEmpty else { return findings }
        for one in unusual {
            episodes[service]?.take(one)
            for leader in leaders(of: one) { episodes[service]?.take(leader) }
        }
        if let finding = episodes[service]?.finding() { findings.append(finding) }
        return findings
    }

    private mutating func end(_ service: String, at time: Millis) -> Finding? {
        guard let episode = episodes[service], time - episode.unusualAt >= options.calmMillis
        else { return nil }
        episodes[service] = nil
        return episode.finding(end: episode.unusualAt)
    }

    /// Of several states of one finding, the last.
    private func newest(_ findings: [Finding]) -> [Finding] {
        var kept: [Finding] = []
        var places: [String: Int] = [:]
        for finding in findings {
            if let place = places[finding.id] {
                kept[place] = finding
            } else {
                places[finding.id] = kept.count
                kept.append(finding)
            }
        }
        return kept
    }
}

/// The series that are written back of one.
private struct WrittenBack {
    private static let names = [
        "martlet_anomaly_score", "martlet_anomaly_surprise", "martlet_anomaly_low",
        "martlet_anomaly_high",
    ]
    private(set) var series: [Series] = []
    private let labels: Labels

    init(of labels: Labels) { self.labels = labels }

    mutating func append(_ point: Resampler.Point, _ reading: AnomalyReading) {
        guard reading.isReady else { return }
        if series.isEmpty {
            series = Self.names.map { Series(labels: WatchedSeries.written($0, of: labels)) }
        }
        let values = [reading.score, reading.surprise, reading.low, reading.high]
        for index in values.indices {
            series[index].times.append(point.time)
            series[index].values.append(values[index])
        }
    }
}
