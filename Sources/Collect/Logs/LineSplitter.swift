// Bytes in, lines out, each with the place in the file behind it. A line longer than the limit is cut
// and its rest passed over, so that a file of junk without a newline costs 64 KiB of memory and no
// more. What has no newline yet waits: a writer may be in the middle of it.

internal import Basics

/// A line without its end, and where it ended.
struct Line: Equatable {
    var bytes: [UInt8]
    /// The place in the file behind the line and its newline.
    var end: Int64
    /// True when the line was longer than the limit.
    var isCut = false
}

/// Cuts a file into lines.
struct LineSplitter {
    /// Bytes of a line that are kept.
    var bytesMax = Limits.lineBytesMax
    /// The place of the next byte to read.
    private(set) var offset: Int64
    private var partial: [UInt8] = []
    private var isCut = false

    init(offset: Int64) { self.offset = offset }

    /// True when bytes without a newline wait.
    var hasPartial: Bool { !partial.isEmpty || isCut }

    /// Takes the next bytes of the file; returns the lines that they complete.
    mutating func take(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while start < bytes.count {
            let newline = bytes[start...].firstIndex(of: 0x0a)
            let end = newline ?? bytes.count
            let room = bytesMax - partial.count
            if end - start > room { isCut = true }
            if room > 0 { partial += bytes[start..<min(end, start + room)] }
            offset += Int64(end - start)
            start = end
            if newline != nil {
                offset += 1
                start += 1
                lines.append(flush())
            }
        }
        return lines
    }

    /// The last line of a file that will not grow any more; nil when the file ended with a newline.
    mutating func finish() -> Line? { hasPartial ? flush() : nil }

    private mutating func flush() -> Line {
        var bytes = partial
        if isCut { dropBrokenWord(&bytes) }
        if bytes.last == 0x0d { bytes.removeLast() }
        let line = Line(bytes: bytes, end: offset, isCut: isCut)
        partial.removeAll(keepingCapacity: true)
        isCut = false
        return line
    }

    /// A cut may halve a secret so that it is not recognised any more; the broken word goes too.
    private func dropBrokenWord(_ bytes: inout [UInt8]) {
        let window = bytes.suffix(1024)
        if let space = window.lastIndex(where: { $0 <= 0x20 }) {
            bytes.removeSubrange(space...)
        } else {
            // No word is that long: cut where a character ends.
            while let last = bytes.last, last & 0xc0 == 0x80 { bytes.removeLast() }
            if let last = bytes.last, last >= 0xc0 { bytes.removeLast() }
        }
    }
}
