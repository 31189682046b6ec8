// How much will be done next: recent work is resampled in blocks of a week (days of one week go
// together, and daily draws are over-confident), the last weeks more often than the old ones; then
// the band is corrected by how wrong the same forecast was in the past (split conformal on the
// ratio, delivery facts E3). No history of forecasts, no promise: the band then says how sure it
// can be at most.

public import Basics
internal import Glibc

/// Settings of a forecast; the defaults are those that were back-tested.
public struct ForecastSettings: Sendable, Equatable {
    /// The chance that the band promises.
    public var level = 0.8
    /// Past units (weeks or iterations) that are drawn from: 12 weeks are a quarter.
    public var history = 12
    /// A unit this old counts half as much as the newest: four weeks.
    ///
    /// The error stayed under that
    /// of the plain mean with every half-life from 3 to 12, so that one chosen on either history
    /// of development held on the other; 4 keeps near the best of both.
    public var halfLife = 4.0
    /// Past forecasts that correct the band, at most: 40 two-week windows are a year and a half.
    public var ratiosMax = 40
    /// Past forecasts needed for a full correction.
    public var ratiosMin = 12
    /// How fast the ranks follow the forecast's own hits (Gibbs and Candès' adaptive conformal
    /// step): with 0.05 the band held in 79 to 84 % of windows on both histories of development,
    /// whatever the day of asking; with 0, in 75 to 86 %.
    public var step = 0.05
    /// Draws of the raw band: 2,000 put its edges within about 1 % of rank.
    public var draws = 2_000
    public var seed: UInt64 = 20_261_121

    public init() {}
}

/// A forecast with everything that made it.
public struct Forecast: Sendable, Equatable {
    /// The point forecast: half way between weighted mean and weighted median of the units.
    public var expected: Double
    /// The band after correction; whole numbers inside it are as likely as `level` says.
    public var low: Double
    public var high: Double
    /// The band of the draws alone.
    public var rawLow: Double
    public var rawHigh: Double
    /// The chance promised: `level`, or less with few past forecasts.
    public var level: Double
    /// What is reached with a chance of 80 %.
    public var sure: Double
    /// Units drawn from, oldest first.
    public var units: [Double]
    /// (actual + 1) / (forecast + 1) of past forecasts, oldest first.
    public var ratios: [Double]

    /// The chance that at least this much is done, from the past ratios (or the draws without
    /// them).
    public func chance(of amount: Double) -> Double {
        guard !ratios.isEmpty else {
            let all = units.count { $0 * scale >= amount }
            return units.isEmpty ? 0 : Double(all) / Double(units.count)
        }
        let hits = ratios.count { $0 * (expected + 1) - 1 >= amount }
        // The +1 keeps the chance away from 0 and 1, which no finite past can show.
        return (Double(hits) + 0.5) / (Double(ratios.count) + 1)
    }

    var scale: Double
}

/// A forecast, or why there is none.
public enum ForecastAnswer: Sendable, Equatable {
    case forecast(Forecast)
    case refused(Phrase)

    public var forecast: Forecast? {
        if case .forecast(let forecast) = self { return forecast }
        return nil
    }
}

extension Forecast {
    /// Forecasts the sum of the next `count` units from past ones and past ratios.
    ///
    /// - Parameter units: past amounts, oldest first; only the last `history` are used.
    static func make(
        units all: [Double], count: Double, ratios: [Double], aim: ForecastAim,
        settings: ForecastSettings
    ) -> ForecastAnswer {
        let units = Array(all.suffix(settings.history))
        guard units.contains(where: { $0 > 0 }) else {
            return .refused(Phrase("forecast.zero_throughput", ["units": String(units.count)]))
        }
        let weights = units.indices.map {
            pow(0.5, Double(units.count - 1 - $0) / settings.halfLife)
        }
        let whole = weights.reduce(0, +)
        let mean = zip(units, weights).reduce(0) { $0 + $1.0 * $1.1 } / whole
        // The mean alone follows every burst, the median alone sleeps through a slope: the half
        // way point had the smaller error on a bursty history and on a growing one.
        let expected = (mean + middle(units, weights, whole)) / 2 * count
        let draws = resample(units, weights, count, settings).sorted()
        let tail = (1 - settings.level) / 2
        let raw = (
            Statistic.quantile(draws, tail) ?? 0, Statistic.quantile(draws, 1 - tail) ?? 0
        )
        var forecast = Forecast(
            expected: expected, low: raw.0, high: raw.1, rawLow: raw.0, rawHigh: raw.1,
            level: settings.level, sure: Statistic.quantile(draws, 0.2) ?? 0, units: units,
            ratios: Array(ratios.suffix(settings.ratiosMax)), scale: count)
        forecast.correct(settings, aim)
        return .forecast(forecast)
    }

