// The head of a request as it goes over a wire: request line, Host, the lines as they are, the length of
// the body. What frames the body is said here alone, and nothing that came in as one line can leave as two.

internal import Glibc

extension Leg {
    /// Writes the head.
    ///
    /// - Parameters:
    ///   - host: the line for a request that names no host of its own, with its end.
    ///   - out: emptied and filled.
    /// - Returns: false when a line would be two, or the method more than a word.
    func writeHead(host: [UInt8], into out: inout RawBytes) -> Bool {
        out.clear()
        let isWord = method.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard isWord, !method.isEmpty, !hasLineEnd(target.start, target.count - 1),
            !hasLineEnd(lines.start, lines.count)
        else { return false }
        out.append(method)
        out.append(" ")
        out.append(UnsafeRawBufferPointer(start: target.start, count: target.count - 1))
        out.append(" HTTP/1.1\r\n")
        if !names("host") { host.withUnsafeBytes { out.append($0) } }
        eachLine { line, name in
            // Of the framing there may be one word only.
            if matches(name, "content-length") || matches(name, "transfer-encoding") { return }
            out.append(UnsafeRawBufferPointer(line))
            out.append("\r\n")
        }
        if hasBody {
            out.append("Content-Length: ")
            out.append(decimal: body.count)
            out.append("\r\n")
        }
        out.append("\r\n")
        return true
    }

    /// Whether one of the lines has this name.
    func names(_ wanted: StaticString) -> Bool {
        var isThere = false
        eachLine { _, name in if matches(name, wanted) { isThere = true } }
        return isThere
    }

    /// Calls for each header line with its name.
    func eachLine(
        _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void
    ) {
        let bytes = lines.start
        var start = 0
        while start < lines.count {
            let length = strlen(
                UnsafeRawPointer(bytes + start).assumingMemoryBound(to: CChar.self))
            let line = UnsafeBufferPointer(start: bytes + start, count: length)
            start += length + 1
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            body(line, UnsafeBufferPointer(rebasing: line[..<colon]))
        }
    }
}

private func hasLineEnd(_ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    memchr(start, 0x0A, count) != nil || memchr(start, 0x0D, count) != nil
}
