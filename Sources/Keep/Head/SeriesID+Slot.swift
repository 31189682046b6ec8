// What an id of the head is made of: the slot in its arena, and how many series had the slot before.

internal import Basics

extension SeriesID {
    /// 24 bits of slot: eight times the series that may be active at once.
    static let slotsMax = 1 << 24

    init(slot: UInt32, _ generation: UInt8) { self.init(slot | UInt32(generation) << 24) }

    @inline(__always) var slot: Int { Int(index & 0xff_ffff) }

    @inline(__always) var generation: UInt8 { UInt8(truncatingIfNeeded: index >> 24) }
}
