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
        var inWord = false
        var scripts: [TextLanguage: Int] = [:]
        var first: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            characters += 1
            let script = Self.script(scalar)
            if script != .none { scripts[script, default: 0] += 1 }
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
            if Self.sentenceEnds.contains(scalar) { sentences += 1 }
            if first == nil && !scalar.properties.isWhitespace { first = scalar }
        }
        if characters > 0 && sentences == 0 && words > 0 { sentences = 1 }
        // Any kana makes a Han text Japanese; a tenth of Han makes a mixed text Chinese.
        if scripts[.kana, default: 0] > 0
            && scripts[.kana, default: 0] * 5 > scripts[.han, default: 0]
        {
            language = .kana
        } else if scripts[.han, default: 0] * 10 > scripts.values.reduce(0, +) {
            language = .han
        } else {
            language =
                TextLanguage.allCases.max { scripts[$0, default: 0] < scripts[$1, default: 0] }
                ?? .none
            if scripts.isEmpty { language = .none }
        }
        let lowered = text.lowercased()
        isRefusal = Self.refuses(lowered)
        hasCode = lowered.contains("```")
        hasLink = lowered.contains("http://") || lowered.contains("https://")
        hasList = Self.listed(text)
        let isBracketed = first == "{" || first == "["
        isJSON = (isBracketed || hasCode) && Self.parsesAsJSON(text)
    }

    private static let sentenceEnds: Set<Unicode.Scalar> = [".", "!", "?", "。", "！", "？"]

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

    private static func refuses(_ lowered: String) -> Bool {
        let opening = String(lowered.prefix(200))
        return refusals.contains { opening.contains($0) }
    }

    private static func listed(_ text: String) -> Bool {
        var items = 0
        for line in text.split(separator: "\n") {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            let afterNumber = trimmed.drop { $0.isNumber }
            if trimmed.hasPrefix("- ") || trimmed.hasPrefix("* ") || trimmed.hasPrefix("• ")
                || (afterNumber.count < trimmed.count
                    && (afterNumber.hasPrefix(". ") || afterNumber.hasPrefix(") ")
                        || afterNumber.hasPrefix("、")))
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
        scalar.properties.numericType == .decimal
    }

    private static func script(_ scalar: Unicode.Scalar) -> TextLanguage {
        switch scalar.value {
        // Between the letters lie the signs of multiplication and division.
        case 0xd7, 0xf7: .none
        case 0x41...0x5a, 0x61...0x7a, 0xc0...0x24f: .latin
        case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x3ffff, 0xf900...0xfaff: .han
        case 0x3041...0x30ff: .kana
        case 0x400...0x52f: .cyrillic
        default: scalar.properties.isAlphabetic ? .other : .none
        }
    }
}
