// What a gray release reports from outside, window by window: how many requests each version served, how
// many failed, and summaries such as the window's median latency. Whoever splits the traffic reports;
// Martlet judges. What needs the same request on both sides (agreement, nearness) cannot be reported.

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

    /// What can be said of a window: shares of which more is better, and amounts of which less is.
    public static let metrics: [Metric] = [
        .accuracy, .format, .tools, .language, .refusal, .feedback, .tail, .ttft, .tpot, .stall,
        .latency, .tokens, .cost, .length,
    ]

    /// Reads `{"time","baseline":{"requests","errors","latency",…},"canary":{…}}`.
    ///
    /// - Parameter now: the time of a window that has none.
    public init(_ json: JSON, now: Millis) throws(StageReportError) {
        time = try stageTime(json["time"], "time", now: now) ?? now
        baseline = try Side(json["baseline"], "baseline")
        canary = try Side(json["canary"], "canary")
    }
}

extension StageWindow.Side {
    fileprivate init(_ json: JSON?, _ name: String) throws(StageReportError) {
        guard let fields = json?.fields else {
            throw StageReportError("\(name) must be an object with requests and errors")
        }
        requests = try Self.count(json, name, "requests")
        errors = try Self.count(json, name, "errors")
        if errors > requests {
            throw StageReportError("\(name).errors is more than \(name).requests")
        }
        values = [:]
        for (key, value) in fields where key != "requests" && key != "errors" {
            guard let metric = Metric(rawValue: key), StageWindow.metrics.contains(metric) else {
                let known = StageWindow.metrics.map(\.rawValue).joined(separator: ", ")
                throw StageReportError("\(name) has \(quoted(key)), which is none of \(known)")
            }
            // An amount that nobody measured in a window without requests may stand as null.
            guard value != .null else { continue }
            let isShare = metric.scale == .difference
            guard let amount = value.double, amount.isFinite, amount >= 0, !isShare || amount <= 1
            else {
                throw StageReportError(
                    "\(name).\(key) must be \(isShare ? "a share from 0 to 1" : "a number from 0 on")"
                )
            }
            values[metric] = amount
        }
    }

    private static func count(
        _ json: JSON?, _ name: String, _ key: String
    ) throws(StageReportError) -> Int {
        // Counts that a query gives are whole up to rounding, such as `increase` is.
        guard let value = json?[key]?.double, value.isFinite, value >= 0, value < 1e15 else {
            throw StageReportError("\(name).\(key) must be a count")
        }
        return Int(value.rounded())
    }
}

/// A time of a report: RFC 3339, seconds, or milliseconds; nil when it is not given.
func stageTime(
    _ json: JSON?, _ name: String, now: Millis
) throws(StageReportError) -> Millis? {
    guard let json, json != .null else { return nil }
    var time: Millis?
    if let number = json.double {
        // As seconds 10^11 is the year 5138, as milliseconds it is 1973: nobody means either.
        time = Millis(exactly: (number.magnitude < 1e11 ? number * 1000 : number).rounded())
    } else if let text = json.text {
        time = parseRFC3339(text)
    }
    guard let time else {
        throw StageReportError("\(name) must be RFC 3339, seconds or milliseconds")
    }
    if time > now + Limits.aheadMillisMax {
        throw StageReportError("\(name) lies in the future")
    }
    return time
}
