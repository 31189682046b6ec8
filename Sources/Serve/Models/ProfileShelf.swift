// Profiles of answers, made and read. An arrival day is profiled when it is over, and once more when its
// rows are about to go, with the labels that came meanwhile. Whoever reads a span gets the profiles that
// are kept and, for days that have none yet, those of the rows themselves, added up.

public import Basics
public import Keep
public import Reason

/// The answers of a span of days.
public struct ProfileSpan: Sendable {
    /// When its first day begins and its last one ends.
    public var from: Millis
    public var to: Millis
    public var versions: Set<String> = []
    public var profile = AnswerProfile()
}

/// The answers of a range.
public struct ProfileReading: Sendable {
    /// The earliest first.
    public var spans: [ProfileSpan] = []
    /// Segments of the model that have profiles.
    public var segments: Set<String> = []
    /// Rows without a profile were left out.
    public var isPartial = false
}

/// What days are put together to.
public enum ProfileStep: String, Sendable, CaseIterable { case day, week, month, all }

/// Makes profiles and reads them.
public struct ProfileShelf: Sendable {
    private static let dayMillis: Millis = 86_400_000
    /// Rows without a profile that one reading takes; beyond, the day's profile is waited for.
    static let rowsMax = 200_000

    private let predictions: PredictionKeeper
    private let profiles: ProfileKeeper
    private let board: ModelBoard

    public init(predictions: PredictionKeeper, profiles: ProfileKeeper, board: ModelBoard) {
        self.predictions = predictions
        self.profiles = profiles
        self.board = board
    }

    /// Arrival days before today (in days since the epoch) that have rows and no profile yet.
    public func missing(today: Int64) throws(RecordError) -> [Int64] {
        let made = try profiles.arrivals()
        return predictions.days.filter { $0 < today && !made.contains($0) }
    }

    /// Profiles an arrival day with the labels that are known by now.
    public func make(_ day: Int64, at now: Millis) throws(RecordError) {
        var profiler = profiler(day)
        let labels = Labelled(predictions, since: day)
        var failure: RecordError?
        try predictions.forEachBlock(arrivedOn: day) { block in
            do throws(RecordError) {
                profiler.take(block, labels: try labels.of(block.key.model))
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        let made = profiler.profiles.map { scope, profile in
            KeptProfile(
                key: scope.key, segment: scope.segment, since: scope.since, rows: profile.rows,
                bytes: profile.encoded)
        }
        try profiles.replace(arrival: day, made, at: now)
    }

    /// The answers of a model whose days begin in a range, put together by a step.
    ///
    /// - Parameter version: nil for all versions.
    public func read(
        _ model: String, version: String?, segment: String, range: TimeRange, by step: ProfileStep
    ) throws -> ProfileReading {
        var reading = ProfileReading(segments: Set(try profiles.segments(model)))
        var spans: [Millis: ProfileSpan] = [:]
        func add(_ profile: AnswerProfile, _ version: String, _ since: Millis) {
            let start = ProfileShelf.start(since, step)
            let end = since + ProfileShelf.dayMillis
            var span = spans[start] ?? ProfileSpan(from: since, to: end)
            span.from = min(span.from, since)
            span.to = max(span.to, end)
            span.versions.insert(version)
            span.profile.merge(profile)
            spans[start] = span
        }
        for kept in try profiles.profiles(
            model, version: version, segment: segment, range: range)
        {
            // A profile of a later version of the agent is left out, not guessed at.
            guard let profile = try? AnswerProfile(kept.bytes) else { continue }
            add(profile, kept.key.version, kept.since)
        }
        let (fresh, isPartial) = try unprofiled(model, version)
        for (scope, profile) in fresh {
            if !scope.segment.isEmpty { reading.segments.insert(scope.segment) }
            if scope.segment == segment && range.contains(scope.since) {
                add(profile, scope.key.version, scope.since)
            }
        }
        reading.spans = spans.sorted { $0.key < $1.key }.map(\.value)
        reading.isPartial = isPartial
        return reading
    }

    /// Profiles of the rows of arrival days that have none: today's, as a rule.
    private func unprofiled(
        _ model: String, _ version: String?
    ) throws(RecordError) -> (profiles: [ProfileScope: AnswerProfile], isPartial: Bool) {
        let made = try profiles.arrivals()
        var found: [ProfileScope: AnswerProfile] = [:]
        var rows = 0
        for day in predictions.days.reversed() where !made.contains(day) {
            var profiler = profiler(day)
            let labels = try predictions.labels(model, arrivedSince: day * ProfileShelf.dayMillis)
            try predictions.forEachBlock(arrivedOn: day, model: model) { block in
                if let version, version != block.key.version { return true }
                profiler.take(block, labels: labels)
                rows += block.count
                return rows < ProfileShelf.rowsMax
            }
            for (scope, profile) in profiler.profiles {
                found[scope, default: AnswerProfile()].merge(profile)
            }
            if rows >= ProfileShelf.rowsMax { return (found, true) }
        }
        return (found, false)
    }

    private func profiler(_ day: Int64) -> DayProfiler {
        var segments: [ModelVersion: Set<String>] = [:]
        var centres: [ModelVersion: VectorCentres] = [:]
        for card in board.cards {
            guard let watching = card.watching else { continue }
            segments[card.key] = Set(watching.scopes.map(\.segment).filter { !$0.isEmpty })
            centres[card.key] = watching.reference?.centres
        }
        return DayProfiler(arrival: day, segments: segments, centres: centres)
    }

    /// When the span begins that a day belongs to; weeks begin on Mondays.
    private static func start(_ since: Millis, _ step: ProfileStep) -> Millis {
        switch step {
        case .day: return since
        case .week:
            let day = since.flooredDivision(by: dayMillis)
            return ((day + 3).flooredDivision(by: 7) * 7 - 3) * dayMillis
        case .month:
            return parseRFC3339(String(CivilTime(since).dateText.prefix(7)) + "-01") ?? since
        case .all: return 0
        }
    }
}

/// The labels that came since a day, read once a model.
private final class Labelled {
    private let predictions: PredictionKeeper
    private let day: Int64
    private var known: [String: [String: String]] = [:]
    private var models: Set<String>?

    init(_ predictions: PredictionKeeper, since day: Int64) {
        self.predictions = predictions
        self.day = day
    }

    func of(_ model: String) throws(RecordError) -> [String: String] {
        if let labels = known[model] { return labels }
        let labelled: Set<String>
        if let models {
            labelled = models
        } else {
            labelled = try predictions.labelledModels(arrivedSince: day)
            models = labelled
        }
        let labels =
            labelled.contains(model)
            ? try predictions.labels(model, arrivedSince: day * 86_400_000) : [:]
        known[model] = labels
        return labels
    }
}
