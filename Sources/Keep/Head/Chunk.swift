// A chunk is a run of samples of one series, compressed, ascending in time, immutable. It is the unit
// that the head drops, a block stores as one row, and a checksum covers.
//
// Payload, version 1: the byte 1, varint count, zigzag time of the first sample, then bits (see
// ChunkWriter.swift). A later kind of sample (native histograms) is another first byte.

internal import Basics
internal import Bytes

/// A compressed run of samples.
struct Chunk: Sendable, Equatable {
    /// The first byte of a payload of doubles.
    static let kindDoubles: UInt8 = 1
    /// Samples in a chunk of the head: half an hour at 15 s; Prometheus' number.
    static let headSamplesMax = 120
    /// Samples in a chunk of a block: what one flipped bit can cost.
    static let blockSamplesMax = 1024

    var from: Millis
    var through: Millis
    var count: Int
    var payload: [UInt8]

    func overlaps(_ range: TimeRange) -> Bool { from <= range.through && through >= range.from }

    /// About how many samples lie in a range, for reserving room; never more than there are.
    func countEstimate(in range: TimeRange) -> Int {
        sampleEstimate(count, from: from, through: through, in: range)
    }

    /// Appends the samples that lie in a range to two columns.
    ///
    /// - Returns: false when the payload is not what a writer makes.
    func decode(
        in range: TimeRange, times: inout [Millis], values: inout [Double]
    ) -> Bool {
        payload.withUnsafeBytes { raw in
            guard let kind = raw.first, kind == Chunk.kindDoubles else { return false }
            var offset = 1
            guard let count = readVarint(raw, &offset), let first = readZigzag(raw, &offset),
                count <= UInt64(raw.count) * 8
            else { return false }
            let bits = UnsafeRawBufferPointer(rebasing: raw[offset...])
            var reader = ChunkReader(bits: bits, count: Int(count), first: first)
            return reader.decode(in: range, times: &times, values: &values)
        }
    }
}

/// How many of so many samples, spread evenly over a time, lie in a range.
func sampleEstimate(_ count: Int, from: Millis, through: Millis, in range: TimeRange) -> Int {
    if range.from <= from && range.through >= through { return count }
    let low = max(from, range.from)
    let high = min(through, range.through)
    guard low <= high, through > from else { return 0 }
    let share = Double(high - low) / Double(through - from)
    return min(count, Int(share * Double(count)) + 2)
}

/// Compresses two columns, ascending in time, into chunks of at most so many samples.
func makeChunks(_ times: [Millis], _ values: [Double], samplesMax: Int) -> [Chunk] {
    var chunks: [Chunk] = []
    var writer = ChunkWriter()
    for (time, value) in zip(times, values) {
        if writer.count == samplesMax {
            chunks.append(writer.chunk())
            writer = ChunkWriter()
        }
        writer.append(time, value)
    }
    if writer.count > 0 { chunks.append(writer.chunk()) }
    return chunks
}
