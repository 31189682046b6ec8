// The rows of one arrival day on their way into profiles: one for each version and day of answers, and
// one for each of its segments. An answer lies in the file of one arrival day alone, so the profiles of
// all arrival days add up to all answers, each once.

public import Basics

/// What a profile is about.
public struct ProfileScope: Sendable, Hashable {
    public var key: ModelVersion
    /// Empty for all answers.
    public var segment: String
    /// When the day of the answers begins (UTC).
    public var since: Millis

    public init(key: ModelVersion, segment: String, since: Millis) {
        (self.key, self.segment, self.since) = (key, segment, since)
    }
}

/// Profiles in the making.
public struct DayProfiler: Sendable {
    /// Segments of a version with profiles of their own: those that are watched, then as they come.
    public static let segmentsMax = 20
    private static let dayMillis: Millis = 86_400_000

    public private(set) var profiles: [ProfileScope: AnswerProfile] = [:]
    private var segments: [ModelVersion: Set<String>]
    private let centres: [ModelVersion: VectorCentres]
    private let seed: UInt64
    /// Versions that predict numbers, told by whole blocks: a part may have labels 0 and 1 only.
    private var regressions: Set<ModelVersion> = []

    /// - Parameters:
    ///   - arrival: the arrival day, in days since the epoch.
    ///   - segments: those that are watched, by version.
    ///   - centres: where the references' embeddings point.
    public init(
        arrival: Int64, segments: [ModelVersion: Set<String>] = [:],
        centres: [ModelVersion: VectorCentres] = [:]
    ) {
        self.segments = segments
        self.centres = centres
        seed = UInt64(bitPattern: arrival) &* 0x9e37_79b9_7f4a_7c15
    }

    /// Takes rows in; `labels` are by the predictions' ids.
    public mutating func take(_ block: PredictionBlock, labels: [String: String]) {
        let known = joinedLabels(block, labels)
        if !regressions.contains(block.key),
            JudgedAnswers(block, labels: known)?.isRegression ?? false
        {
            regressions.insert(block.key)
        }
        let names = block.segments
        var days: [Millis: [Int]] = [:]
        for row in block.times.indices {
            let day = block.times[row].flooredDivision(by: DayProfiler.dayMillis)
            days[day * DayProfiler.dayMillis, default: []].append(row)
        }
        for (since, rows) in days.sorted(by: { $0.key < $1.key }) {
            take(block, rows, known, since, "")
            var parts: [String: [Int]] = [:]
            for row in rows where !names[row].isEmpty { parts[names[row], default: []].append(row) }
            for (name, rows) in parts.sorted(by: { $0.key < $1.key }) where admits(name, block.key)
            {
                take(block, rows, known, since, name)
            }
        }
    }

    private mutating func admits(_ segment: String, _ key: ModelVersion) -> Bool {
        if segments[key]?.contains(segment) ?? false { return true }
        if segments[key]?.count ?? 0 >= DayProfiler.segmentsMax { return false }
        segments[key, default: []].insert(segment)
        return true
    }

    private mutating func take(
        _ block: PredictionBlock, _ rows: [Int], _ labels: [String?], _ since: Millis,
        _ segment: String
    ) {
        let part = rows.count == block.count ? block : block.selecting(rows)
        let scope = ProfileScope(key: block.key, segment: segment, since: since)
        profiles[scope, default: AnswerProfile()].take(
            part, labels: rows.map { labels[$0] },
            centres: centres[block.key] ?? VectorCentres(), seed: seed,
            isRegression: regressions.contains(block.key))
    }
}
