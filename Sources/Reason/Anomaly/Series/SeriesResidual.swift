// The residuals of a series: eight views of "not what was expected". Each is causal and bounded, each
// sees what the others miss. A streaming matrix profile (distance to the nearest earlier window of the
// same shape) would be the ninth: a case here, its residual in `SeriesFeatures`, and the ensemble ranks
// and weighs it as it does the rest.

/// Which view of a series a residual belongs to.
enum SeriesResidual: Int, CaseIterable, Sendable {
    /// Against the level of the last week.
    case level
    /// Against the same five minutes of earlier days.
    case day
    /// Against the same half hour of earlier weeks.
    case week
    /// The mean of the last ten against the level: shifts too small for a single value.
    case shift
    /// The mean of the last ten against their times of day.
    case dayShift
    /// Against an autoregressive forecast from the three values before.
    case forecast
    /// The logarithm of the mean step of the last twelve: a flat line, a storm, a new rhythm.
    case steps
    /// The autocorrelation of the last 48 against what it usually is: a new frequency.
    case rhythm

    /// Whose expectation is a value of the series, so that a band can be drawn around it.
    static let expecting: [SeriesResidual] = [.level, .day, .week, .forecast]

    /// How long a past it needs before it is believed, in milliseconds.
    ///
    /// Residuals against another week lie on one side for days: the first thirty say little more than
    /// one does, and what wanders leaves their range soon.
    var quietTime: Double { self == .week ? 2.5 * 86_400_000 : 0 }

    /// What is added to the residual when a spike or a shift of `size` comes; the steps
    /// double, and the autocorrelation moves by as much as white noise and a wave differ.
    func injected(_ size: Double) -> Double {
        switch self {
        case .level, .day, .week, .forecast: size
        case .shift, .dayShift: size / 2
        case .steps: 0.6931471805599453
        case .rhythm: 0.7
        }
    }

    /// The key of the sentence that says what moved.
    func phraseKey(isUp: Bool) -> String {
        switch self {
        case .level: isUp ? "anomaly.level.above" : "anomaly.level.below"
        case .day: isUp ? "anomaly.day.above" : "anomaly.day.below"
        case .week: isUp ? "anomaly.week.above" : "anomaly.week.below"
        case .shift: isUp ? "anomaly.shift.up" : "anomaly.shift.down"
        case .dayShift: isUp ? "anomaly.day_shift.up" : "anomaly.day_shift.down"
        case .forecast: isUp ? "anomaly.forecast.jump" : "anomaly.forecast.drop"
        case .rhythm: "anomaly.rhythm"
        case .steps: isUp ? "anomaly.steps.wild" : "anomaly.steps.flat"
        }
    }
}
