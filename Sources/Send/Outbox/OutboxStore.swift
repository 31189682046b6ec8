// What waits to be delivered, as a seam: Keep's outbox in SQLite behind it in the agent, memory in
// tests. A message is put in together with the state of its group, in one transaction, so that a crash
// neither loses a message nor makes it twice.

public import Basics

/// A message to be put into the outbox.
public struct OutboxDraft: Sendable, Equatable {
    /// The receiver and the place of its webhook: `ops/0`.
    public var target: String
    public var groupKey: String
    public var payload: [UInt8]
    /// Sent with every attempt, so that a receiver can tell a repetition.
    public var deliveryID: String
    public var createdAt: Millis

    public init(
        target: String, groupKey: String, payload: [UInt8], deliveryID: String, createdAt: Millis
    ) {
        self.target = target
        self.groupKey = groupKey
        self.payload = payload
        self.deliveryID = deliveryID
        self.createdAt = createdAt
    }
}

/// A message that waits.
public struct OutboxEntry: Sendable, Equatable {
    public var id: Int64
    public var draft: OutboxDraft
    /// Not to be tried before this.
    public var notBefore: Millis
    public var attempts: Int

    public init(id: Int64, draft: OutboxDraft, notBefore: Millis = 0, attempts: Int = 0) {
        self.id = id
        self.draft = draft
        self.notBefore = notBefore
        self.attempts = attempts
    }
}

/// The outbox; all calls block.
public struct OutboxStore: Sendable {
    /// Puts messages in, remembers the groups that changed, by ``NotificationGroup/memoryKey`` and
    /// ``NotificationGroup/encoded``, and forgets those that ended; all or nothing.
    public var enqueue:
        @Sendable (
            _ drafts: [OutboxDraft], _ changed: [NotificationGroup], _ ended: [String]
        ) throws -> Void
    /// What waits for a target, oldest first, due or not.
    public var waiting: @Sendable (_ target: String, _ limit: Int) throws -> [OutboxEntry]
    /// Records the receiver's answer; the message is done.
    public var succeed: @Sendable (_ id: Int64, _ at: Millis, _ status: Int) throws -> Void
    /// Records a failed attempt and when to try again.
    public var fail: @Sendable (_ id: Int64, _ retryAt: Millis, _ error: String) throws -> Void
    /// Records that a message will not be tried again.
    public var giveUp: @Sendable (_ id: Int64, _ at: Millis, _ error: String) throws -> Void

    public init(
        enqueue: @escaping @Sendable ([OutboxDraft], [NotificationGroup], [String]) throws -> Void,
        waiting: @escaping @Sendable (String, Int) throws -> [OutboxEntry],
        succeed: @escaping @Sendable (Int64, Millis, Int) throws -> Void,
        fail: @escaping @Sendable (Int64, Millis, String) throws -> Void,
        giveUp: @escaping @Sendable (Int64, Millis, String) throws -> Void
    ) {
        self.enqueue = enqueue
        self.waiting = waiting
        self.succeed = succeed
        self.fail = fail
        self.giveUp = giveUp
    }
}

/// Where groups are read back from at start; they are written by ``OutboxStore/enqueue``.
public struct GroupMemory: Sendable {
    public var load: @Sendable () throws -> [NotificationGroup]

    public init(load: @escaping @Sendable () throws -> [NotificationGroup]) { self.load = load }

    public static let none = GroupMemory(load: { [] })
}

/// An outbox that lasts as long as it is held; for tests and for an agent without a disk.
public final class MemoryOutbox: Sendable {
    public enum Outcome: Sendable, Equatable {
        case waiting, sent, givenUp
    }

    private struct State {
        var entries: [(entry: OutboxEntry, outcome: Outcome, error: String?)] = []
        var groups: [String: [UInt8]] = [:]
    }

    private let state = Lock(State())

    public init() {}

    /// Every message ever put in, with what became of it.
    public var history: [(entry: OutboxEntry, outcome: Outcome, error: String?)] {
        state.withLock { $0.entries }
    }

    public var store: OutboxStore {
        OutboxStore(
            enqueue: { drafts, changed, ended in
                self.state.withLock { state in
                    for draft in drafts {
                        let id = Int64(state.entries.count + 1)
                        state.entries.append((OutboxEntry(id: id, draft: draft), .waiting, nil))
                    }
                    for group in changed { state.groups[group.memoryKey] = group.encoded }
                    for key in ended { state.groups[key] = nil }
                }
            },
            waiting: { target, limit in
                self.state.withLock { state in
                    let all = state.entries.filter {
                        $0.outcome == .waiting && $0.entry.draft.target == target
                    }
                    return all.prefix(limit).map(\.entry)
                }
            },
            succeed: { id, _, _ in self.settle(id, .sent, nil) },
            fail: { id, retryAt, error in
                self.state.withLock { state in
                    state.entries[Int(id) - 1].entry.attempts += 1
                    state.entries[Int(id) - 1].entry.notBefore = retryAt
                    state.entries[Int(id) - 1].error = error
                }
            },
            giveUp: { id, _, error in self.settle(id, .givenUp, error) })
    }

    public var groups: GroupMemory {
        GroupMemory(load: {
            self.state.withLock { state in
                state.groups.values.compactMap { NotificationGroup(encoded: $0) }
            }
        })
    }

    private func settle(_ id: Int64, _ outcome: Outcome, _ error: String?) {
        state.withLock { state in
            state.entries[Int(id) - 1].outcome = outcome
            state.entries[Int(id) - 1].error = error
        }
    }
}
