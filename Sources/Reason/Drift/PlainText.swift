// A text of ASCII alone, as most are, counted byte by byte by the same rules as any other: its letters
// are Latin, and neither strings nor Unicode's tables are asked.

/// The counts of a text that is ASCII throughout.
struct PlainText {
    let lowered: [UInt8]
    private(set) var words = 0
    private(set) var sentences = 0
    private(set) var hasLetters = false
    /// The first byte that is no blank.
    private(set) var first: UInt8?

    // What a byte is, by bits: of a word (a digit, or a letter as well), holding a word together, ending a
    // sentence, blank.
    private static let digit: UInt8 = 1
    private static let joint: UInt8 = 4
    private static let stop: UInt8 = 8
    private static let blank: UInt8 = 16
    /// The bit that makes a capital small.
    private static let letter: UInt8 = 0x20

    private static let kinds: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0x41...0x5a, 0x61...0x7a: letter | digit
        case 0x30...0x39: digit
        // Apostrophes and hyphens hold a word together.
        case UInt8(ascii: "'"), UInt8(ascii: "-"): joint
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): stop
        case 0x09...0x0d, 0x20: blank
        default: 0
        }
    }

    /// Nil when the text has other characters.
    init?(_ text: String) {
        var text = text
        let taken = text.withUTF8 { source -> PlainText? in
            let union = source.reduce(0 as UInt8) { $0 | $1 }
            return union < 0x80 ? PlainText(ascii: source) : nil
        }
        guard let taken else { return nil }
        self = taken
    }

    /// Whether a text has letters, when that is all that is asked; nil when it has other characters than ASCII.
    static func hasLetters(_ text: String) -> Bool? {
        var text = text
        return text.withUTF8 { source -> Bool? in
            let union = source.reduce(0 as UInt8) { $0 | $1 }
            guard union < 0x80 else { return nil }
            return source.contains { (0x61...0x7a).contains($0 | 0x20) }
        }
    }

    /// Counts, without a branch in the loop.
    private init(ascii source: UnsafeBufferPointer<UInt8>) {
        var (words, sentences) = (0, 0)
        var inWord: UInt8 = 0
        var seen: UInt8 = 0
        var lowered: [UInt8] = []
        Self.kinds.withUnsafeBufferPointer { kinds in
            lowered = [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
                for (index, byte) in source.enumerated() {
                    let kind = kinds[Int(byte)]
                    seen |= kind
                    target[index] = byte | kind & Self.letter
                    let isWordByte = kind & Self.digit
                    words += Int(isWordByte & ~inWord)
                    inWord = isWordByte | inWord & (kind >> 2)
                    sentences += Int(kind >> 3 & 1)
                }
                count = source.count
            }
        }
        self.lowered = lowered
        (self.words, self.sentences) = (words, sentences)
        hasLetters = seen & Self.letter != 0
        first = source.first { Self.kinds[Int($0)] & Self.blank == 0 }
    }
}
