// Profiles of answers, made and read. An arrival day is profiled when it is over, anew while its labels
// still come, and a last time when its rows are about to go. Whoever reads a span gets the profiles that
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

    /// Profiles the arrival day whose turn it is.
    ///
    /// That is the latest one that is over and has no profile yet, else one since whose profile labels
    /// came. Labels come late and ever more rarely: a day is looked at again when it is 1, 2, 4, 8, …
    /// days old.
    ///
    /// - Returns: whether there was one.
    public func makeNext(at now: Millis) throws(RecordError) -> Bool {
        let made = try profiles.arrivals()
        // A minute after midnight the last commit of the day before is through.
        let today = (now - 60_000).flooredDivision(by: ProfileShelf.dayMillis)
        let over = predictions.days.filter { $0 < today }
        if let day = over.last(where: { made[$0] == nil }) {
            try make(day, at: now)
            return true
        }
        for day in over.reversed() {
            guard let last = made[day], ProfileShelf.look(day, now) > ProfileShelf.look(day, last)
            else { continue }
            let since = last.flooredDivision(by: ProfileShelf.dayMillis)
            if try predictions.labelledModels(arrivedSince: since).isEmpty {
                try profiles.confirm(arrival: day, at: now)
            } else {
                try make(day, at: now)
                return true
            }
        }
        return false
    }

    /// How many of the looks at a day are due by a time.
    private static func look(_ day: Int64, _ time: Millis) -> Int {
        let age = time.flooredDivision(by: dayMillis) - (day + 1)
        return age < 1 ? 0 : Int64.bitWidth - age.leadingZeroBitCount
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

    /// The answers of a model whose days begin in some ranges, each put together by its step.
    ///
    /// - Parameter version: nil for all versions.
    /// - Returns: a reading for each range.
    public func read(
        _ model: String, version: String?, segment: String,
        _ wishes: [(range: TimeRange, step: ProfileStep)]
    ) throws -> [ProfileReading] {
        let kept = try profiles.profiles(
            model, version: version, segment: segment, ranges: wishes.map(\.range))
        var segments = Set(try profiles.segments(model))
        let (fresh, isPartial) = try unprofiled(
            model, version, kept.arrivals, since: wishes.map(\.range.from).min() ?? .max)
        segments.formUnion(fresh.keys.map(\.segment).filter { !$0.isEmpty })
        return zip(wishes, kept.byRange).map { wish, kept in
            var spans: [Millis: ProfileSpan] = [:]
            for day in kept {
                // A profile of a later version of the agent is left out, not guessed at.
                guard let profile = try? AnswerProfile(day.bytes) else { continue }
                add(profile, day.key.version, day.since, wish.step, &spans)
            }
            for (scope, profile) in fresh
            where scope.segment == segment && wish.range.contains(scope.since) {
                add(profile, scope.key.version, scope.since, wish.step, &spans)
            }
            return ProfileReading(
                spans: spans.sorted { $0.key < $1.key }.map(\.value), segments: segments,
                isPartial: isPartial)
        }
    }

    private func add(
        _ profile: AnswerProfile, _ version: String, _ since: Millis, _ step: ProfileStep,
        _ spans: inout [Millis: ProfileSpan]
    ) {
        let start = ProfileShelf.start(since, step)
        let end = since + ProfileShelf.dayMillis
        var span = spans[start] ?? ProfileSpan(from: since, to: end)
        span.from = min(span.from, since)
        span.to = max(span.to, end)
        span.versions.insert(version)
        span.profile.merge(profile)
        spans[start] = span
    }

    /// Profiles of the rows of arrival days that have none: today's, as a rule.
    private func unprofiled(
        _ model: String, _ version: String?, _ made: Set<Int64>, since: Millis
    ) throws(RecordError) -> (profiles: [ProfileScope: AnswerProfile], isPartial: Bool) {
        var found: [ProfileScope: AnswerProfile] = [:]
        var rows = 0
        // An answer is reported on its day or later, but for what clocks are off.
        let ahead = Limits.aheadMillisMax
        for day in predictions.days.reversed()
        where !made.contains(day) && (day + 1) * ProfileShelf.dayMillis + ahead > since {
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
