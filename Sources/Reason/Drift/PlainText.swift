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

    private enum Kind: UInt8 { case gap, blank, letter, digit, joint, stop }

    private static let kinds: [Kind] = (0..<128).map { (byte: UInt8) in
        switch byte {
        case 0x41...0x5a, 0x61...0x7a: .letter
        case 0x30...0x39: .digit
        // Apostrophes and hyphens hold a word together.
        case UInt8(ascii: "'"), UInt8(ascii: "-"): .joint
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"): .stop
        case 0x09...0x0d, 0x20: .blank
        default: .gap
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

    private init(ascii source: UnsafeBufferPointer<UInt8>) {
        var (words, sentences) = (0, 0)
        var (inWord, hasLetters) = (false, false)
        var first: UInt8?
        let kinds = Self.kinds
        lowered = [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
            for (index, byte) in source.enumerated() {
                let kind = kinds[Int(byte)]
                if kind != .blank, first == nil { first = byte }
                target[index] = kind == .letter ? byte | 0x20 : byte
                switch kind {
                case .letter, .digit:
                    if !inWord { words += 1 }
                    inWord = true
                    if kind == .letter { hasLetters = true }
                case .joint: continue
                case .stop:
                    sentences += 1
                    inWord = false
                case .blank, .gap: inWord = false
                }
            }
            count = source.count
        }
        (self.words, self.sentences) = (words, sentences)
        (self.hasLetters, self.first) = (hasLetters, first)
    }
}
