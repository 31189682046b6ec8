// The inverse of ChunkWriter. It trusts nothing: bits that no writer makes end the reading, and all
// arithmetic wraps, so that damaged bytes that slipped past a checksum cost their chunk and no more.

internal import Basics

/// Yields the samples of a chunk in order.
struct ChunkReader {
    private var bits: BitReader
    private let count: Int
    private let decimals: Int
    private var index = 0
    private var time: Millis
    private var pattern: UInt64 = 0
    private var timeDelta: Int64 = 0
    private var wholeDelta: Int64 = 0
    /// The last value as a whole number; nil when that is not known.
    private var lastWhole: Int64?
    private var leading = 0
    private var significant = 0

    init(bits: UnsafeRawBufferPointer, count: Int, first: Millis, decimals: Int) {
        self.bits = BitReader(bits)
        self.count = count
        self.decimals = decimals
        time = first
    }

    /// Appends the samples that lie in a range; false when the bits are damaged.
    mutating func decode(
        in range: TimeRange, times: inout [Millis], values: inout [Double]
    ) -> Bool {
        while index < count {
            guard step() else { return false }
            if time > range.through { return true }
            if time >= range.from {
                times.append(time)
                values.append(Double(bitPattern: pattern))
            }
        }
        return true
    }

    @inline(__always)
    private mutating func step() -> Bool {
        if index == 0 {
            guard let raw = bits.read(64) else { return false }
            pattern = raw
        } else {
            guard let change = bits.readLadder(ChunkWriter.timeRungs) else { return false }
            timeDelta = timeDelta &+ unzigzag(change)
            time = time &+ timeDelta
            guard readValue() else { return false }
        }
        index += 1
        return true
    }

    @inline(__always)
    private mutating func readValue() -> Bool {
        guard let control = readControl() else { return false }
        switch control {
        case .same:
            wholeDelta = 0
            return true
        case .whole:
            guard let change = bits.readLadder(ChunkWriter.wholeRungs),
                let before = lastWhole ?? Decimals.whole(pattern, decimals)
            else { return false }
            wholeDelta = wholeDelta &+ unzigzag(change)
            let whole = before &+ wholeDelta
            lastWhole = whole
            pattern = Decimals.pattern(whole, decimals)
            return true
        case .bits(let isNew):
            wholeDelta = 0
            lastWhole = nil
            if isNew {
                guard let window = bits.read(11) else { return false }
                leading = Int(window & 31)
                significant = Int(window >> 5) + 1
            }
            guard significant > 0, leading + significant <= 64, let part = bits.read(significant)
            else { return false }
            pattern ^= part << UInt64(64 - leading - significant)
            return true
        }
    }

    private enum Control {
        case same, whole
        case bits(isNew: Bool)
    }

    /// The one to three bits that say how a value differs from the one before.
    @inline(__always)
    private mutating func readControl() -> Control? {
        if let word = bits.window() {
            if word & 0b1 == 0 {
                bits.skip(1)
                return .same
            }
            if word & 0b10 == 0 {
                bits.skip(2)
                return .whole
            }
            bits.skip(3)
            return .bits(isNew: word & 0b100 != 0)
        }
        guard let changed = bits.read(1) else { return nil }
        if changed == 0 { return .same }
        guard let isXOR = bits.read(1) else { return nil }
        if isXOR == 0 { return .whole }
        guard let isNew = bits.read(1) else { return nil }
        return .bits(isNew: isNew == 1)
    }
}
