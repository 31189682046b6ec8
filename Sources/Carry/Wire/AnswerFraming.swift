// What an answer's header lines say about where its body ends and whether the connection stays (RFC 9112,
// 6 and 9). Whoever could make two readers disagree about a body's end could slip an answer of his own to
// the next client, so what contradicts itself is a fault.

/// Length, coding and persistence, gathered line by line.
struct AnswerFraming {
    private(set) var length: Int?
    private(set) var isChunked = false
    private(set) var keepsConnection: Bool

    /// - Parameter isOld: the answer is HTTP/1.0, whose connections are not kept.
    init(isOld: Bool = false) { keepsConnection = !isOld }

    /// Takes a header line whose colon is known.
    mutating func take(_ text: UnsafeBufferPointer<UInt8>, _ colon: Int) -> AnswerFault? {
        guard colon == 10 || colon == 14 || colon == 17 else { return nil }
        let name = UnsafeBufferPointer(rebasing: text[..<colon])
        let value = UnsafeBufferPointer(rebasing: text[(colon + 1)...])
        if matches(name, "content-length") {
            guard let said = decimal(value) else { return .badLength }
            if length != nil, length != said { return .twoLengths }
            length = said
        } else if matches(name, "transfer-encoding") {
            guard !isChunked, isOne(value, "chunked") || isOne(value, "identity") else {
                return .unknownCoding
            }
            isChunked = isOne(value, "chunked")
        } else if matches(name, "connection") {
            for part in value.split(separator: UInt8(ascii: ","))
            where isOne(UnsafeBufferPointer(rebasing: part), "close") { keepsConnection = false }
        }
        return nil
    }

    private func isOne(_ value: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        matches(trimmed(value), word)
    }
}

/// Why an answer cannot be read.
enum AnswerFault: Equatable {
    case noHTTP, badLine, longLine, badLength, twoLengths, unknownCoding, badChunk, switched

    var words: String {
        switch self {
        case .noHTTP: "the answer does not begin with an HTTP/1 status line"
        case .badLine: "a header line without a name, folded, or with a control character"
        case .longLine: "head, trailers or a chunk's line beyond \(AnswerParser.lineBytesMax) bytes"
        case .badLength: "a Content-Length that is no number"
        case .twoLengths: "lengths that contradict each other"
        case .unknownCoding: "a transfer coding other than chunked"
        case .badChunk: "a chunk without its size or its end"
        case .switched: "a change of protocol that nobody asked for"
        }
    }
}

/// A text without the blanks around it.
func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var range = text[...]
    while let first = range.first, first == 0x20 || first == 0x09 { range = range.dropFirst() }
    while let last = range.last, last == 0x20 || last == 0x09 { range = range.dropLast() }
    return UnsafeBufferPointer(rebasing: range)
}

/// A number of up to 18 decimal digits with blanks around it; nil when it is none.
func decimal(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    let digits = trimmed(text)
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var value = 0
    for byte in digits {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
    }
    return value
}
