// An outbox that lasts as long as it is held; for tests, and for an agent without a disk.

import Basics

/// Messages and records in memory.
public final class MemoryOutbox: Sendable {
    public enum Outcome: Sendable, Equatable {
        case waiting, sent, givenUp
    }

    /// A message with what became of it.
    public struct Entry: Sendable, Equatable {
        public var waiting: WaitingMessage
        public var outcome = Outcome.waiting
        /// The receiver's answer or the last error.
        public var note: String?
    }

    private struct State {
        var entries: [Entry] = []
        var records: [SentRecord.Key: SentRecord] = [:]
    }

    private let state = Lock(State())

    public init() {}

    /// Every message ever put in.
    public var history: [Entry] { state.withLock { $0.entries } }

    public var store: OutboxStore {
        OutboxStore(
            enqueue: { messages, records in
                self.state.withLock { state in
                    for message in messages {
                        let id = Int64(state.entries.count + 1)
                        state.entries.append(
                            Entry(waiting: WaitingMessage(id: id, message: message)))
                    }
                    for record in records { state.records[record.key] = record }
                }
            },
            records: { now in
                self.state.withLock { $0.records.values.filter { $0.expiresAt > now } }
            },
            waiting: { target, limit in
                self.state.withLock { state in
                    let all = state.entries.filter {
                        $0.outcome == .waiting && $0.waiting.message.target == target
                    }
                    return all.prefix(limit).map(\.waiting)
                }
            },
            succeed: { id, _, answer in self.settle(id, .sent, answer) },
            fail: { id, retryAt, error in
                self.state.withLock { state in
                    let index = Int(id) - 1
                    state.entries[index].waiting.attempts += 1
                    state.entries[index].waiting.notBefore = retryAt
                    state.entries[index].note = error
                }
            },
            giveUp: { id, _, error in self.settle(id, .givenUp, error) })
    }

    private func settle(_ id: Int64, _ outcome: Outcome, _ note: String) {
        state.withLock { state in
            state.entries[Int(id) - 1].outcome = outcome
            state.entries[Int(id) - 1].note = note
        }
    }
}
