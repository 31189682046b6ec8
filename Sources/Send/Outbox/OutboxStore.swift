// What waits to be delivered, as a seam: Keep's outbox in SQLite behind it in the agent, memory in
// tests. A message is put in together with the record of what it tells, in one transaction, so that
// a crash neither loses a message nor makes it twice.

public import Basics

/// A message to be delivered.
public struct OutgoingMessage: Sendable, Equatable {
    /// The receiver and the place of its integration: `ops/0`.
    public var target: String
    public var groupKey: String
    public var payload: [UInt8]
    public var createdAt: Millis

    public init(target: String, groupKey: String, payload: [UInt8], createdAt: Millis) {
        self.target = target
        self.groupKey = groupKey
        self.payload = payload
        self.createdAt = createdAt
    }

    /// Sent with every attempt, so that a receiver can tell a repetition.
    ///
    /// 64-bit FNV-1a over all that makes the message, and its time: it needs no keeping and
    /// outlives a restart.
    public var deliveryID: String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func feed(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xff) &* 0x100_0000_01b3
        }
        feed(target.utf8)
        feed(groupKey.utf8)
        feed(payload)
        let digits = String(hash, radix: 16)
        let padding = String(repeating: "0", count: 16 - digits.count)
        return "\(String(createdAt, radix: 16))-\(padding)\(digits)"
    }
}

/// A message that waits.
public struct WaitingMessage: Sendable, Equatable {
    public var id: Int64
    public var message: OutgoingMessage
    /// Not to be tried before this.
    public var notBefore: Millis
    /// Attempts that failed.
    public var attempts: Int

    public init(id: Int64, message: OutgoingMessage, notBefore: Millis = 0, attempts: Int = 0) {
        self.id = id
        self.message = message
        self.notBefore = notBefore
        self.attempts = attempts
    }
}

/// One attempt to deliver, as it is remembered.
public struct DeliveryAttempt: Sendable, Equatable {
    public enum Outcome: String, Sendable { case delivered, failed, givenUp = "given_up" }

    public var message: Int64
    public var target: String
    public var groupKey: String
    public var at: Millis
    /// Counted from 1.
    public var number: Int
    public var outcome: Outcome
    /// What the receiver answered, or why no answer came.
    public var answer: String
    public var seconds: Double
}

/// The outbox; all calls block.
public struct OutboxStore: Sendable {
    /// Puts messages in and keeps the records of what they tell; all or nothing.
    public var enqueue: @Sendable ([OutgoingMessage], [SentRecord]) throws -> Void
    /// The records that have not expired, for the start.
    public var records: @Sendable (_ now: Millis) throws -> [SentRecord]
    /// What waits for a target, oldest first, **due or not**: order within a group matters.
    public var waiting: @Sendable (_ target: String, _ limit: Int) throws -> [WaitingMessage]
    /// Records the receiver's answer; the message is done.
    public var succeed: @Sendable (_ id: Int64, _ at: Millis, _ answer: String) throws -> Void
    /// Records a failed attempt and when to try again.
    public var fail: @Sendable (_ id: Int64, _ retryAt: Millis, _ error: String) throws -> Void
    /// Records that a message will not be tried again.
    public var giveUp: @Sendable (_ id: Int64, _ at: Millis, _ error: String) throws -> Void
    /// Remembers an attempt for people to look at.
    public var note: @Sendable (DeliveryAttempt) throws -> Void

    public init(
        enqueue: @escaping @Sendable ([OutgoingMessage], [SentRecord]) throws -> Void,
        records: @escaping @Sendable (Millis) throws -> [SentRecord],
        waiting: @escaping @Sendable (String, Int) throws -> [WaitingMessage],
        succeed: @escaping @Sendable (Int64, Millis, String) throws -> Void,
        fail: @escaping @Sendable (Int64, Millis, String) throws -> Void,
        giveUp: @escaping @Sendable (Int64, Millis, String) throws -> Void,
        note: @escaping @Sendable (DeliveryAttempt) throws -> Void = { _ in }
    ) {
        self.enqueue = enqueue
        self.records = records
        self.waiting = waiting
        self.succeed = succeed
        self.fail = fail
        self.giveUp = giveUp
        self.note = note
    }
}
