// Something that happened in delivery, in one vocabulary for every source. An event has its own time,
// not its arrival's; state is a fold over events by that time, so order and repetition of arrival
// change nothing. The fields of each kind are listed at `EventKind`; unknown ones travel along.

/// What kind of thing happened, and which fields tell of it.
///
/// Times are milliseconds since the epoch, in numbers.
public enum EventKind: String, Sendable, CaseIterable {
    /// `sha`, `parents` (number), `parentShas` (list), `authored`, `committed` (times), `added`,
    /// `deleted`, `files`, `change` (change request), `isRevert`, `isFix`, `branch`.
    case commit
    /// A change request: `change`, `action` (opened, ready, updated, merged, closed, reopened), `branch`,
    /// `target`, `isDraft`, `sha` (merge commit), `added`, `deleted`, `firstCommit` (time), `title`.
    case change
    /// `change`, `state` (approved, changes_requested, commented), `comments`.
    case review
    /// `build` (id), `job`, `branch`, `sha`, `status` (queued, running, success, unstable, failure, aborted,
    /// not_built), `started`, `finished` (times), `queuedMillis`, `durationMillis`, `attempt`.
    case build
    /// `suite`, `sha`, `build`, `passed`, `failed`, `errors`, `skipped`, `durationMillis`, `flaky`;
    /// coverage: `linesCovered`, `linesValid`, `branchesCovered`, `branchesValid`; load: `label`, `samples`,
    /// `errorShare`, `p50Millis`, `p95Millis`, `p99Millis`.
    case testRun
    /// `deployment` (id), `environment`, `sha`, `version`, `status` (started, success, failure, rolled_back),
    /// `started`, `finished` (times), `rollbackOf`, `isUnplanned`, `share` (gray release, 0…1).
    case deployment
    /// `incident` (id), `action` (opened, acknowledged, resolved, reopened), `severity`, `deployment`,
    /// `rootCause` (sha), `change`, `title`.
    case incident
    /// `item` (key), `action` (created, updated, moved, estimated, assigned, deleted), `type` (story, bug,
    /// task, subtask, …), `stage`, `fromStage`, `estimate`, `iteration`, `fromIteration`, `assignee`
    /// (pseudonym), `isDone`, `priority`, `parent`.
    case workItem
    /// `iteration` (id), `name`, `action` (created, started, updated, closed), `start`, `end` (planned
    /// times), `board`, `goal`.
    case iteration
    /// `version`, `sha`, `model`, `dataVersion`, `step` (requirement, review, branch, test, deploy, monitor,
    /// documents, backup, plan), `person` (pseudonym), `evidence`.
    case release
    /// `score`, `scale`, `thumbs` (up, down), `tag`, `comment`, `model`, `version`, `request`, `user`
    /// (pseudonym), `adopted`.
    case feedback
    /// A training run or an evaluation: `model`, `version`, `run`, `step`, `epoch`, `split` (train,
    /// validation), `metric`, `value`.
    case training
}

/// A field of an event.
public enum EventValue: Sendable, Hashable {
    case text(String)
    case number(Double)
    case bool(Bool)
    case list([String])

    public var text: String? {
        if case .text(let text) = self { return text }
        return nil
    }

    public var number: Double? {
        if case .number(let number) = self { return number }
        return nil
    }

    public var bool: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    public var list: [String]? {
        if case .list(let items) = self { return items }
        return nil
    }
}

/// One event.
public struct Event: Sendable, Equatable {
    /// Unique within a source; a second event with the same id changes nothing.
    public var id: String
    /// `github/shop`: kind and configured name of the source, or `git`, `upload`, `api`.
    public var source: String
    public var kind: EventKind
    /// When it happened.
    public var time: Millis
    /// Where it belongs; each empty when it is not known.
    public var team: String
    public var repository: String
    public var service: String
    /// Who did it, as a pseudonym unless names are switched on; empty when it is not known.
    public var actor: String
    public var isBot: Bool
    public var fields: [String: EventValue]

    public init(
        id: String, source: String, kind: EventKind, time: Millis, team: String = "",
        repository: String = "", service: String = "", actor: String = "", isBot: Bool = false,
        fields: [String: EventValue] = [:]
    ) {
        self.id = id
        self.source = source
        self.kind = kind
        self.time = time
        self.team = team
        self.repository = repository
        self.service = service
        self.actor = actor
        self.isBot = isBot
        self.fields = fields
    }

    public subscript(field: String) -> EventValue? { fields[field] }
}
