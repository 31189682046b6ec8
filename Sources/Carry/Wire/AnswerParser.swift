// An HTTP/1 answer taken apart as its bytes come (RFC 9112). A value that reads and never waits: it is
// given what there is, says the next thing that it finds there, and keeps nothing but where it stands, so
// the same bytes give the same steps in whatever pieces they come. Lenient where a line ends, strict where
// a body does: of two lengths, one may be an attacker's. It does not decode and drops trailers.

internal import Glibc

/// Where in an answer the bytes have come to.
struct AnswerParser {
    /// What was found.
    enum Step: Equatable {
        /// The status line of an answer, or of a 1xx before it.
        case status(Int)
        /// A header line without its end; the place of its colon.
        case field(Range<Int>, colon: Int)
        /// The head is whole, and it is no 1xx.
        case head
        /// A piece of the body.
        case body(Range<Int>)
        /// The answer is over.
        case end
        /// Nothing more in these bytes; those from here on are wanted again with what follows them.
        case more
        case fault(AnswerFault)
    }

    /// Of a head with the 1xx before it, of a chunk's line and of the trailers: libmicrohttpd takes no
    /// larger head for the client either.
    static let lineBytesMax = 64 << 10

    private enum State {
        case status, field, length, untilClose, chunk, chunkBytes, chunkEnd, trailer, over
    }

    private let isHead: Bool
    private var state = State.status
    private var status = 0
    private var framing = AnswerFraming()
    /// Body bytes of this length or chunk that are still to come.
    private var left = 0
    /// Bytes of the lines that are bounded together.
    private var lineBytes = 0
    /// Of an unfinished line, how far it was looked through for its end.
    private var scanned = 0

    /// - Parameter isHead: the answer is one to HEAD and has no body.
    init(isHead: Bool = false) { self.isHead = isHead }

    /// Whether the end of the connection is the end of the body.
    var endsWithConnection: Bool { state == .untilClose }
    /// Whether the connection may carry another request once the answer is over.
    var keepsConnection: Bool { state == .over && framing.keepsConnection }

    /// The next step.
    ///
    /// - Parameters:
    ///   - bytes: what has come; on a call after `more`, from there on.
    ///   - at: where to look from; moved behind what was found.
    mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Step {
        while true {
            switch state {
            case .over: return .end
            case .length, .chunkBytes, .untilClose: return piece(bytes.count, &at)
            default: break
            }
            guard let line = line(bytes, &at) else {
                return lineBytes + scanned > Self.lineBytesMax ? .fault(.longLine) : .more
            }
            if lineBytes > Self.lineBytesMax { return .fault(.longLine) }
            if let step = take(UnsafeBufferPointer(rebasing: bytes[line]), line) { return step }
        }
    }

    private mutating func piece(_ count: Int, _ at: inout Int) -> Step {
        let length = state == .untilClose ? count - at : min(left, count - at)
        guard length > 0 else { return .more }
        defer { at += length }
        if state != .untilClose {
            left -= length
            if left == 0 { state = state == .length ? .over : .chunkEnd }
        }
        return .body(at..<(at + length))
    }

    /// A whole line without its end; nil when it is not whole yet.
    private mutating func line(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Range<Int>?
    {
        guard let base = bytes.baseAddress, at + scanned < bytes.count,
            let found = memchr(base + at + scanned, 0x0A, bytes.count - at - scanned)
        else {
            scanned = bytes.count - at
            return nil
        }
        let (start, end) = (at, UnsafeRawPointer(found) - UnsafeRawPointer(base))
        at = end + 1
        scanned = 0
        lineBytes += at - start
        return start..<(end > start && bytes[end - 1] == 0x0D ? end - 1 : end)
    }

    /// A line by what it must be here; nil when it says nothing to the reader of the answer.
    private mutating func take(_ text: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Step? {
        switch state {
        case .status:
            guard let read = statusLine(text) else { return .fault(.noHTTP) }
            status = read.status
            framing = AnswerFraming(isOld: read.minor == 0)
            state = .field
            return .status(status)
        case .field:
            if text.isEmpty { return headEnd() }
            guard let colon = colon(of: text) else { return .fault(.badLine) }
            if let fault = framing.take(text, colon) { return .fault(fault) }
            return .field(line, colon: line.lowerBound + colon)
        case .chunk:
            guard let size = chunkSize(text) else { return .fault(.badChunk) }
            left = size
            state = size == 0 ? .trailer : .chunkBytes
            lineBytes = 0
        case .chunkEnd:
            guard text.isEmpty else { return .fault(.badChunk) }
            state = .chunk
        case .trailer:
            if text.isEmpty { state = .over }
        default: break
        }
        return nil
    }

    private mutating func headEnd() -> Step? {
        if status == 101 { return .fault(.switched) }
        if status < 200 {
            state = .status
            return nil
        }
        lineBytes = 0
        if framing.isChunked, framing.length != nil { return .fault(.twoLengths) }
        if isHead || status == 204 || status == 304 {
            state = .over
        } else if framing.isChunked {
            state = .chunk
        } else if let length = framing.length {
            left = length
            state = length > 0 ? .length : .over
        } else {
            state = .untilClose
        }
        return .head
    }
}

/// Status and minor version of `HTTP/1.1 200 whatever`.
private func statusLine(_ text: UnsafeBufferPointer<UInt8>) -> (status: Int, minor: Int)? {
    guard text.count >= 12, text.starts(with: "HTTP/1.".utf8), text[8] == 0x20,
        text.count == 12 || text[12] == 0x20,
        let minor = decimal(UnsafeBufferPointer(rebasing: text[7..<8])),
        let status = decimal(UnsafeBufferPointer(rebasing: text[9..<12])), status >= 100
    else { return nil }
    return (status, minor)
}

/// The place of the colon behind a name; nil when this is no header line, or one folded into the last.
private func colon(of text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = text.baseAddress, let colon = text.firstIndex(of: 0x3A), colon > 0,
        text[..<colon].allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
        // Lines are kept with a zero behind each, and a bare CR is a line's end to some.
        memchr(base, 0, text.count) == nil, memchr(base, 0x0D, text.count) == nil
    else { return nil }
    return colon
}

/// The size of a chunk; extensions are passed over.
private func chunkSize(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    var (size, digits) = (0, 0)
    for byte in text {
        switch byte {
        case 0x30...0x39: size = size << 4 | Int(byte - 0x30)
        case 0x41...0x46, 0x61...0x66: size = size << 4 | Int((byte | 0x20) - 0x57)
        case 0x20, 0x09, 0x3B: return digits > 0 ? size : nil
        default: return nil
        }
        digits += 1
        if digits > 15 { return nil }
    }
    return digits > 0 ? size : nil
}
