// CRC32C (Castagnoli), by the processor's instruction where it has one and by table otherwise. The
// journal and the blocks end each frame with it.

internal import CChecksum

private let hasInstruction = martlet_has_crc32c() != 0

private let table: [UInt32] = (0..<256).map { index in
    var value = UInt32(index)
    for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0x82f6_3b78 : value >> 1 }
    return value
}

/// The eight tables of slicing-by-8: about 2 GB/s, fast enough that the disk is what one waits for.
private let slices: [UInt32] = {
    var all = table
    all.reserveCapacity(8 * 256)
    for slice in 1..<8 {
        for index in 0..<256 {
            let before = all[(slice - 1) * 256 + index]
            all.append((before >> 8) ^ table[Int(before & 0xff)])
        }
    }
    return all
}()

/// The CRC32C of bytes, or of bytes that follow others whose checksum is `seed`.
public func crc32c(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    guard hasInstruction, let start = bytes.baseAddress else {
        return crc32cByTable(bytes, seed: seed)
    }
    return ~martlet_crc32c(~seed, start, bytes.count)
}

/// The same where the processor has no instruction for it.
func crc32cByTable(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
    var crc = ~seed
    slices.withUnsafeBufferPointer { slices in
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
            let low = UInt32(truncatingIfNeeded: word) ^ crc
            let high = UInt32(truncatingIfNeeded: word >> 32)
            crc = slices[7 * 256 + Int(low & 0xff)]
            crc ^= slices[6 * 256 + Int((low >> 8) & 0xff)]
            crc ^= slices[5 * 256 + Int((low >> 16) & 0xff)]
            crc ^= slices[4 * 256 + Int(low >> 24)]
            crc ^= slices[3 * 256 + Int(high & 0xff)]
            crc ^= slices[2 * 256 + Int((high >> 8) & 0xff)]
            crc ^= slices[256 + Int((high >> 16) & 0xff)]
            crc ^= slices[Int(high >> 24)]
            index += 8
        }
        while index < bytes.count {
            crc = (crc >> 8) ^ slices[Int((crc ^ UInt32(bytes[index])) & 0xff)]
            index += 1
        }
    }
    return ~crc
}

/// The CRC32C of an array.
public func crc32c(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { crc32c($0, seed: seed) }
}
