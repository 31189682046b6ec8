// One series under watch: how its samples become values, its model, and what the model said last.

public import Basics

/// A series and its model.
public struct WatchedSeries: Sendable {
    public let labels: Labels
    /// The service (or job) that shares a budget and an episode with it.
    public let service: String
    public let interval: Millis
    /// The newest judged value.
    public internal(set) var value: Double?
    public internal(set) var reading: AnomalyReading?
    public internal(set) var time: Millis?
    /// Since when it has been unusual without a break.
    public internal(set) var unusualSince: Millis?
    /// How far a group is from moving together; only more of it is unusual.
    public var isGroup: Bool { labels.metric == GroupWatch.metric }
    /// Its rise per second is judged, and not its value.
    public var isCounter: Bool { resampler.isCounter }
    var resampler: Resampler
    var model: SeriesModel

    init(_ labels: Labels, interval: Millis, isCounter: Bool, options: AnomalyOptions) {
        self.labels = labels
        self.interval = interval
        service = WatchedSeries.service(of: labels)
        resampler = Resampler(interval: interval, isCounter: isCounter)
        model = SeriesModel(options: options, seed: labels.fingerprint)
    }

    init(_ labels: Labels, resampler: Resampler, model: SeriesModel, time: Millis?) {
        self.labels = labels
        interval = resampler.interval
        service = WatchedSeries.service(of: labels)
        self.resampler = resampler
        self.model = model
        self.time = time
    }

    /// Judges a value and learns it.
    mutating func observe(_ point: Resampler.Point) -> AnomalyReading {
        let judged = model.observe(time: point.time, value: point.value)
        reading = judged
        value = point.value
        time = point.time
        let isUnusual = judged.isReady && judged.evidence > NotificationBudget.threshold
        if isUnusual && (!isGroup || point.value > judged.expected) {
            unusualSince = unusualSince ?? point.time
        } else {
            unusualSince = nil
        }
        return judged
    }

    /// What a series belongs to: its service, else its model, else its team, else its job.
    public static func service(of labels: Labels) -> String {
        for name in ["service", "model", "team", "job"] {
            if let value = labels[name], !value.isEmpty { return value }
        }
        return "martlet"
    }

    /// A series' labels for what is written back of it: `metric` bears its name.
    static func written(_ name: String, of labels: Labels) -> Labels {
        var builder = LabelsBuilder(labels)
        if let metric = labels["metric"] { builder.set("exported_metric", metric) }
        builder.set("metric", labels.metric)
        builder.set(Labels.metricName, name)
        return builder.labels()
    }
}
