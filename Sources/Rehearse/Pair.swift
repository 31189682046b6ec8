// The words of a rehearsal that everybody shares: one request, what the primary and the candidate
// answered, and how the answers came. Capturing fills them in the path or in a replay; comparing reads
// them. Nothing here talks to a network or a disk, and nothing judges.

public import Basics

/// A request as it was seen, with the secrets of its caller gone.
public struct CapturedRequest: Sendable {
    /// Joins answers, labels, feedback and spans: the caller's `x-request-id`, or a fresh one.
    public var id: String
    /// When it came, in milliseconds since the epoch.
    public var time: Millis
    public var method: String
    /// Path and query as sent, without host; a query's secrets are masked.
    public var path: String
    /// Names in lower case; credentials are left out (``Scrub``).
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        id: String, time: Millis, method: String = "POST", path: String,
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.id = id
        self.time = time
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// The first header of a name, given in lower case.
    public subscript(header name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// How an answer ended.
public enum Ending: String, Sendable, CaseIterable {
    /// All of it came, whatever its status says.
    case whole
    /// It began and did not end: the connection broke, or a stream stopped without its last message.
    case truncated
    /// No connection.
    case refused
    case timedOut = "timed_out"
    /// The connection broke before the first byte.
    case reset
    case tls
    /// More bytes than are kept; what was kept is a beginning.
    case tooLarge = "too_large"
    /// Anything else that is no HTTP answer.
    case garbled
}

/// A run of body bytes as it came.
public struct Chunk: Sendable, Equatable {
    /// Bytes of the body that were there after it.
    public var end: Int
    /// Seconds after the request was sent.
    public var at: Double

    public init(end: Int, at: Double) {
        self.end = end
        self.at = at
    }
}

/// When the parts of an answer came: seconds after the request was sent, by one monotonic clock.
public struct AnswerTiming: Sendable, Equatable {
    /// The first byte of the head.
    public var firstByte: Double?
    /// The first content that a person would see: a delta with text, reasoning or a tool call, never
    /// the role alone; nil until the protocol has read it from the body.
    public var firstContent: Double?
    /// Body chunks in order; gaps between them are chunk gaps, not token gaps.
    public var chunks: [Chunk]
    /// The last byte, or the moment it was given up.
    public var total: Double
    /// So many seconds may be the asker's own waiting for a processor, not the server's.
    public var held = 0.0

    public init(
        firstByte: Double? = nil, firstContent: Double? = nil, chunks: [Chunk] = [],
        total: Double = 0
    ) {
        self.firstByte = firstByte
        self.firstContent = firstContent
        self.chunks = chunks
        self.total = total
    }
}

/// What an answer used up; nil is unknown.
public struct Usage: Sendable, Equatable {
    public var tokensIn: Int?
    public var tokensOut: Int?
    /// Prompt tokens that came from a cache: a side that has many was not asked fairly.
    public var tokensCached: Int?
    /// In the currency of the configuration.
    public var cost: Double?

    public init(
        tokensIn: Int? = nil, tokensOut: Int? = nil, tokensCached: Int? = nil, cost: Double? = nil
    ) {
        self.tokensIn = tokensIn
        self.tokensOut = tokensOut
        self.tokensCached = tokensCached
        self.cost = cost
    }
}

/// One side's answer.
public struct Answer: Sendable {
    /// 0 when no head came.
    public var status: Int
    /// Names in lower case.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    public var ending: Ending
    public var timing: AnswerTiming
    public var usage: Usage

    public init(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        ending: Ending = .whole, timing: AnswerTiming = AnswerTiming(), usage: Usage = Usage()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.ending = ending
        self.timing = timing
        self.usage = usage
    }

    /// An answer that can be compared: whole, and neither a client's nor a server's error.
    public var isGood: Bool { ending == .whole && status >= 200 && status < 400 }

    public subscript(header name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// A part of the traffic that a request belongs to: `label=8`, `language=zh`, `tenant=a`.
public struct Slice: Sendable, Hashable, Comparable {
    public var field: String
    public var value: String

    public init(_ field: String, _ value: String) {
        self.field = field
        self.value = value
    }

    public static func < (a: Slice, b: Slice) -> Bool {
        (a.field, a.value) < (b.field, b.value)
    }
}

/// One request and its answers.
public struct Pair: Sendable {
    public var request: CapturedRequest
    public var primary: Answer
    public var candidate: Answer
    /// What a second copy of the primary answered (A/A), from which noise is learnt.
    public var second: Answer?
    /// Which of the two sides was asked first; nil when both were asked at once.
    public var candidateFirst: Bool?
    public var slices: [Slice]
    /// The true answer, when it is known already.
    public var label: String?
    /// When the primary's answer was there; what began later was asked later.
    public var over: Millis

    public init(
        request: CapturedRequest, primary: Answer, candidate: Answer, second: Answer? = nil,
        candidateFirst: Bool? = nil, slices: [Slice] = [], label: String? = nil
    ) {
        self.request = request
        self.primary = primary
        self.candidate = candidate
        self.second = second
        self.candidateFirst = candidateFirst
        self.slices = slices
        self.label = label
        over = request.time + Millis((primary.timing.total * 1000).rounded(.up)) + 1
    }
}
