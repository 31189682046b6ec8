// Reads full chunks for one answer or one seal. Chunks that were cut together lie together, and neighbours in
// the order of labels mostly were: where a chunk begins close behind the last one asked for, more is read than
// asked for, twice as much each time, as a kernel reads ahead. A query over a thousand series then makes
// some dozen system calls for each run of chunks and not a thousand.

internal import Basics

/// What was read ahead, page by page.
struct SpillReader {
    /// A series of a head of five hours has its chunks in a dozen pages.
    private static let windowsMax = 32
    /// More than that saves little and, where the guess was wrong, costs more.
    private static let windowBytesMax = 16 << 10
    /// A gap of some chunks that were not asked for.
    private static let gapBytesMax = 2 << 10

    private struct Window {
        let span: Int64
        let page: UInt32
        var start: Int
        var bytes: [UInt8]
        /// Where the last chunk asked for ended.
        var end: Int
    }

    private var windows: [Window] = []
    /// Pages follow each other in the same order for each series.
    private var next = 0

    /// A chunk out of the volume of its span.
    ///
    /// - Throws: ``BadBlock`` when the disk does not give it, or not as it was written.
    mutating func chunk(_ chunk: HeadChunk, of volumes: [SpillVolume]) throws(BadBlock) -> Chunk {
        let span = chunk.span
        guard let volume = volumes.first(where: { $0.span == span }) else {
            throw BadBlock(path: "the head", reason: "the span of a full chunk is gone")
        }
        let (start, length) = (Int(chunk.offset), Int(chunk.length))
        let known = index(span, chunk.page)
        if let known {
            next = known + 1
            let place = start - windows[known].start
            if place >= 0 && place + length <= windows[known].bytes.count {
                windows[known].end = start + length
                let sound = windows[known].bytes.withUnsafeBytes { raw in
                    chunk.chunk(UnsafeRawBufferPointer(rebasing: raw[place..<(place + length)]))
                }
                if let sound { return sound }
                throw volume.bad(chunk, "fails its checksum")
            }
        }
        var wanted = length
        if let known, start >= windows[known].end,
            start - windows[known].end <= SpillReader.gapBytesMax
        {
            let twice = 2 * max(windows[known].bytes.count, length)
            wanted = max(length, min(twice, SpillReader.windowBytesMax))
        }
        let bytes = try volume.bytes(chunk, wanted)
        let window = Window(
            span: span, page: chunk.page, start: start, bytes: bytes, end: start + length)
        if let known { windows[known] = window } else { add(window) }
        let sound = bytes.withUnsafeBytes { raw in
            chunk.chunk(UnsafeRawBufferPointer(rebasing: raw.prefix(length)))
        }
        if let sound { return sound }
        throw volume.bad(chunk, "fails its checksum")
    }

    private mutating func index(_ span: Int64, _ page: UInt32) -> Int? {
        if next < windows.count, windows[next].page == page, windows[next].span == span {
            return next
        }
        return windows.firstIndex { $0.page == page && $0.span == span }
    }

    private mutating func add(_ window: Window) {
        if windows.count < SpillReader.windowsMax {
            windows.append(window)
            next = windows.count
        } else {
            if next >= windows.count { next = 0 }
            windows[next] = window
            next += 1
        }
    }
}
