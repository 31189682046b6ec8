// What can be said about a text without a model: how long it is, in which script, whether it refuses,
// whether it keeps a format. Han characters are counted one by one, because each is a word of its own;
// in other scripts a word is a run of letters or digits. English and Chinese refusals are known.

internal import Bytes
internal import Glibc

/// The scripts that are told apart.
public enum TextLanguage: String, Sendable, CaseIterable {
    case latin, han, kana, cyrillic, other, none
}

/// The measures of one text.
public struct TextDescriptors: Sendable, Equatable {
    public var characters = 0
    /// Words of alphabetic scripts plus Han characters.
    public var words = 0
    public var hanCharacters = 0
    public var sentences = 0
    public var language = TextLanguage.none
    public var isRefusal = false
    /// The text is one JSON value, fences around it allowed.
    public var isJSON = false
    public var hasCode = false
    public var hasList = false
    public var hasLink = false
    public var isEmpty: Bool { characters == 0 }

    public init(_ text: String) {
        if let plain = PlainText(text) {
            characters = plain.lowered.count
            words = plain.words
            sentences = plain.sentences
            language = plain.hasLetters ? .latin : .none
            settle(plain.lowered, opening: Array(plain.lowered.prefix(200)))
            isJSON = Self.isJSON(text, first: plain.first.map { Unicode.Scalar($0) }, hasCode)
        } else {
            let first = count(text)
            let lowered = text.lowercased()
            settle(Array(lowered.utf8), opening: Array(lowered.prefix(200).utf8))
            isJSON = Self.isJSON(text, first: first, hasCode)
        }
    }

    /// The language alone, which costs less than all.
    public static func language(of text: String) -> TextLanguage {
        if let hasLetters = PlainText.hasLetters(text) { return hasLetters ? .latin : .none }
        var counted = TextDescriptors()
        _ = counted.count(text)
        return counted.language
    }

    private init() {}

