// How many false alarms a service is notified of, against its budget: services of quiet series run
// through models and budget as the agent runs them. Everything follows from the seed; services are
// independent, so that they may run on any number of threads.

public import Basics

/// What a trial of quiet series came to.
public struct NullOutcome: Sendable, Equatable {
    public var notifications = 0
    /// What the budget allows over the same time.
    public var budgeted = 0.0
    /// Alarms of single series (score at the alarm's level), which nobody is told of.
    public var seriesAlarms = 0
    public var observations = 0

    public init() {}

    public static func + (a: NullOutcome, b: NullOutcome) -> NullOutcome {
        var sum = a
        sum.notifications += b.notifications
        sum.budgeted += b.budgeted
        sum.seriesAlarms += b.seriesAlarms
        sum.observations += b.observations
        return sum
    }

    /// Notified false alarms as a share of the budget.
    public var share: Double { budgeted > 0 ? Double(notifications) / budgeted : .nan }
}

/// One service of quiet series of one kind.
///
/// - Parameters:
///   - series: how many series the service has.
///   - days: simulated days.
///   - step: milliseconds between observations.
public func nullTrial(
    _ kind: QuietKind, series: Int, days: Int, step: Millis = 300_000, seed: UInt64
) -> NullOutcome {
    var outcome = NullOutcome()
    var sources = (0..<series).map { QuietSeries(kind, seed: seed &* 1_000_003 &+ UInt64($0)) }
    var models = (0..<series).map { SeriesModel(seed: UInt64($0)) }
    let names = (0..<series).map { "series \($0)" }
    var budget = NotificationBudget()
    let start: Millis = 1_767_225_600_000
    let steps = Millis(days) * 86_400_000 / step
    for index in 0..<steps {
        let time = start + index * step
        var look: [NotificationBudget.Evidence] = []
        for place in 0..<series {
            let evidence = models[place].evidence(time: time, value: sources[place].next(time))
            if evidence.found > NotificationBudget.threshold {
                look.append(.init(series: names[place], evidence: evidence.found))
            }
            if evidence.reported >= models[place].options.alarmEvidence {
                outcome.seriesAlarms += 1
            }
        }
        if !budget.notified(look, among: series, at: time).isEmpty { outcome.notifications += 1 }
    }
    outcome.observations = Int(steps) * series
    outcome.budgeted = Double(days) / 7 * budget.alarms
    return outcome
}
