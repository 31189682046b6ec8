// Compresses samples as they come, after the Gorilla paper (Pelkonen and others, VLDB 2015): times as
// differences of differences, doubles as XOR with the one before. Two changes: a whole number after a
// whole number (of units, or of hundredths and the like: Decimals.swift) is kept as the difference of
// differences too, because counters grow steadily and XOR sees only changing mantissas; and a new XOR
// window is opened when the old one wastes more than it saves.
//
// Bits of a value after the first (64 raw bits): 0 the same bits; 10 a whole number, by ladder; 110 XOR
// in the last window; 111 XOR in a new window (5 bits leading zeros, 6 bits length - 1).
// Values are only ever handled as bit patterns, so that the stale marker survives.

internal import Basics
internal import Bytes

/// An open chunk.
struct ChunkWriter: Sendable {
    static let timeRungs = Ladder(first: 0, second: 7, third: 12, fourth: 20)
    static let wholeRungs = Ladder(first: 5, second: 9, third: 14, fourth: 24)
    /// What a new window costs above the old one: 5 + 6 bits.
    private static let windowBits = 11

    private(set) var first: Millis = 0
    private(set) var last: Millis = 0
    private(set) var lastBits: UInt64 = 0
    private var timeDelta: Int64 = 0
    private var wholeDelta: Int64 = 0
    private var whole: Int64 = 0
    // Every series has an open chunk: numbers that are small are kept small.
    private(set) var bits = BitWriter()
    private var samples: UInt16 = 0
    private let units: UInt8
    private var leading: UInt8 = 0
    /// Significant bits of the window; 0 while there is none.
    private var significant: UInt8 = 0
    private var isWhole = false

    init(decimals: Int = 0) { units = UInt8(truncatingIfNeeded: decimals) }

    /// Decimals of what counts as a whole number.
    var decimals: Int { Int(units) }

    /// At most as many as a chunk of a block has.
    var count: Int { Int(samples) }

    /// True when a chunk of the head takes no more.
    @inline(__always)
    var isFull: Bool { samples >= Chunk.headSamplesMax || bits.count >= Chunk.headBitsMax }

    /// The last value as a whole number; nil when it is none.
    private var lastWhole: Int64? {
        get { isWhole ? whole : nil }
        set {
            isWhole = newValue != nil
            whole = newValue ?? 0
        }
    }

    /// Appends a sample later than all before.
    mutating func append(_ time: Millis, _ value: Double) {
        let pattern = value.bitPattern
        if count == 0 {
            first = time
            bits.write(pattern, 64)
            lastWhole = Decimals.whole(pattern, decimals)
        } else {
            let delta = time &- last
            let change = delta &- timeDelta
            timeDelta = delta
            bits.writeLadder(zigzag(change), ChunkWriter.timeRungs)
            appendValue(pattern)
        }
        last = time
        lastBits = pattern
        samples &+= 1
    }

    private mutating func appendValue(_ pattern: UInt64) {
        if pattern == lastBits {
            wholeDelta = 0
            bits.write(0, 1)
            return
        }
        let whole = Decimals.whole(pattern, decimals)
        if let whole, let before = lastWhole {
            let delta = whole &- before
            bits.write(0b01, 2)
            bits.writeLadder(zigzag(delta &- wholeDelta), ChunkWriter.wholeRungs)
            wholeDelta = delta
        } else {
            appendXOR(pattern ^ lastBits)
        }
        lastWhole = whole
    }

    private mutating func appendXOR(_ difference: UInt64) {
        wholeDelta = 0
        let newLeading = min(difference.leadingZeroBitCount, 31)
        let newTrailing = difference.trailingZeroBitCount
        let newSignificant = 64 - newLeading - newTrailing
        var (leading, significant) = (Int(leading), Int(significant))
        let trailing = 64 - leading - significant
        let fits = significant > 0 && newLeading >= leading && newTrailing >= trailing
        if fits && significant <= newSignificant + ChunkWriter.windowBits {
            bits.write(0b011, 3)
        } else {
            leading = newLeading
            significant = newSignificant
            self.leading = UInt8(truncatingIfNeeded: leading)
            self.significant = UInt8(truncatingIfNeeded: significant)
            bits.write(
                0b111 | UInt64(leading) << 3 | UInt64(significant - 1) << 8,
                3 + ChunkWriter.windowBits)
        }
        bits.write(difference >> UInt64(64 - leading - significant), significant)
    }

    /// The samples so far, as an immutable chunk.
    func chunk() -> Chunk {
        var payload: [UInt8] =
            decimals == 0
            ? [Chunk.kindDoubles] : [Chunk.kindDecimals, UInt8(decimals)]
        payload.reserveCapacity(12 + bits.count / 8 + 1)
        appendVarint(UInt64(count), to: &payload)
        appendZigzag(first, to: &payload)
        bits.append(to: &payload)
        return Chunk(from: first, through: last, count: count, payload: payload)
    }

    /// Appends the samples that lie in a range to two columns.
    func decode(in range: TimeRange, times: inout [Millis], values: inout [Double]) {
        guard count > 0, first <= range.through, last >= range.from else { return }
        bits.words.withUnsafeBytes { raw in
            var reader = ChunkReader(
                bits: raw, count: count, first: first, decimals: decimals)
            _ = reader.decode(in: range, times: &times, values: &values)
        }
    }
}

/// Signed to unsigned, small magnitudes to small numbers.
@inline(__always)
func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }
