// Bytes as a key of a dictionary: compared by byte, because Swift's String compares canonically and
// would merge labels that Prometheus keeps apart, and hashed in one call instead of byte by byte.

internal import Basics

/// A run of bytes that can be a key.
struct ByteKey: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ text: String) { bytes = Array(text.utf8) }

    init(_ raw: UnsafeRawBufferPointer) { bytes = Array(raw) }

    /// The bytes are shared with the labels, not copied.
    init(_ labels: Labels) { bytes = labels.bytes }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension ByteKey: Comparable {
    static func < (left: ByteKey, right: ByteKey) -> Bool {
        left.bytes.withUnsafeBytes { l in right.bytes.withUnsafeBytes { compareBytes(l, $0) < 0 } }
    }
}