    /// Counts a text of any script.
    ///
    /// - Returns: the first scalar that is no blank.
    private mutating func count(_ text: String) -> Unicode.Scalar? {
        var inWord = false
        var scripts = ScriptCounts()
        var first: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            characters += 1
            let script = Self.script(scalar)
            scripts.add(script)
            switch script {
            case .han, .kana:
                words += 1
                if script == .han { hanCharacters += 1 }
                inWord = false
            case .none:
                // Apostrophes and hyphens hold a word together; digits make one.
                if Self.isDigit(scalar) {
                    if !inWord { words += 1 }
                    inWord = true
                } else if scalar != "'" && scalar != "’" && scalar != "-" {
                    inWord = false
                }
            default:
                if !inWord { words += 1 }
                inWord = true
            }
            if Self.endsSentence(scalar) { sentences += 1 }
            if first == nil && !scalar.properties.isWhitespace { first = scalar }
        }
        language = scripts.language
        return first
    }

    private mutating func settle(_ bytes: [UInt8], opening: [UInt8]) {
        if sentences == 0 && words > 0 { sentences = 1 }
        isRefusal = Self.refuses(opening)
        hasCode = bytes.hasText("```")
        hasLink = bytes.hasText("http://") || bytes.hasText("https://")
        hasList = Self.listed(bytes)
    }

    private static func isJSON(_ text: String, first: Unicode.Scalar?, _ hasCode: Bool) -> Bool {
        (first == "{" || first == "[" || hasCode) && parsesAsJSON(text)
    }

    private static func endsSentence(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ".", "!", "?", "。", "！", "？": true
        default: false
        }
    }

    /// Openings of refusals.
    ///
    /// They count in the first 200 characters only: a long answer that ends with an apology is an
    /// answer.
    public static let refusals = [
        "i can't help", "i cannot help", "i can’t help", "i can't assist", "i cannot assist",
        "i can’t assist", "i'm sorry, but i", "i’m sorry, but i", "i am sorry, but i",
        "i'm unable to", "i’m unable to", "i am unable to", "i'm not able to", "i’m not able to",
        "i am not able to", "i won't be able", "i cannot provide", "i can't provide",
        "i can’t provide", "i must decline", "as an ai", "against my guidelines",
        "我无法", "我不能", "无法提供", "不能提供", "无法协助", "无法帮助", "不便回答", "很抱歉，我",
        "抱歉，我不", "抱歉，我无", "对不起，我", "作为一个人工智能", "作为一个ai", "作为ai", "我沒有辦法", "我無法",
    ]

    /// The openings by their first byte, as bytes: each text is looked through for all of them.
    private static let refusalsByByte: [[[UInt8]]] = {
        var byByte = [[[UInt8]]](repeating: [], count: 256)
        for refusal in refusals.map({ Array($0.utf8) }) { byByte[Int(refusal[0])].append(refusal) }
        return byByte
    }()

    private static func refuses(_ opening: [UInt8]) -> Bool {
        let known = refusalsByByte
        for (index, byte) in opening.enumerated() where !known[Int(byte)].isEmpty {
            let rest = opening[index...]
            if known[Int(byte)].contains(where: { rest.starts(with: $0) }) { return true }
        }
        return false
    }

    private static let bullets = ["- ", "* ", "• "].map { Array($0.utf8) }
    private static let afterNumbers = [". ", ") ", "、"].map { Array($0.utf8) }

    private static func listed(_ bytes: [UInt8]) -> Bool {
        // Two items have two lines.
        guard bytes.contains(0x0a) else { return false }
        var items = 0
        for line in bytes.split(separator: 0x0a) {
            let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }
            let afterNumber = trimmed.drop { $0 >= 0x30 && $0 <= 0x39 }
            if bullets.contains(where: { trimmed.starts(with: $0) })
                || (afterNumber.count < trimmed.count
                    && afterNumbers.contains { afterNumber.starts(with: $0) })
            {
                items += 1
            }
        }
        return items >= 2
    }

    private static func parsesAsJSON(_ text: String) -> Bool {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        if let opening = lines.first, opening.hasPrefix("```") { lines.removeFirst() }
        if let closing = lines.last, closing.hasPrefix("```") { lines.removeLast() }
        guard let value = try? JSON(text: lines.joined(separator: "\n")) else { return false }
        return value.fields != nil || value.items != nil
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? scalar.value >= 0x30 && scalar.value <= 0x39
            : scalar.properties.numericType == .decimal
    }

    private static func script(_ scalar: Unicode.Scalar) -> TextLanguage {
        switch scalar.value {
        // Between the letters lie the signs of multiplication and division.
        case 0xd7, 0xf7: .none
        case 0x41...0x5a, 0x61...0x7a, 0xc0...0x24f: .latin
        // Most of what is no letter; the tables of Unicode are slow.
        case 0..<0x80: .none
        case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x3ffff, 0xf900...0xfaff: .han
        case 0x3041...0x30ff: .kana
        case 0x400...0x52f: .cyrillic
        default: scalar.properties.isAlphabetic ? .other : .none
        }
    }
}

/// How many letters of each script a text has.
private struct ScriptCounts {
    private var counts = SIMD8<Int>()

    mutating func add(_ script: TextLanguage) {
        switch script {
        case .latin: counts[0] += 1
        case .han: counts[1] += 1
        case .kana: counts[2] += 1
        case .cyrillic: counts[3] += 1
        case .other: counts[4] += 1
        case .none: break
        }
    }

    /// Any kana makes a Han text Japanese; a tenth of Han makes a mixed text Chinese.
    var language: TextLanguage {
        let (han, kana) = (counts[1], counts[2])
        if kana > 0 && kana * 5 > han { return .kana }
        if han * 10 > counts.wrappedSum() { return .han }
        let most = counts.max()
        if most == 0 { return .none }
        let order: [TextLanguage] = [.latin, .han, .kana, .cyrillic, .other]
        return order.indices.first { counts[$0] == most }.map { order[$0] } ?? .none
    }
}
