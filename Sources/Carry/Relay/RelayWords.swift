// What a relay tells about the requests that pass through it, and whom it tells. A watcher is asked on
// the relay's own thread, between two packets: it answers from what it knows and never waits.

public import Basics

/// A request's head, as it came.
public struct RelayHead {
    public let method: String
    let target: UnsafeBufferPointer<UInt8>
    let lines: UnsafeBufferPointer<UInt8>

    /// Path and query as sent, without prefix.
    public var path: String { String(decoding: target, as: UTF8.self) }

    /// The first value of a header, given in lower case.
    public subscript(header name: String) -> String? { headerValue(lines, name) }
}

/// A request that a watcher wanted to know, whole.
public struct RelayedRequest: Sendable {
    /// When its head came.
    public var time: Millis
    public var method: String
    /// Path and query as sent.
    public var path: String
    /// Without those that end at this hop.
    public var headers: HeaderBlock
    public var body: [UInt8]

    public init(
        time: Millis, method: String, path: String, headers: HeaderBlock, body: [UInt8]
    ) {
        self.time = time
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// How an exchange with a server ended.
public enum RelayEnding: Sendable, Equatable {
    case whole
    /// The head came, the body broke off.
    case truncated
    /// No connection, or no such host.
    case refused
    case timedOut
    /// The connection broke before an answer.
    case reset
    case tls
    /// More bytes than are let in.
    case tooLarge
    /// Given up by us: the client had gone, or the relay stops.
    case cancelled
    /// No HTTP, or anything else, in words.
    case garbled(String)
}

/// An answer as it came.
public struct RelayedAnswer: Sendable {
    /// 0 when no head came.
    public var status: Int
    public var headers: HeaderBlock
    /// The body, or its beginning when it was too large.
    public var body: [UInt8]
    public var ending: RelayEnding
    /// Seconds from sending to the first byte of the head.
    public var firstByte: Double?
    /// How the body grew: bytes so far, seconds after sending.
    public var chunks: [(end: Int, at: Double)]
    /// Seconds from sending to the end.
    public var total: Double
    /// So many of them may be the asking thread's own waiting for a processor; 0 where none is known.
    public var held = 0.0
}

/// What a watcher wants of one request.
public struct RelayInterest: Sendable {
    /// Comes back with everything about this request; the watcher's own.
    public var tag: UInt64
    /// Request bodies beyond this are let pass unwatched.
    public var requestBytesMax: Int
    /// So much of the answer is kept.
    public var answerBytesMax: Int

    public init(tag: UInt64, requestBytesMax: Int, answerBytesMax: Int) {
        self.tag = tag
        self.requestBytesMax = requestBytesMax
        self.answerBytesMax = answerBytesMax
    }
}

/// Why a request that was wanted is not told of after all.
public enum RelayLoss: Sendable, Equatable {
    case bodyTooLarge
    /// The server said no, with this status.
    case rejected(Int)
    /// The server gave no answer.
    case failed
    /// The client left before there was an answer.
    case clientGone
}

/// Who is told.
///
/// Each call comes on the relay's thread and must end within microseconds.
public struct RelayWatcher: Sendable {
    /// Asked with every head; nil lets the request pass unwatched.
    public var wants: @Sendable (RelayHead) -> RelayInterest?
    /// The server has begun to answer, with a status under 400.
    public var accepted: @Sendable (UInt64, RelayedRequest) -> Void
    /// The answer of an accepted request is over.
    public var ended: @Sendable (UInt64, RelayedAnswer) -> Void
    /// A wanted request was not accepted.
    public var lost: @Sendable (UInt64, RelayLoss) -> Void

    public init(
        wants: @escaping @Sendable (RelayHead) -> RelayInterest?,
        accepted: @escaping @Sendable (UInt64, RelayedRequest) -> Void,
        ended: @escaping @Sendable (UInt64, RelayedAnswer) -> Void,
        lost: @escaping @Sendable (UInt64, RelayLoss) -> Void
    ) {
        self.wants = wants
        self.accepted = accepted
        self.ended = ended
        self.lost = lost
    }

    /// Lets everything pass.
    public static let none = RelayWatcher(
        wants: { _ in nil }, accepted: { _, _ in }, ended: { _, _ in }, lost: { _, _ in })
}
