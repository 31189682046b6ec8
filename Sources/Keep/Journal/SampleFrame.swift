// The payload of a frame of samples: columns, because neighbours in a scrape share their time and
// their series come in the same order each time.
//
// varint n; series as runs of (zigzag change to the last, length) in steps of one; times as runs of
// (zigzag change, length); values as nibbles that say how many of the upper bytes are not zero, then
// those bytes. Whole numbers and short fractions end in zero bytes, others cost 8.5 bytes.

internal import Basics
internal import Bytes

/// Samples of a segment, by the segment's own series numbers.
struct SampleFrame: Equatable {
    var series: [UInt32] = []
    var times: [Millis] = []
    var values: [UInt64] = []

    /// Encodes the samples `range` of columns.
    static func encode(
        series: [UInt32], times: [Millis], values: [Double], _ range: Range<Int>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16 + range.count * 6)
        appendVarint(UInt64(range.count), to: &bytes)
        var next: Int64 = 0
        runs(range, follows: { series[$0] == series[$0 - 1] &+ 1 }) { start, length in
            appendZigzag(Int64(series[start]) - next, to: &bytes)
            appendVarint(UInt64(length), to: &bytes)
            next = Int64(series[start]) + Int64(length)
        }
        var time: Millis = 0
        runs(range, follows: { times[$0] == times[$0 - 1] }) { start, length in
            appendZigzag(times[start] &- time, to: &bytes)
            appendVarint(UInt64(length), to: &bytes)
            time = times[start]
        }
        appendValues(values[range], to: &bytes)
        return bytes
    }

    private static func runs(
        _ range: Range<Int>, follows: (Int) -> Bool, _ body: (Int, Int) -> Void
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start + 1
            while end < range.upperBound && follows(end) { end += 1 }
            body(start, end - start)
            start = end
        }
    }

    private static func appendValues(_ values: ArraySlice<Double>, to bytes: inout [UInt8]) {
        let nibbles = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: (values.count + 1) / 2))
        for (index, value) in values.enumerated() {
            let pattern = value.bitPattern
            let length = 8 - pattern.trailingZeroBitCount / 8
            bytes[nibbles + index / 2] |= UInt8(length) << (index % 2 == 0 ? 0 : 4)
            withUnsafeBytes(of: pattern.bigEndian) { bytes.append(contentsOf: $0.prefix(length)) }
        }
    }

    /// Reads a payload as it stands in a frame, compressed or not; nil when it is not one.
    init?(
        _ raw: UnsafeRawBufferPointer, isPacked: Bool, unpacker: ZstdUnpacker
    ) {
        guard isPacked else {
            self.init(raw)
            return
        }
        let frame = unpacker.unpack(raw, bytesMax: JournalFormat.payloadBytesMax) {
            SampleFrame($0)
        }
        guard let frame else { return nil }
        self = frame
    }

    /// Reads a payload; nil when it is not one.
    init?(_ raw: UnsafeRawBufferPointer) {
        var offset = 0
        guard let total = readVarint(raw, &offset), total <= UInt64(JournalFormat.frameSamplesMax)
        else { return nil }
        let count = Int(total)
        series = Array(unsafeUninitializedCapacity: count) { target, filled in
            filled = SampleFrame.readSeries(raw, &offset, count, into: target)
        }
        guard series.count == count else { return nil }
        times = Array(unsafeUninitializedCapacity: count) { target, filled in
            filled = SampleFrame.readTimes(raw, &offset, count, into: target)
        }
        guard times.count == count else { return nil }
        values = Array(unsafeUninitializedCapacity: count) { target, filled in
            filled = SampleFrame.readValues(raw, &offset, count, into: target)
        }
        guard values.count == count, offset == raw.count else { return nil }
    }

    /// Fills a column of numbers; fewer than `count` when the bytes are not of a frame.
    private static func readSeries(
        _ raw: UnsafeRawBufferPointer, _ offset: inout Int, _ count: Int,
        into target: UnsafeMutableBufferPointer<UInt32>
    ) -> Int {
        var filled = 0
        var next: Int64 = 0
        while filled < count {
            guard let change = readZigzag(raw, &offset), let length = readVarint(raw, &offset),
                length > 0, length <= UInt64(count - filled),
                let start = UInt32(exactly: next &+ change), start <= UInt32.max - UInt32(length)
            else { break }
            for number in start..<(start + UInt32(length)) {
                target[filled] = number
                filled += 1
            }
            next = Int64(start) + Int64(length)
        }
        return filled
    }

    private static func readTimes(
        _ raw: UnsafeRawBufferPointer, _ offset: inout Int, _ count: Int,
        into target: UnsafeMutableBufferPointer<Millis>
    ) -> Int {
        var filled = 0
        var time: Millis = 0
        while filled < count {
            guard let change = readZigzag(raw, &offset), let length = readVarint(raw, &offset),
                length > 0, length <= UInt64(count - filled)
            else { break }
            time = time &+ change
            let end = filled + Int(length)
            target[filled..<end].update(repeating: time)
            filled = end
        }
        return filled
    }

    private static func readValues(
        _ raw: UnsafeRawBufferPointer, _ offset: inout Int, _ count: Int,
        into target: UnsafeMutableBufferPointer<UInt64>
    ) -> Int {
        let nibbles = offset
        offset += (count + 1) / 2
        guard offset <= raw.count else { return 0 }
        for index in 0..<count {
            let length = Int(raw[nibbles + index / 2] >> (index % 2 == 0 ? 0 : 4)) & 15
            guard length <= 8, offset + length <= raw.count else { return index }
            if offset + 8 <= raw.count {
                // One load; the bytes behind the value's own are of the next.
                let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
                target[index] = word & (UInt64.max << UInt64(64 - 8 * length))
            } else {
                var pattern: UInt64 = 0
                for place in 0..<length {
                    pattern |= UInt64(raw[offset + place]) << UInt64(56 - 8 * place)
                }
                target[index] = pattern
            }
            offset += length
        }
        return count
    }
}
