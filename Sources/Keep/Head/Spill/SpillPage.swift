// Some hundred full chunks, one behind the other, until they are written in one go. Bytes are only ever
// added: those that a reader was told of no longer change, so that it needs no lock and makes no copy of
// the page. Who adds is alone by the head's lock.

internal import Basics

/// A run of bytes that grows up to a size.
// One thread adds; all others only look at bytes before what they were told of under a lock.
final class SpillPage: @unchecked Sendable {
    private let bytes: UnsafeMutableRawBufferPointer
    /// Bytes in use; for who adds, and for all when it is done.
    private(set) var count = 0

    init(bytes size: Int) { bytes = .allocate(byteCount: size, alignment: 16) }

    deinit { bytes.deallocate() }

    var room: Int { bytes.count - count }

    /// Adds a payload and its checksum, for which there is room.
    func add(_ payload: UnsafeRawBufferPointer, checksum: UInt32) {
        let end = count + payload.count
        UnsafeMutableRawBufferPointer(rebasing: bytes[count..<end]).copyMemory(from: payload)
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: end, as: UInt32.self)
        count = end + HeadChunk.checksumBytes
    }

    func bytes(at offset: Int, _ length: Int) -> [UInt8] {
        guard offset + length <= bytes.count else { return [] }
        return Array(bytes[offset..<(offset + length)])
    }

    /// All bytes in use, for as long as the page is held.
    var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }
}
