// What a model remembers of a series' shape, and the residuals that follow from it. Rates of forgetting
// are in time (a week for the level), not in observations, so that one default serves ten seconds and an
// hour alike.

internal import Basics
internal import Glibc

/// Level, profiles, filter and windows of one series.
struct SeriesFeatures: Sendable, Equatable {
    private static let levelMemory = 7.0 * 86_400_000
    /// A gap of so many steps empties the short windows: they would join what does not touch.
    private static let gapSteps = 20.0

    var mean = 0.0
    var variance = 0.0
    var count = 0.0
    var step = 0.0
    var intervals = 0.0
    var last: Millis?
    var lastValue = 0.0
    var stepMean = 0.0
    var stepCount = 0.0
    var day = SeasonalProfile(period: 86_400_000, bins: 288, rounds: 7)
    var week = SeasonalProfile(period: 7 * 86_400_000, bins: 336, rounds: 3)
    var filter = Autoregression()
    var recent = Window(10)
    var recentDay = Window(10)
    var steps = Window(12)
    var rhythm = Rhythm()
    /// The lowest value, 0 when none was below.
    var lowest = 0.0

    var spread: Double { variance.squareRoot() }
    /// Below this, differences are rounding.
    private var least: Double { 1e-9 * mean.magnitude + 1e-300 }

    /// The residuals of a value (NaN where a view has none yet), before it is learnt; then learns it.
    mutating func take(time: Millis, value: Double, into residuals: inout [Double]) {
        for index in residuals.indices { residuals[index] = .nan }
        func set(_ kind: SeriesResidual, _ residual: Double) { residuals[kind.rawValue] = residual }
        let passed = advance(to: time)
        let dayBin = day.bin(time)
        let weekBin = week.bin(time)
        let spread = spread
        let rate = min(passed / Self.levelMemory, 1 / 500)
        if count > 0 {
            set(.level, value - mean)
            if let shift = recent.add(value - mean) { set(.shift, shift) }
        }
        if let expected = day.expected(dayBin) {
            set(.day, value - expected)
            if let shift = recentDay.add(value - expected) { set(.dayShift, shift) }
        }
        if let expected = week.earlier(weekBin, step: step) { set(.week, value - expected) }
        if count >= 30 {
            let unit = spread + least
            // A series that never moved has no unit to forecast in.
            let isStill = spread <= least
            let error = isStill ? 0 : filter.error(of: value, level: mean, spread: unit) * unit
            set(.forecast, isStill ? value - mean : error)
        }
        let usual = day.expected(dayBin) ?? mean
        if count > 30,
            let distance = rhythm.add(value - usual, spread: spread, least: least, rate: rate)
        {
            set(.rhythm, distance)
        }
        if count > 0, let size = steps.add((value - lastValue).magnitude) {
            let now = log(size + 1e-3 * spread + least)
            if stepCount > 0 { set(.steps, now - stepMean) }
            stepCount += 1
            stepMean += max(1 / stepCount, rate) * (now - stepMean)
        }
        filter.append(value)
        lastValue = value
        lowest = min(lowest, value)
        count += 1
        let share = max(1 / count, rate)
        let distance = value - mean
        mean += share * distance
        variance = (1 - share) * (variance + share * distance * distance)
        day.learn(value, bin: dayBin, step: step)
        week.learn(value, bin: weekBin, step: step)
    }

    /// Moves the clock; 0 when it jumped back.
    private mutating func advance(to time: Millis) -> Double {
        defer { last = time }
        guard let last, time > last else { return 0 }
        let passed = Double(time) - Double(last)
        if step > 0 && passed > Self.gapSteps * step {
            clearWindows()
            return passed
        }
        intervals = min(intervals + 1, 100)
        step += (passed - step) / intervals
        return passed
    }

    private mutating func clearWindows() {
        recent.clear()
        recentDay.clear()
        steps.clear()
        rhythm.clear()
    }

    /// The value expected at the next time of a day, for a level that is about to be learnt anew.
    func expected(at time: Millis) -> Double { day.expected(day.bin(time)) ?? mean }

    /// The level moves for a known reason; shape and spread stay.
    mutating func move(by offset: Double) {
        mean += offset
        day.move(by: offset)
        week.move(by: offset)
        for index in filter.past.indices { filter.past[index] += offset }
        clearWindows()
    }
}
