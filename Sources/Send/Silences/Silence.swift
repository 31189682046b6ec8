// Silences: for a time that somebody names, alerts that fit are not told. The rules are Alertmanager's:
// a silence that is active or ended is history and is not rewritten; changing more of it than its end
// ends it and makes another.

public import Basics

/// One silence.
public struct Silence: Sendable, Equatable {
    public enum State: String, Sendable { case pending, active, expired }

    /// A UUID; empty for one that is to be made.
    public var id: String
    public var matchers: [Matcher]
    public var startsAt: Millis
    public var endsAt: Millis
    public var updatedAt: Millis
    public var createdBy: String
    public var comment: String

    public init(
        id: String = "", matchers: [Matcher], startsAt: Millis, endsAt: Millis,
        updatedAt: Millis = 0, createdBy: String, comment: String
    ) {
        self.id = id
        self.matchers = matchers
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
        self.comment = comment
    }

    public func state(at now: Millis) -> State {
        if now < startsAt { return .pending }
        return now < endsAt ? .active : .expired
    }
}

/// Why a silence is not taken.
public enum SilenceError: Error, Sendable, Equatable, CustomStringConvertible {
    case notFound
    case alreadyExpired(String)
    case invalid(String)
    case tooMany(Int)
    case cannotKeep(String)

    public var description: String {
        switch self {
        case .notFound: "silence not found"
        case .alreadyExpired(let id): "silence \(id) already expired"
        case .invalid(let reason): "silence invalid: \(reason)"
        case .tooMany(let most):
            "more than the limit of \(most) silences; expire some that are not needed"
        case .cannotKeep(let reason): "silence cannot be kept: \(reason)"
        }
    }
}

/// All silences, as a value.
public struct Silences: Sendable {
    /// Ended silences are remembered for five days, as in Alertmanager.
    static let keptMillis: Millis = 120 * 3_600_000
    /// Nobody reads more; a script that makes one a minute is stopped here.
    public static let countMax = 10_000

    private(set) var all: [String: Silence] = [:]

    public init(_ known: [Silence] = []) {
        for silence in known { all[silence.id] = silence }
    }

    /// A silence by its id.
    public subscript(id: String) -> Silence? { all[id] }

    /// Makes a silence, or changes one.
    ///
    /// - Parameter newID: the id of a silence that has to be made.
    /// - Returns: the silences that are to be kept at rest, the one that was asked for last.
    mutating func set(
        _ silence: Silence, newID: String, at now: Millis
    ) throws(SilenceError) -> [Silence] {
        var silence = silence
        silence.updatedAt = now
        var changed: [Silence] = []
        if !silence.id.isEmpty {
            guard let known = all[silence.id] else { throw .notFound }
            try Self.check(silence)
            if Self.canBecome(known, silence, at: now) {
                all[silence.id] = silence
                return [silence]
            }
            if known.state(at: now) != .expired { changed.append(try expire(known.id, at: now)) }
        } else {
            try Self.check(silence)
        }
        guard all.count < Self.countMax else { throw .tooMany(Self.countMax) }
        silence.id = newID
        silence.startsAt = max(silence.startsAt, now)
        all[silence.id] = silence
        return changed + [silence]
    }

    /// Ends a silence now.
    mutating func expire(_ id: String, at now: Millis) throws(SilenceError) -> Silence {
        guard var silence = all[id] else { throw .notFound }
        switch silence.state(at: now) {
        case .expired: throw .alreadyExpired(id)
        case .active: silence.endsAt = now
        case .pending:
            silence.startsAt = now
            silence.endsAt = now
        }
        silence.updatedAt = now
        all[id] = silence
        return silence
    }

    /// The ids of the silences that hold an alert back.
    func holding(_ labels: Labels, at now: Millis) -> [String] {
        var found: [String] = []
        for (id, silence) in all
        where silence.state(at: now) == .active && silence.matchers.fit(labels) {
            found.append(id)
        }
        return found.sorted()
    }

    /// Forgets what ended long ago.
    ///
    /// - Returns: the ids that are gone.
    mutating func prune(at now: Millis) -> [String] {
        let gone = all.values.filter { $0.endsAt + Self.keptMillis < now }.map(\.id)
        for id in gone { all[id] = nil }
        return gone
    }

    private static func check(_ silence: Silence) throws(SilenceError) {
        if silence.matchers.isEmpty { throw .invalid("at least one matcher required") }
        let fitsAll = silence.matchers.allSatisfy { matcher in
            do { return try matcher.matches("") } catch { return false }
        }
        if fitsAll { throw .invalid("at least one matcher must not match the empty string") }
        if silence.endsAt < silence.startsAt {
            throw .invalid("end time must not be before start time")
        }
    }

    private static func canBecome(_ old: Silence, _ new: Silence, at now: Millis) -> Bool {
        guard old.matchers == new.matchers else { return false }
        switch old.state(at: now) {
        case .active: return new.startsAt == old.startsAt && new.endsAt >= now
        case .pending: return new.startsAt >= now
        case .expired: return false
        }
    }
}

/// Where silences are kept; calls block.
public struct SilenceStore: Sendable {
    public var load: @Sendable () throws -> [Silence]
    /// Keeps silences, replacing those of the same id, and forgets others; all or nothing.
    public var save: @Sendable (_ changed: [Silence], _ gone: [String]) throws -> Void

    public init(
        load: @escaping @Sendable () throws -> [Silence],
        save: @escaping @Sendable ([Silence], [String]) throws -> Void
    ) {
        self.load = load
        self.save = save
    }

    /// Keeps nothing; for tests and trials.
    public static let none = SilenceStore(load: { [] }, save: { _, _ in })
}
