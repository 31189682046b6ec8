// The wire format of protobuf, read without a schema: fields come one after the other, and the caller
// picks those it knows. Nothing is copied; what a length claims is checked before it is believed.

/// Why bytes are no message.
public struct ProtobufError: Error, Equatable, CustomStringConvertible {
    public var offset: Int

    public var description: String { "the message is damaged at byte \(offset)" }
}

/// One field of a message.
public enum ProtobufValue {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(UnsafeRawBufferPointer)
    case fixed32(UInt32)
}

/// Goes through the fields of a message.
public struct ProtobufReader {
    private let raw: UnsafeRawBufferPointer
    private var offset = 0

    public init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

    /// The next field and its number; nil at the end.
    public mutating func next() throws(ProtobufError) -> (field: UInt64, value: ProtobufValue)? {
        guard offset < raw.count else { return nil }
        let start = offset
        guard let key = readVarint(raw, &offset), key >> 3 != 0, let value = value(key & 7) else {
            throw ProtobufError(offset: start)
        }
        return (key >> 3, value)
    }

    private mutating func value(_ wire: UInt64) -> ProtobufValue? {
        switch wire {
        case 0: return readVarint(raw, &offset).map { .varint($0) }
        case 1:
            guard raw.count - offset >= 8 else { return nil }
            defer { offset += 8 }
            return .fixed64(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
        case 2:
            guard let length = readVarint(raw, &offset), length <= UInt64(raw.count - offset)
            else { return nil }
            defer { offset += Int(length) }
            return .bytes(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + Int(length)]))
        case 5:
            guard raw.count - offset >= 4 else { return nil }
            defer { offset += 4 }
            return .fixed32(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
        default: return nil
        }
    }
}
