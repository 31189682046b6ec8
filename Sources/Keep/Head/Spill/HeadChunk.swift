// A full chunk of the head as memory knows it: when it begins and ends, and where its bytes lie in the spill
// of its block's span. 24 bytes, of which a series has one for about every 120 samples; so the checksum lies with
// the bytes, and begins with their place, so that bytes read from elsewhere do not pass it.

internal import Basics
internal import Bytes

/// Where a full chunk lies.
struct HeadChunk: Sendable {
    /// Bytes of the checksum behind a payload.
    static let checksumBytes = 4

    let from: Millis
    /// From the first sample to the last: less than a block's span.
    private let duration: UInt32
    /// The page of the volume, and the place in it.
    let page: UInt32
    let offset: UInt32
    /// Bytes of payload and checksum.
    let length: UInt16
    private let samples: UInt8

    init(_ chunk: Chunk, page: UInt32, offset: Int) {
        from = chunk.from
        duration = UInt32(truncatingIfNeeded: chunk.through - chunk.from)
        self.page = page
        self.offset = UInt32(truncatingIfNeeded: offset)
        length = UInt16(truncatingIfNeeded: chunk.payload.count + HeadChunk.checksumBytes)
        samples = UInt8(truncatingIfNeeded: chunk.count)
    }

    var through: Millis { from + Millis(duration) }

    var count: Int { Int(samples) }

    /// The number of the block's span that the chunk lies in.
    var span: Int64 { HeadChunk.span(of: from) }

    static func span(of time: Millis) -> Int64 { time.flooredDivision(by: Block.spanMillis) }

    func overlaps(_ range: TimeRange) -> Bool { from <= range.through && through >= range.from }

    /// About how many samples lie in a range, for reserving room; never more than there are.
    func countEstimate(in range: TimeRange) -> Int {
        sampleEstimate(count, from: from, through: through, in: range)
    }

    /// The chunk out of payload and checksum; nil when they do not belong together.
    func chunk(_ bytes: UnsafeRawBufferPointer) -> Chunk? {
        let end = Int(length) - HeadChunk.checksumBytes
        guard bytes.count == Int(length), end > 0 else { return nil }
        let stored = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self).littleEndian
        let payload = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard stored == HeadChunk.checksum(payload, page: page, offset: Int(offset)) else {
            return nil
        }
        return Chunk(from: from, through: through, count: count, payload: Array(payload))
    }

    static func checksum(_ payload: UnsafeRawBufferPointer, page: UInt32, offset: Int) -> UInt32 {
        crc32c(payload, seed: page &* 0x9e37_79b1 ^ UInt32(truncatingIfNeeded: offset))
    }
}
