// Reads full chunks for one answer or one seal. Chunks that were cut together lie together, and neighbours in
// the order of labels mostly were: where a chunk begins close behind the last one asked for, more is read than
// asked for, twice as much each time, as a kernel reads ahead. A query over a thousand series then makes
// some dozen system calls for each run of chunks and not a thousand.

internal import Basics

/// What was read ahead.
struct SpillReader {
    /// A series has a dozen chunks in a head of five hours, each among its own neighbours.
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

        func holds(_ chunk: HeadChunk) -> Bool {
            let place = Int(chunk.offset) - start
            return place >= 0 && place + Int(chunk.length) <= bytes.count
        }

        func serves(_ span: Int64, _ chunk: HeadChunk) -> Bool {
            guard page == chunk.page, self.span == span else { return false }
            let gap = Int(chunk.offset) - end
            return holds(chunk) || (gap >= 0 && gap <= SpillReader.gapBytesMax)
        }
    }

    private var windows: [Window] = []
    /// The window that should come next: they are asked for in the same order for each series.
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
        let known = index(span, chunk)
        if let known, windows[known].holds(chunk) {
            next = known + 1
            windows[known].end = start + length
            return try sound(chunk, windows[known], volume)
        }
        let before = known.map { windows[$0].bytes.count } ?? 0
        let wanted = min(2 * before, SpillReader.windowBytesMax)
        let bytes = try volume.bytes(chunk, wanted)
        let window = Window(
            span: span, page: chunk.page, start: start, bytes: bytes, end: start + length)
        if let known {
            windows[known] = window
            next = known + 1
        } else {
            add(window)
        }
        return try sound(chunk, window, volume)
    }

    private func sound(
        _ chunk: HeadChunk, _ window: Window, _ volume: SpillVolume
    ) throws(BadBlock) -> Chunk {
        let place = Int(chunk.offset) - window.start
        let sound = window.bytes.withUnsafeBytes { raw in
            chunk.chunk(UnsafeRawBufferPointer(rebasing: raw[place..<(place + Int(chunk.length))]))
        }
        guard let sound else { throw volume.bad(chunk, "fails its checksum") }
        return sound
    }

    /// The window that holds a chunk, or behind whose last one it lies.
    private func index(_ span: Int64, _ chunk: HeadChunk) -> Int? {
        if next < windows.count, windows[next].serves(span, chunk) { return next }
        return windows.firstIndex { $0.serves(span, chunk) }
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
