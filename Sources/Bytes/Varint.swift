// LEB128 integers, as in protobuf: seven bits a byte, the low ones first; signed ones zigzag.

/// Appends an unsigned integer, one to ten bytes.
@inlinable
public func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
}

/// Appends a signed integer, small magnitudes in few bytes.
@inlinable
public func appendZigzag(_ value: Int64, to bytes: inout [UInt8]) {
    appendVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)), to: &bytes)
}

/// Reads an unsigned integer and moves past it; nil when the bytes end or it is too long.
@inlinable
public func readVarint(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count && shift < 64 {
        let byte = bytes[offset]
        offset += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
    }
    return nil
}

/// Reads a signed integer and moves past it.
@inlinable
public func readZigzag(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int64? {
    readVarint(bytes, &offset).map { Int64(bitPattern: ($0 >> 1)) ^ -Int64(bitPattern: $0 & 1) }
}
