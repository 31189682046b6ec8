// The segment that is being written, as a value that turns samples into bytes. It numbers the series
// in the order of their first sample here, so that a segment can be read without any other.

internal import Basics
internal import Bytes

/// A finished segment on disk.
struct ClosedSegment: Sendable {
    var number: UInt64
    var bytes: Int
    /// The latest sample in it; `.min` when it holds none.
    var latest: Millis

    /// Stands for `latest` where nobody knows it: such a segment stays until the byte cap.
    static let pinned = Millis.max
}

/// The open segment.
struct JournalSegment: Sendable {
    let number: UInt64
    let handle: FileHandle
    /// Bytes on disk that belong to whole frames.
    var bytes = 0
    var latest: Millis = .min
    /// The segment's number of each series, by slot (no slot changes hands while a segment is open); `UInt32.max` where it has none.
    private var numbers: [UInt32] = []
    private var defined: UInt32 = 0
    /// Definitions that have been written once and are to be written again with the next write.
    private(set) var copies: [[UInt8]] = []

    /// Shorter payloads are not worth a compressor's header.
    private static let packedBytesMin = 128
    /// Bytes of definitions in one frame: what one bad frame can take at most.
    private static let definitionBytesMax = 256 << 10

    init(number: UInt64, handle: FileHandle) {
        self.number = number
        self.handle = handle
    }

    /// Bytes that hold a batch, after second copies of definitions written earlier.
    mutating func encode(
        _ batch: SampleBatch, sequence: inout UInt64, packer: ZstdPacker,
        labels: ([UInt32]) -> [Labels?]
    ) -> [UInt8] {
        var bytes = encodeCopies(sequence: &sequence)
        var fresh: [UInt32] = []
        var series: [UInt32] = []
        series.reserveCapacity(batch.count)
        for id in batch.series {
            let index = id.slot
            while numbers.count <= index {
                numbers.append(contentsOf: repeatElement(.max, count: max(1024, numbers.count)))
            }
            if numbers[index] == .max {
                numbers[index] = defined + UInt32(fresh.count)
                fresh.append(UInt32(index))
            }
            series.append(numbers[index])
        }
        let payloads = definitions(labels(fresh), from: defined)
        defined += UInt32(fresh.count)
        for payload in payloads {
            sequence += 1
            JournalFormat.append(.series, sequence: sequence, payload: payload, to: &bytes)
        }
        copies = payloads
        for start in stride(from: 0, to: batch.count, by: JournalFormat.frameSamplesMax) {
            let range = start..<min(start + JournalFormat.frameSamplesMax, batch.count)
            let payload = SampleFrame.encode(
                series: series, times: batch.times, values: batch.values, range)
            sequence += 1
            let packed = payload.count < JournalSegment.packedBytesMin ? nil : packer.pack(payload)
            JournalFormat.append(
                packed == nil ? .samples : .packedSamples, sequence: sequence,
                payload: packed ?? payload, to: &bytes)
        }
        if let last = batch.times.max() { latest = max(latest, last) }
        return bytes
    }

    /// Bytes of the second copies that are still owed.
    mutating func encodeCopies(sequence: inout UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        for payload in copies {
            sequence += 1
            JournalFormat.append(.series, sequence: sequence, payload: payload, to: &bytes)
        }
        copies = []
        return bytes
    }

    private func definitions(_ labels: [Labels?], from first: UInt32) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var number = first
        var start = first
        var body: [UInt8] = []
        func flush() {
            guard number > start else { return }
            var payload: [UInt8] = []
            appendVarint(UInt64(start), to: &payload)
            appendVarint(UInt64(number - start), to: &payload)
            payloads.append(payload + body)
            body = []
            start = number
        }
        for set in labels {
            let encoded = set?.bytes ?? []
            appendVarint(UInt64(encoded.count), to: &body)
            body.append(contentsOf: encoded)
            number += 1
            if body.count >= JournalSegment.definitionBytesMax { flush() }
        }
        flush()
        return payloads
    }

    /// The numbers that a frame of definitions defines, which come first in it.
    static func readNumbers(_ raw: UnsafeRawBufferPointer, _ offset: inout Int) -> Range<Int>? {
        guard let first = readVarint(raw, &offset), let count = readVarint(raw, &offset),
            count <= UInt64(raw.count), first <= UInt64(UInt32.max) - count
        else { return nil }
        return Int(first)..<Int(first + count)
    }

    /// Reads a frame of definitions: the numbers and the labels that follow each other.
    static func readDefinitions(
        _ raw: UnsafeRawBufferPointer
    ) -> (numbers: Range<Int>, [Labels])? {
        var offset = 0
        guard let numbers = readNumbers(raw, &offset) else { return nil }
        var labels: [Labels] = []
        for _ in numbers {
            guard let length = readVarint(raw, &offset), length <= UInt64(raw.count - offset)
            else { return nil }
            let end = offset + Int(length)
            labels.append(Labels(encoded: Array(raw[offset..<end])))
            offset = end
        }
        return (numbers, labels)
    }
}
