// The live model of one series: features give residuals, the ensemble gives one p, the news filter gives
// the score. Causal, about 15 KB of state, the same bits for the same input. It does not know other
// series; what a team is told is decided by `NotificationBudget`.

public import Basics
internal import Glibc

/// A series' model: tell it each observation once, in order of time.
public struct SeriesModel: Sendable {
    /// Larger numbers cannot be squared; a series that has them is broken, not anomalous.
    private static let largest = 1e150
    /// So many observations make the new level after a deployment.
    private static let relevelling = 10.0
    private static let usual = Phrase("anomaly.usual")

    public let options: AnomalyOptions
    let seed: UInt64
    var features = SeriesFeatures()
    var ensemble = SeriesEnsemble()
    var news = NewsFilter()
    var level = LevelChart()
    var relevelFrom: Millis?
    var relevelSum = 0.0
    var relevelCount = 0.0
    private var residuals = [Double](repeating: .nan, count: SeriesResidual.allCases.count)

    /// - Parameters:
    ///   - seed: reserved for views that draw; the present ones draw nothing.
    ///   - changes: detectors of changes that join the ensemble with the mean weight of the views.
    public init(
        options: AnomalyOptions = .init(), seed: UInt64, changes: [any ChangeDetector] = []
    ) {
        self.options = options
        self.seed = seed
        ensemble.changes = changes.map { ChangeView(detector: $0) }
    }

    /// Judges an observation by what came before it, then learns it.
    ///
    /// `value` may be anything: what is not finite, or beyond ±1e150, is a gap. `time` should grow;
    /// a clock that jumps is borne.
    public mutating func observe(time: Millis, value: Double) -> AnomalyReading {
        let isBelow = features.lowest < 0
        let found = judge(time: time, value: value)
        guard let found else { return unjudged(silence(value)) }
        var reading = AnomalyReading(
            score: 1 - pow(10, -found.reported), surprise: 1 - pow(10, -found.evidence),
            evidence: found.evidence, low: value, high: value, expected: value, isReady: true,
            reason: Self.usual)
        drawBand(&reading, around: value, at: time)
        if !isBelow { reading.cutAtZero() }
        if found.evidence >= options.alarmEvidence {
            reading.reason = reason(value, reading.expected)
        }
        return reading
    }

    /// The evidence alone, without band and words: found, and what of it is news.
    ///
    /// 0 while not ready.
    mutating func evidence(time: Millis, value: Double) -> (found: Double, reported: Double) {
        judge(time: time, value: value).map { ($0.evidence, $0.reported) } ?? (0, 0)
    }

    private mutating func judge(
        time: Millis, value: Double
    ) -> (evidence: Double, reported: Double)? {
        guard value.magnitude <= Self.largest else { return nil }
        if let from = relevelFrom, time >= from {
            relevel(time, value)
            return nil
        }
        let spread = features.spread
        features.take(time: time, value: value, into: &residuals)
        let evidence = ensemble.judge(residuals, spread: spread, step: features.step)
        if features.count <= Double(options.warmUp) { return nil }
        let reported = news.report(
            evidence, at: time, alarm: options.alarmEvidence, quietTime: options.quietTime)
        return (evidence, reported)
    }

    /// Why there is no judgement.
    private func silence(_ value: Double) -> Phrase {
        guard value.magnitude <= Self.largest else { return Phrase("anomaly.gap") }
        if features.count > Double(options.warmUp) { return Phrase("anomaly.relevel") }
        let seen = ["count": String(Int(features.count)), "needed": String(options.warmUp)]
        return Phrase("anomaly.learning", seen)
    }

    private mutating func drawBand(
        _ reading: inout AnomalyReading, around value: Double, at time: Millis
    ) {
        guard let view = ensemble.expecting(residuals) else { return }
        let sketch = ensemble.sketches[view.rawValue]
        reading.expected = value - residuals[view.rawValue]
        reading.low = reading.expected - sketch.bound(isNegative: true, share: 0.005)
        reading.high = reading.expected + sketch.bound(isNegative: false, share: 0.005)
        level.observe(residuals[view.rawValue], scale: sketch.scale, at: time)
        reading.shift = level.found
    }

    private func reason(_ value: Double, _ expected: Double) -> Phrase {
        let view = ensemble.leading
        let key = view.phraseKey(isUp: residuals[view.rawValue] > 0)
        return Phrase(key, ["value": shortNumber(value), "expected": shortNumber(expected)])
    }

    private func unjudged(_ reason: Phrase) -> AnomalyReading {
        let mean = features.mean
        let reach = 3 * features.spread
        var reading = AnomalyReading(
            score: 0, surprise: 0, low: mean - reach, high: mean + reach, expected: mean,
            isReady: false, reason: reason)
        if features.lowest == 0 { reading.cutAtZero() }
        return reading
    }

    private mutating func relevel(_ time: Millis, _ value: Double) {
        relevelSum += value - features.expected(at: time)
        relevelCount += 1
        if relevelCount >= Self.relevelling {
            features.move(by: relevelSum / relevelCount)
            for index in ensemble.changes.indices { ensemble.changes[index].detector.reset() }
            news = NewsFilter()
            level = LevelChart()
            relevelFrom = nil
        }
    }

    /// A deployment at `time` moves the level for a reason: ten observations from then on make the new
    /// level, unjudged; what is known of the shape of days and weeks, and of the spread, stays.
    public mutating func forget(levelAt time: Millis) {
        if features.count == 0 { return }
        relevelFrom = time
        relevelSum = 0
        relevelCount = 0
    }
}

/// A number with four significant digits, for sentences.
func shortNumber(_ value: Double) -> String {
    if value == 0 { return "0" }
    let digits = max(0, min(8, 3 - Int(floor(log10(value.magnitude)))))
    let factor = pow(10, Double(digits))
    let rounded = (value * factor).rounded() / factor
    return rounded == rounded.rounded() && rounded.magnitude < 1e15
        ? String(Int64(rounded)) : String(rounded)
}
