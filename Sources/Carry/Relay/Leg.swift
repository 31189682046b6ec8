// One side of a relayed exchange: a request on its way to a server and the answer as it comes. Header
// lines stay bytes from end to end. It does not know what carries it: a wire of ours or libcurl, which
// read the request here and tell the answer piece by piece. Used again for the next request.

internal import Glibc

/// A request and its answer between us and one server.
final class Leg {
    /// Where a leg's answers stop being kept, and when it is given up.
    struct Bounds {
        var connectMillis = 10_000
        /// For the whole exchange; 0 for no end.
        var totalMillis = 0
        /// Answer bytes that are let in; beyond them the transfer is given up.
        var answerBytesMax = Int.max
    }

    /// Called when the head is whole, when bytes came, and at the end.
    let changed: (Leg) -> Void
    /// The wire that carries it.
    var wire: Wire?
    /// libcurl's handle, once there was need of one.
    private(set) lazy var easy = EasyTransfer(self)
    private(set) var isRunning = false

    // The request.
    var server = Server()
    var method = "GET"
    /// Path and query, ended by a zero byte.
    var target = RawBytes(capacity: 256)
    /// Lines of `Name: value`, ended by a zero byte each.
    var lines = RawBytes()
    var bounds = Bounds()
    /// The body; of a streamed one what was not sent yet.
    var body = RawBytes()
    /// True while more of the body may come.
    var bodyIsOpen = false
    var isStreamed = false
    /// Bytes of a streamed body; nil when that is not known.
    var streamedLength: Int?

    // The answer.
    private(set) var status = 0
    private(set) var head = RawBytes(capacity: 1024)
    private(set) var hops = HopByHop()
    private(set) var contentLength: Int?
    private(set) var headIsWhole = false
    var answer = RawBytes(capacity: 4096)
    /// Answer bytes that came, kept or not.
    private(set) var received = 0
    /// Unread answer bytes at which the server has to wait.
    var unreadMax = Int.max
    private(set) var isTooLarge = false
    private(set) var isOver = false
    /// How it ended; cancelled until it did.
    private(set) var ending = RelayEnding.cancelled

    // When.
    private(set) var sentAt: Int64 = 0
    private(set) var firstByteAt: Int64 = 0
    private(set) var lastByteAt: Int64 = 0
    /// When something moved last, as this side saw it.
    private(set) var heardAt: Int64 = 0
    /// The kernel said of all that came over a wire when it came in.
    var isStamped = true
    var notesChunks = false
    private(set) var chunks: [(end: Int, at: Int64)] = []

    init(changed: @escaping (Leg) -> Void) { self.changed = changed }

    /// Makes ready for another request.
    func clear() {
        target.clear()
        lines.clear()
        body.clear()
        bodyIsOpen = false
        isStreamed = false
        streamedLength = nil
        status = 0
        head.clear()
        hops.clear()
        contentLength = nil
        headIsWhole = false
        answer.clear()
        received = 0
        isTooLarge = false
        isOver = false
        ending = .cancelled
        firstByteAt = 0
        lastByteAt = 0
        isStamped = true
        notesChunks = false
        chunks.removeAll(keepingCapacity: true)
    }

    func stopNotingChunks() {
        notesChunks = false
        chunks.removeAll(keepingCapacity: true)
    }

    /// Whether the request says a length, be it that of an empty body.
    var hasBody: Bool {
        method != "HEAD"
            && (body.count > 0 || method == "POST" || method == "PUT" || method == "PATCH")
    }

    /// It is sent whole over a kept wire, and nothing of the answer was read.
    var isAwaited: Bool { wire?.isAwaiting ?? false }

    /// Says that more of a streamed body is there, or that it is whole.
    func bodyGrew() {
        guard isRunning, isStreamed else { return }
        easy?.bodyGrew()
    }

    /// Lets a server that had to wait go on, once enough was read.
    func answerWasRead() {
        guard isRunning, answer.unread < unreadMax / 2 else { return }
        if let wire { wire.goOn() } else { easy?.goOn() }
    }

    // MARK: What carries it says

    /// It is on its way; a second time when another carrier takes it over.
    func begin() {
        guard !isRunning else { return }
        isRunning = true
        sentAt = monotonicNow()
        heardAt = sentAt
    }

    /// Something of the request was taken.
    func moved() { heardAt = monotonicNow() }

    /// Hands out what there is of a streamed body.
    func giveBody(into room: UnsafeMutableRawPointer, atMost most: Int) -> Int {
        let taken = body.take(into: room, atMost: most)
        guard taken > 0 else { return 0 }
        body.dropTaken()
        moved()
        changed(self)
        return taken
    }

    /// A status line: what came before it spoke of what was to come.
    func take(status: Int, at now: Int64) {
        if firstByteAt == 0 { firstByteAt = now }
        heardAt = monotonicNow()
        self.status = status
        head.clear()
        hops.clear()
        contentLength = nil
    }

    /// A header line.
    func take(field line: UnsafeBufferPointer<UInt8>, colon: Int) {
        let name = UnsafeBufferPointer(rebasing: line[..<colon])
        if matches(name, "connection") {
            hops.note(connection: UnsafeBufferPointer(rebasing: line[(colon + 1)...]))
        } else if matches(name, "content-length") {
            contentLength = decimal(UnsafeBufferPointer(rebasing: line[(colon + 1)...]))
        }
        head.append(UnsafeRawBufferPointer(line))
        head.append(0)
    }

    func endHead() {
        headIsWhole = true
        changed(self)
    }

    /// A piece of the answer's body.
    ///
    /// - Returns: false when it is more than is let in.
    func take(body piece: UnsafeRawBufferPointer, at now: Int64) -> Bool {
        if received + piece.count > bounds.answerBytesMax {
            isTooLarge = true
            return false
        }
        received += piece.count
        answer.append(piece)
        heardAt = monotonicNow()
        if notesChunks { chunks.append((received, now)) }
        changed(self)
        return true
    }

    /// The end, one way or another; now, unless it is known when.
    func end(_ ending: RelayEnding, at time: Int64? = nil) {
        self.ending = ending
        isOver = true
        isRunning = false
        lastByteAt = time ?? monotonicNow()
        changed(self)
    }
}
