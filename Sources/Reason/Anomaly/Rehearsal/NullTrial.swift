// How many false alarms a service is notified of, against its budget: services of quiet series run
// through models, their group's model and the budget as the agent runs them. Everything follows from the seed; services are
// independent, so that they may run on any number of threads.

internal import Algebra
public import Basics

/// What a trial of quiet series came to.
public struct NullOutcome: Sendable, Equatable {
    public var notifications = 0
    /// Those of the first week, whose first two days only teach.
    public var early = 0
    /// What the budget allows over the same time.
    public var budgeted = 0.0
    /// Alarms of single series (score at the alarm's level), which nobody is told of.
    public var seriesAlarms = 0
    public var observations = 0

    public init() {}

    public static func + (a: NullOutcome, b: NullOutcome) -> NullOutcome {
        var sum = a
        sum.notifications += b.notifications
        sum.early += b.early
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
    var group = NullGroup(step: step)
    var row = [Double](repeating: 0, count: series)
    var budget = NotificationBudget()
    let start: Millis = 1_767_225_600_000
    let steps = Millis(days) * 86_400_000 / step
    for index in 0..<steps {
        let time = start + index * step
        var look: [NotificationBudget.Evidence] = []
        for place in 0..<series {
            row[place] = sources[place].next(time)
            let evidence = models[place].evidence(time: time, value: row[place])
            if evidence.found > NotificationBudget.threshold {
                look.append(.init(series: names[place], evidence: evidence.found))
            }
            if evidence.reported >= models[place].options.alarmEvidence {
                outcome.seriesAlarms += 1
            }
        }
        if let evidence = group.observe(row, at: time) {
            look.append(.init(series: "together", evidence: evidence))
        }
        if !budget.notified(look, among: series + 1, at: time).isEmpty {
            outcome.notifications += 1
            if index * step < 7 * 86_400_000 { outcome.early += 1 }
        }
    }
    outcome.observations = Int(steps) * series
    outcome.budgeted = Double(days) / 7 * budget.alarms
    return outcome
}

/// The series of a service together, learnt anew every six hours as the agent does.
private struct NullGroup {
    private static let momentsMax = 4000
    private static let relearnMillis: Millis = 6 * 3_600_000

    let step: Millis
    private var rows: [Double] = []
    private var model: GroupModel?
    private var distances = SeriesModel(seed: 0)

    init(step: Millis) { self.step = step }

    /// The evidence of a moment at which the group lies further off than usual.
    mutating func observe(_ row: [Double], at time: Millis) -> Double? {
        let columns = row.count
        if time % NullGroup.relearnMillis < step {
            let most = NullGroup.momentsMax * columns
            if rows.count > most { rows.removeFirst(rows.count - most) }
            let past = Matrix(rows: rows.count / columns, columns: columns, values: rows)
            if let learnt = try? GroupModel(past) {
                model = learnt
                distances.forget(levelAt: time)
            }
        }
        rows += row
        guard let model else { return nil }
        guard let reading = model(Matrix(rows: 1, columns: columns, values: row)).first else {
            return nil
        }
        let judged = distances.observe(time: time, value: reading.logDistance)
        let isUnusual = judged.isReady && judged.evidence > NotificationBudget.threshold
        return isUnusual && reading.logDistance > judged.expected ? judged.evidence : nil
    }
}
