// Server-sent events (the subset that model servers send: `data:` fields, blank lines between
// messages) and JSON lines, from a whole body, with the place where each message ended: the place
// gives the time at which its chunk came.

internal import Bytes

/// The messages of a streamed body.
struct EventStream {
    struct Message {
        var data: ArraySlice<UInt8>
        /// Bytes of the body up to the end of the message's line.
        var end: Int
    }

    /// Messages of server-sent events; comments and other fields are left out.
    static func events(_ body: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for line in lines(body) {
            let bytes = body[line.lowerBound..<line.upperBound]
            guard bytes.starts(with: Array("data:".utf8)) else { continue }
            var data = bytes.dropFirst(5)
            if data.first == 0x20 { data = data.dropFirst() }
            messages.append(Message(data: data, end: line.upperBound))
        }
        return messages
    }

    /// One message a line.
    static func jsonLines(_ body: [UInt8]) -> [Message] {
        lines(body).compactMap { line in
            let bytes = body[line.lowerBound..<line.upperBound]
            return bytes.isEmpty ? nil : Message(data: bytes, end: line.upperBound)
        }
    }

    /// The ranges of lines without their ends; LF, CRLF or CR.
    private static func lines(_ body: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in body.enumerated() where byte == 0x0a || byte == 0x0d {
            if index > start { ranges.append(start..<index) }
            start = index + 1
        }
        if start < body.count { ranges.append(start..<body.count) }
        return ranges
    }
}
