// The forecast's own past: at every earlier origin the same forecast is made from what was known
// then, and scored when its window was over. The ratios of these correct the band, their hits are
// shown beside it, and the errors of two naive forecasts (last window, plain mean) stand next to
// its own.

public import Basics

/// One past forecast and what came.
public struct PastForecast: Sendable, Equatable {
    /// End of the known past, and start of the window that was forecast.
    public var origin: Millis
    public var end: Millis
    public var expected: Double
    public var actual: Double
    /// nil while there were too few earlier forecasts for a promise.
    public var low: Double?
    public var high: Double?
    /// What was said to be reached with a chance of 80 %.
    public var sure: Double?
    public var lastWindow: Double
    public var plainMean: Double

    /// The truth lay inside the promised band.
    public var isHit: Bool? {
        guard let low, let high else { return nil }
        return actual >= low - 1e-9 && actual <= high + 1e-9
    }
}

/// How well the forecasts did that made a promise.
public struct ForecastScore: Sendable, Equatable {
    public var n: Int
    /// Share of promised bands that held.
    public var coverage: Double?
    /// Share of windows that reached what was "80 % sure".
    public var sureRate: Double?
    /// Mean absolute errors.
    public var error: Double?
    public var errorLastWindow: Double?
    public var errorPlainMean: Double?

    /// Scores those of the past forecasts that promised a band.
    public init(_ past: [PastForecast]) {
        let scored = past.filter { $0.isHit != nil }
        n = scored.count
        coverage = Statistic.mean(scored.map { $0.isHit == true ? 1 : 0 })
        sureRate = Statistic.mean(scored.map { $0.actual >= ($0.sure ?? 0) - 1e-9 ? 1 : 0 })
        error = Statistic.mean(scored.map { abs($0.actual - $0.expected) })
        errorLastWindow = Statistic.mean(scored.map { abs($0.actual - $0.lastWindow) })
        errorPlainMean = Statistic.mean(scored.map { abs($0.actual - $0.plainMean) })
    }
}

/// Forecasts of a count of dated things (merged changes, finished items) over the next days.
public struct ThroughputForecast: Sendable, Equatable {
    public var answer: ForecastAnswer
    public var days: Int
    public var past: [PastForecast]
    public var score: ForecastScore

    /// Forecasts how many of the things happen in the `days` from `now`.
    ///
    /// Past forecasts are made every `days` back from `now`. Fewer than 12 whole weeks of history
    /// are refused.
    public init(
        times unsorted: [Millis], days: Int = 14, now: Millis,
        settings: ForecastSettings = ForecastSettings()
    ) {
        let times = unsorted.sorted()
        self.days = days
        let known = times.filter { $0 < now }
        let span = Millis(days) * 86_400_000
        let need = Millis(settings.history) * 604_800_000
        guard let first = known.first, now - first >= need else {
            let weeks = known.first.map { Int((now - $0) / 604_800_000) } ?? 0
            answer = .refused(
                Phrase(
                    "forecast.not_enough_weeks",
                    ["have": String(weeks), "need": String(settings.history)]))
            past = []
            score = ForecastScore([])
            return
        }
        var aim = ForecastAim(settings)
        past = Self.roll(
            known, first: first + need, end: now, span: span, aim: &aim, settings: settings)
        score = ForecastScore(past)
        let weeks = Throughput(known, end: now, weeks: settings.history, since: first).weeks
        answer = Forecast.make(
            units: weeks, count: Double(days) / 7, ratios: past.map(\.ratio), aim: aim,
            settings: settings)
    }