    /// The weighted median: half of the weight lies on either side, between units by line.
    private static func middle(_ units: [Double], _ weights: [Double], _ whole: Double) -> Double {
        let order = units.indices.sorted { (units[$0], $0) < (units[$1], $1) }
        var before = 0.0
        var last: (at: Double, unit: Double)?
        for index in order {
            let at = before + weights[index] / 2
            if at >= whole / 2 {
                guard let last, at > last.at else { return units[index] }
                let part = (whole / 2 - last.at) / (at - last.at)
                return last.unit + part * (units[index] - last.unit)
            }
            last = (at, units[index])
            before += weights[index]
        }
        return last?.unit ?? 0
    }

    /// Ranks of the past ratios with the (n + 1) / n adjustment; with few of them the widest pair,
    /// the draws' band on top, and no more certainty than that pair can give.
    private mutating func correct(_ settings: ForecastSettings, _ aim: ForecastAim) {
        let sorted = ratios.sorted()
        let n = sorted.count
        guard n >= 2 else {
            // Draws alone were seen to hold in 53 to 70 % of windows where 80 % was promised.
            level = min(level, 0.5)
            return
        }
        let tail = aim.miss / 2
        let slack = 1e-9
        let high = Int(((1 - tail) * Double(n + 1) - slack).rounded(.up))
        let low = Int((tail * Double(n + 1) + slack).rounded(.down))
        let (from, to) = (max(low, 1), min(high, n))
        func amount(_ ratio: Double) -> Double { max(0, ratio * (expected + 1) - 1) }
        self.low = amount(sorted[from - 1])
        self.high = amount(sorted[to - 1])
        let sureRank = max(1, Int((0.2 * Double(n + 1) + slack).rounded(.down)))
        sure = amount(sorted[sureRank - 1])
        if n < settings.ratiosMin {
            self.low = min(self.low, rawLow)
            self.high = max(self.high, rawHigh)
            sure = min(sure, expected)
        }
        level = min(level, Double(to - from) / Double(n + 1) + (n < settings.ratiosMin ? 0 : 1))
    }

    /// Sums of `count` weighted draws of whole units; a part of a unit is that part of one draw.
    private static func resample(
        _ units: [Double], _ weights: [Double], _ count: Double, _ settings: ForecastSettings
    ) -> [Double] {
        var generator = SplitMix(seed: settings.seed)
        var edges: [Double] = []
        var sum = 0.0
        for weight in weights {
            sum += weight
            edges.append(sum)
        }
        func draw() -> Double {
            let at = generator.fraction() * sum
            return units[edges.firstIndex { at < $0 } ?? units.count - 1]
        }
        let whole = Int(count)
        let part = count - Double(whole)
        return (0..<settings.draws).map { _ in
            var total = 0.0
            for _ in 0..<whole { total += draw() }
            return part > 0 ? total + part * draw() : total
        }
    }
}

/// The share of misses that the ranks aim at: more after hits, less after misses, so that the
/// misses of the long run come to what was promised, whatever the work does.
struct ForecastAim: Sendable {
    private(set) var miss: Double
    private let promised: Double
    private let step: Double

    init(_ settings: ForecastSettings) {
        promised = 1 - settings.level
        miss = promised
        step = settings.step
    }

    mutating func learn(_ isHit: Bool?) {
        guard let isHit else { return }
        // Between nearly everything and less than half: outside, ranks of 40 ratios say nothing.
        miss = min(0.6, max(0.02, miss + step * (promised - (isHit ? 0 : 1))))
    }
}

/// Steele, Lea and Flood's SplitMix64: a seed gives the same draws on every machine.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// In [0, 1).
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
