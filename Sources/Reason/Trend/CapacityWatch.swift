// When does it run out? A watch names an expression and its limit; from the robust trend of each series
// comes the time until the limit with its interval, written back as series so that one rule language alerts
// on them, and shown with how often such intervals held before.

public import Basics
public import Bytes
public import Query

/// What is watched.
public struct CapacityWatch: Sendable, Equatable {
    public var name: String
    public var expression: String
    public var limit: Double
    /// History that the trend is made of.
    public var windowMillis: Millis = 7 * 86_400_000
    /// A limit that is further away than this is no worry.
    public var horizonMillis: Millis = 30 * 86_400_000

    public init(name: String, expression: String, limit: Double) {
        self.name = name
        self.expression = expression
        self.limit = limit
    }

    /// What is said of one series.
    public struct Reading: Sendable, Equatable {
        public var labels: Labels
        public var level: Double
        /// Seconds until the limit; nil for never.
        public var low: Double?
        public var expected: Double?
        public var high: Double?
        public var backtest: TrendBacktest
        public var points: Int
    }

    /// Reads every series of the expression.
    ///
    /// - Throws: ``QueryError``.
    public func readings(
        _ engine: Engine, at now: Millis, limits: QueryLimits
    ) throws(QueryError) -> [Reading] {
        // Three windows, so that there is something to test the method against.
        let step = max(60_000, windowMillis / 300)
        let from = now - 3 * windowMillis
        let answer = try engine.range(
            expression, TimeRange(from: from, through: now), step, limits)
        guard case .matrix(let all) = answer.value else { return [] }
        return all.compactMap { series in
            let times = series.times.map { Double($0) / 1000 }
            let start = Double(now - windowMillis) / 1000
            let recent = zip(times, series.values).filter { $0.0 >= start }
            guard let trend = RobustTrend(times: recent.map(\.0), values: recent.map(\.1)) else {
                return nil
            }
            let until = trend.secondsUntil(limit)
            let window = Double(windowMillis) / 1000
            return Reading(
                labels: series.labels.withoutName, level: trend.level, low: until.low,
                expected: until.expected, high: until.high,
                backtest: TrendBacktest(
                    times: times, values: series.values, window: window, horizon: window / 4),
                points: trend.count)
        }
    }

    /// The readings as series: days until the limit (`+Inf` for never), early and late, and the share of
    /// past intervals that held.
    public func series(_ readings: [Reading]) -> [(Labels, Double)] {
        readings.flatMap { reading -> [(Labels, Double)] in
            func days(_ seconds: Double?) -> Double { seconds.map { $0 / 86_400 } ?? .infinity }
            let named = reading.labels.setting("capacity", name)
            func metric(_ name: String) -> Labels { named.setting(Labels.metricName, name) }
            var rows = [
                (metric("martlet_capacity_days"), days(reading.expected)),
                (metric("martlet_capacity_days_early"), days(reading.low)),
                (metric("martlet_capacity_days_late"), days(reading.high)),
                (metric("martlet_capacity_level"), reading.level),
            ]
            if let rate = reading.backtest.hitRate {
                rows.append((metric("martlet_capacity_hit_ratio"), rate))
            }
            return rows
        }
    }
}

extension CapacityWatch {
    /// Reads `capacity:`; faults go to the section's problems.
    public static func read(_ root: Section, check: ExpressionCheck) -> [CapacityWatch] {
        var names: Set<String> = []
        return (root.sections("capacity") ?? []).map { section in
            let name = section.string("name") ?? ""
            if name.isEmpty { section.error("name", "a watch needs a name") }
            if !names.insert(name).inserted {
                section.error("name", "\(quoted(name)) is there twice")
            }
            let text = section.string("expr") ?? ""
            do throws(QueryError) {
                try check(text)
            } catch {
                section.error("expr", "could not parse expression: \(error.text(in: text))")
            }
            guard let limit = section.double("limit") else {
                section.error("limit", "is needed: the value at which it is full, or empty")
                return CapacityWatch(name: name, expression: text, limit: 0)
            }
            var watch = CapacityWatch(name: name, expression: text, limit: limit)
            watch.windowMillis = max(600_000, section.duration("window") ?? watch.windowMillis)
            watch.horizonMillis = section.duration("horizon") ?? watch.horizonMillis
            section.finish()
            return watch
        }
    }
}
