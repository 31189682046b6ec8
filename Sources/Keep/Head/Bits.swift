// Runs of bits, low bits first. The writer fills 64-bit words, so that a sample costs one or two
// word operations and no loop over bits; the reader loads a word from any bit of a run of bytes and
// never reads past the end, whatever the bytes say.

/// Collects bits.
struct BitWriter: Sendable {
    private(set) var words: [UInt64] = []
    private var written: UInt32 = 0

    /// Bits written.
    var count: Int { Int(written) }

    /// Appends the `width` low bits of a value that has none above them; 1 to 64.
    @inline(__always)
    mutating func write(_ value: UInt64, _ width: Int) {
        let used = count & 63
        if used == 0 {
            words.append(value)
        } else {
            words[words.count - 1] |= value << UInt64(used)
            if used + width > 64 { words.append(value >> UInt64(64 - used)) }
        }
        written &+= UInt32(truncatingIfNeeded: width)
    }

    /// Appends a number in one of five widths, each announced by a prefix of ones: small numbers are
    /// frequent, so they pay one bit of prefix.
    @inline(__always)
    mutating func writeLadder(_ value: UInt64, _ rungs: Ladder) {
        if value < 1 << rungs.first {
            write(value << 1, 1 + rungs.first)
        } else if value < 1 << rungs.second {
            write(value << 2 | 0b01, 2 + rungs.second)
        } else if value < 1 << rungs.third {
            write(value << 3 | 0b011, 3 + rungs.third)
        } else if value < 1 << rungs.fourth {
            write(value << 4 | 0b0111, 4 + rungs.fourth)
        } else {
            write(0b1111, 4)
            write(value, 64)
        }
    }

    /// Appends what was written to bytes, rounded up to a byte.
    func append(to bytes: inout [UInt8]) {
        var rest = (count + 7) / 8
        for word in words {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0.prefix(rest)) }
            rest -= min(rest, 8)
        }
    }
}

/// The widths of a ladder, rising; above the fourth a number takes 64 bits.
struct Ladder: Sendable {
    let first: Int
    let second: Int
    let third: Int
    let fourth: Int
}

/// Reads bits; nil where the run ends.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        end = bytes.count * 8
    }

    @inline(__always)
    mutating func read(_ width: Int) -> UInt64? {
        guard width > 0 else { return 0 }
        guard position + width <= end else { return nil }
        let byte = position >> 3
        let shift = position & 7
        var word: UInt64 = 0
        if byte + 8 <= bytes.count {
            word = bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self).littleEndian
        } else {
            for index in byte..<bytes.count {
                word |= UInt64(bytes[index]) << UInt64((index - byte) * 8)
            }
        }
        word >>= UInt64(shift)
        if shift + width > 64 { word |= UInt64(bytes[byte + 8]) << UInt64(64 - shift) }
        position += width
        return width == 64 ? word : word & ((1 << UInt64(width)) - 1)
    }

    /// The next bits, of which at least 57 are of the run; nil near its end.
    @inline(__always)
    func window() -> UInt64? {
        let byte = position >> 3
        guard byte + 8 <= bytes.count else { return nil }
        let word = bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self).littleEndian
        return word >> UInt64(position & 7)
    }

    /// Moves past bits that a window has shown.
    @inline(__always)
    mutating func skip(_ width: Int) { position += width }

    /// Reads a rung out of a window, whose prefix has so many bits.
    @inline(__always)
    private mutating func take(_ word: UInt64, _ prefix: Int, _ width: Int) -> UInt64 {
        position += prefix + width
        return word >> UInt64(prefix) & ((1 << UInt64(width)) - 1)
    }

    @inline(__always)
    mutating func readLadder(_ rungs: Ladder) -> UInt64? {
        // One load serves prefix and number: four bits and at most 24, of 57.
        if let word = window(), word & 0b1111 != 0b1111 {
            if word & 0b1 == 0 { return take(word, 1, rungs.first) }
            if word & 0b10 == 0 { return take(word, 2, rungs.second) }
            if word & 0b100 == 0 { return take(word, 3, rungs.third) }
            return take(word, 4, rungs.fourth)
        }
        return climb(rungs)
    }

    /// The same bit by bit, near the end of the run and for numbers of 64 bits.
    private mutating func climb(_ rungs: Ladder) -> UInt64? {
        guard let first = read(1) else { return nil }
        if first == 0 { return read(rungs.first) }
        guard let second = read(1) else { return nil }
        if second == 0 { return read(rungs.second) }
        guard let third = read(1) else { return nil }
        if third == 0 { return read(rungs.third) }
        guard let fourth = read(1) else { return nil }
        return fourth == 0 ? read(rungs.fourth) : read(64)
    }
}
