// The bytes of a journal segment. Each frame carries its own magic, so that reading finds the next
// good frame behind a bad one, and a CRC32C over all that follows the magic.
//
// File:  "MARTLETJ", version UInt32, CRC32C of these 12 bytes; then frames.
// Frame: magic UInt32, payload bytes UInt32, kind UInt8, sequence UInt64, payload, CRC32C UInt32.
// All integers little-endian. Sequences grow by one over all segments.

internal import Basics
internal import Bytes

enum JournalFormat {
    static let fileMagic: [UInt8] = Array("MARTLETJ".utf8)
    static let version: UInt32 = 1
    static let fileHeaderBytes = 16
    /// Bytes that are neither text nor common in numbers, so that they seldom occur by chance.
    static let frameMagic: [UInt8] = [0xf7, 0x4d, 0xa5, 0x1e]
    static let frameHeaderBytes = 17
    static let frameOverheadBytes = frameHeaderBytes + 4
    /// The most a frame's payload may take: bounds what a wrong length makes a reader look at.
    static let payloadBytesMax = 16 << 20
    /// Samples in one frame: what one bad sector can cost.
    static let frameSamplesMax = 4096

    enum Kind: UInt8 {
        /// Series and their numbers in this segment.
        case series = 1
        case samples = 2
        /// All samples before a time, in frames up to this one, are in blocks.
        case sealed = 3
        /// Type, help and unit of a metric.
        case metadata = 4
        /// Samples as in ``samples``, compressed with Zstandard.
        case packedSamples = 5
    }

    static var fileHeader: [UInt8] {
        var bytes = fileMagic
        append(version, to: &bytes)
        append(crc32c(bytes), to: &bytes)
        return bytes
    }

    /// Appends a frame.
    static func append(
        _ kind: Kind, sequence: UInt64, payload: [UInt8], to bytes: inout [UInt8]
    ) {
        let start = bytes.count
        bytes.append(contentsOf: frameMagic)
        append(UInt32(payload.count), to: &bytes)
        bytes.append(kind.rawValue)
        append(sequence, to: &bytes)
        bytes.append(contentsOf: payload)
        let checksum = bytes.withUnsafeBytes {
            crc32c(UnsafeRawBufferPointer(rebasing: $0[(start + 4)...]))
        }
        append(checksum, to: &bytes)
    }

    static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// The name of a segment's file; names sort as numbers do.
    static func fileName(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".journal"
    }

    static func number(ofFile name: String) -> UInt64? {
        guard name.hasSuffix(".journal") else { return nil }
        return UInt64(name.dropLast(8))
    }
}
