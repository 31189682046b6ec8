// A chunk is a run of samples of one series, compressed, ascending in time, immutable. It is the unit
// that the head drops, a block stores as one row, and a checksum covers.
//
// Payload: the byte 1, varint count, zigzag time of the first sample, then bits (see ChunkWriter.swift);
// or the byte 2, a byte that tells how many decimals its whole numbers have, and the same. A later kind of
// sample (native histograms) is another first byte.

internal import Basics
internal import Bytes

/// A compressed run of samples.
struct Chunk: Sendable, Equatable {
    /// The first byte of a payload of doubles.
    static let kindDoubles: UInt8 = 1
    /// The first byte of a payload of doubles that are whole numbers of tenths, hundredths and so on.
    static let kindDecimals: UInt8 = 2
    /// Samples in a chunk of the head: half an hour at 15 s; Prometheus' number.
    static let headSamplesMax = 120
    /// Bits from which a chunk of the head takes no more; with one more sample it is below 64 words.
    ///
    /// Of numbers that compress badly the open chunks would be what fills memory.
    static let headBitsMax = 60 * 64
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
            guard let kind = raw.first, kind == Chunk.kindDoubles || kind == Chunk.kindDecimals
            else { return false }
            var offset = kind == Chunk.kindDecimals ? 2 : 1
            let decimals = offset == 2 && raw.count > 1 ? Int(raw[1]) : 0
            guard decimals <= Decimals.max else { return false }
            guard let count = readVarint(raw, &offset), let first = readZigzag(raw, &offset),
                count <= UInt64(raw.count) * 8
            else { return false }
            let bits = UnsafeRawBufferPointer(rebasing: raw[offset...])
            var reader = ChunkReader(
                bits: bits, count: Int(count), first: first, decimals: decimals)
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
    for (index, (time, value)) in zip(times, values).enumerated() {
        if writer.count == samplesMax || index == 0 {
            if writer.count > 0 { chunks.append(writer.chunk()) }
            let next = values[index..<min(index + samplesMax, values.count)]
            writer = ChunkWriter(decimals: Decimals.of(next))
        }
        writer.append(time, value)
    }
    if writer.count > 0 { chunks.append(writer.chunk()) }
    return chunks
}
