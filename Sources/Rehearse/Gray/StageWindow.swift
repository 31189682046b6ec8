// What a gray release reports from outside, window by window: how many requests each version served, how
// many failed, and summaries such as the window's median latency. Whoever splits the traffic reports;
// Martlet judges.

public import Basics
public import Bytes

/// One window of one stage.
public struct StageWindow: Sendable {
    public struct Side: Sendable, Equatable {
        public var requests: Int
        public var errors: Int
        /// Summaries of the window by metric: seconds, tokens, money, or scores in 0…1.
        public var values: [Metric: Double]

        public init(requests: Int, errors: Int, values: [Metric: Double] = [:]) {
            self.requests = requests
            self.errors = errors
            self.values = values
        }
    }

    public var time: Millis
    public var baseline: Side
    public var canary: Side

    public init(time: Millis, baseline: Side, canary: Side) {
        self.time = time
        self.baseline = baseline
        self.canary = canary
    }

    /// Reads `{"time","baseline":{"requests","errors","latency",…},"canary":{…}}`; nil when a side or
    /// a count is missing or impossible.
    public init?(_ json: JSON) {
        guard let time = json["time"]?.int, let baseline = Side(json["baseline"]),
            let canary = Side(json["canary"])
        else { return nil }
        self.init(time: Millis(time), baseline: baseline, canary: canary)
    }
}

extension StageWindow.Side {
    init?(_ json: JSON?) {
        guard let json, let requests = json["requests"]?.int, let errors = json["errors"]?.int,
            errors >= 0, errors <= requests
        else { return nil }
        var values: [Metric: Double] = [:]
        for (name, value) in json.fields ?? [] {
            if let metric = Metric(rawValue: name), metric != .errors, let value = value.double {
                values[metric] = value
            }
        }
        self.init(requests: requests, errors: errors, values: values)
    }
}