    /// Past forecasts with origins a window apart, the last window ending at `end`.
    static func roll(
        _ times: [Millis], first: Millis, end: Millis, span: Millis, aim: inout ForecastAim,
        settings: ForecastSettings
    ) -> [PastForecast] {
        guard end - first >= span else { return [] }
        // Promises need only the past ratios; the draws, which they replace, are left out.
        var settings = settings
        settings.draws = 0
        var past: [PastForecast] = []
        var origin = end - (end - first) / span * span
        while origin + span <= end {
            let weeks = Throughput(times, end: origin, weeks: settings.history, since: .min / 2)
                .weeks
            let made = Forecast.make(
                units: weeks, count: Double(span) / 604_800_000,
                ratios: past.suffix(settings.ratiosMax).map(\.ratio), aim: aim, settings: settings)
            if let made = made.forecast {
                let isPromise = made.ratios.count >= settings.ratiosMin
                past.append(
                    PastForecast(
                        origin: origin, end: origin + span, expected: made.expected,
                        actual: Double(Throughput.count(times, origin, origin + span)),
                        low: isPromise ? made.low : nil, high: isPromise ? made.high : nil,
                        sure: isPromise ? made.sure : nil,
                        lastWindow: Double(Throughput.count(times, origin - span, origin)),
                        plainMean: weeks.reduce(0, +) / Double(max(1, weeks.count))
                            * Double(span) / 604_800_000))
                aim.learn(past.last?.isHit)
            }
            origin += span
        }
        return past
    }
}

extension PastForecast {
    /// (actual + 1) / (expected + 1): the + 1 keeps empty windows finite.
    var ratio: Double { (actual + 1) / (expected + 1) }
}

/// Forecasts of what a team completes in its next iteration.
public struct IterationForecast: Sendable, Equatable {
    /// Closed iterations that a forecast needs.
    public static let iterationsMin = 6

    public var answer: ForecastAnswer
    public var past: [PastForecast]
    public var score: ForecastScore
    /// The iterations drawn from, oldest first.
    public var used: [String]

    /// Forecasts from the reports of closed iterations, oldest first: completed work per planned
    /// day, brought to the days of the next iteration.
    public init(
        _ reports: [IterationReport], nextDays: Double? = nil,
        settings: ForecastSettings = ForecastSettings()
    ) {
        let closed = reports.filter { $0.closed != nil }
        let need = Self.iterationsMin
        used = closed.suffix(settings.history).map(\.id)
        guard closed.count >= need else {
            answer = .refused(
                Phrase(
                    "forecast.not_enough_iterations",
                    ["have": String(closed.count), "need": String(need)]))
            past = []
            score = ForecastScore([])
            return
        }
        let days = closed.map(\.lengthDays)
        let rates = zip(closed, days).map { $0.completed.amount / $1 }
        // One iteration is one block, drawn whole and brought to the days of the one forecast.
        // The first 3 are history; each one after them is a past forecast.
        var past: [PastForecast] = []
        var aim = ForecastAim(settings)
        for index in 3..<closed.count {
            let known = Array(rates[..<index])
            guard
                let made = Forecast.make(
                    units: known.map { $0 * days[index] }, count: 1, ratios: past.map(\.ratio),
                    aim: aim,
                    settings: settings
                ).forecast
            else { continue }
            let isPromise = made.ratios.count >= settings.ratiosMin
            past.append(
                PastForecast(
                    origin: closed[index].started,
                    end: closed[index].closed ?? closed[index].started,
                    expected: made.expected, actual: closed[index].completed.amount,
                    low: isPromise ? made.low : nil, high: isPromise ? made.high : nil,
                    sure: isPromise ? made.sure : nil,
                    lastWindow: rates[index - 1] * days[index],
                    plainMean: (Statistic.mean(known.suffix(settings.history)) ?? 0) * days[index]))
            aim.learn(past.last?.isHit)
        }
        self.past = past
        score = ForecastScore(past)
        let next = nextDays ?? Statistic.median(days) ?? 14
        answer = Forecast.make(
            units: rates.map { $0 * next }, count: 1, ratios: past.map(\.ratio), aim: aim,
            settings: settings)
    }
}

extension IterationReport {
    /// Days that it really took; at least one, so that a rate stays finite.
    var lengthDays: Double { max(1, Double((closed ?? started) - started) / 86_400_000) }
}
