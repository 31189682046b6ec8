// What is kept of a request or an answer is scrubbed first: credentials are left out, and in texts what
// looks like a key, an e-mail address or a card number is replaced. A scanner over bytes and not a set
// of regular expressions, because every kept text passes through it. It cannot know a secret that looks
// like a word; `keep_texts: false` keeps none.

internal import Basics
public import Bytes

/// Takes secrets out of what is kept.
public enum Scrub {
    private static let telling: [StaticString] = [
        "auth", "cookie", "key", "password", "passwd", "secret", "token", "credential", "session",
    ]
    private static let prefixes = [
        "sk-", "pk-", "rk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-",
        "AKIA", "ASIA", "AIza", "eyJ", "hf_", "gsk_", "ya29.",
    ]

    /// Whether a header, field or parameter of this name holds a credential.
    public static func isTelling(_ name: String) -> Bool {
        isTelling(Array(name.lowercased().utf8))
    }

    /// The same of a name in lower case, as bytes.
    static func isTelling(_ name: [UInt8]) -> Bool { telling.contains { name.hasText($0) } }

    /// Headers without credentials.
    public static func headers(
        _ headers: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        headers.filter { !isTelling($0.name) }.map { ($0.name, text($0.value)) }
    }

    /// Path and query with the values of telling parameters masked.
    public static func path(_ path: String) -> String {
        guard let mark = path.firstIndex(of: "?") else { return text(path) }
        let query = path[path.index(after: mark)...].split(separator: "&").map { part in
            let name = part.prefix { $0 != "=" }
            if name.count == part.count { return String(part) }
            let value = part.dropFirst(name.count + 1)
            return "\(name)=" + (isTelling(String(name)) ? "[secret]" : text(String(value)))
        }
        return text(String(path[..<mark])) + "?" + query.joined(separator: "&")
    }

    /// A body: JSON by its fields, anything else as text.
    public static func body(_ bytes: [UInt8]) -> String {
        if let json = try? JSON(bytes) {
            return String(decoding: self.json(json).encoded, as: UTF8.self)
        }
        return text(String(decoding: bytes, as: UTF8.self))
    }

    /// JSON with the texts of telling fields masked and all others scrubbed.
    public static func json(_ value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(Scrub.text(text))
        case .array(let items): .array(items.map(json))
        case .object(let fields):
            .object(
                fields.map { key, value in
                    if case .string = value, isTelling(key) { return (key, .string("[secret]")) }
                    return (text(key), json(value))
                })
        default: value
        }
    }

    /// A text with keys, addresses and card numbers replaced.
    public static func text(_ text: String) -> String {
        var scrubbed: [UInt8] = []
        let bytes = Array(text.utf8)
        scrubbed.reserveCapacity(bytes.count)
        var index = 0
        var isAfterBearer = false
        while index < bytes.count {
            var end = index
            while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
            if end == index {
                scrubbed.append(bytes[index])
                if bytes[index] != 0x20 { isAfterBearer = false }
                index += 1
                continue
            }
            let word = String(decoding: bytes[index..<end], as: UTF8.self)
            if isAfterBearer, word.utf8.count >= 8 {
                scrubbed += "[key]".utf8
            } else if let mask = mask(word) {
                scrubbed += mask.utf8
            } else {
                scrubbed += bytes[index..<end]
            }
            isAfterBearer = ["bearer", "basic"].contains(word.lowercased())
            index = end
        }
        return String(decoding: scrubbed, as: UTF8.self)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "@"),
            UInt8(ascii: "+"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    private static func mask(_ word: String) -> String? {
        let bytes = word.utf8
        if bytes.count < 6 { return nil }
        if let at = bytes.firstIndex(of: UInt8(ascii: "@")), at != bytes.startIndex,
            bytes[bytes.index(after: at)...].contains(UInt8(ascii: "."))
        {
            return "[email]"
        }
        if bytes.count >= 12, prefixes.contains(where: { word.hasPrefix($0) }) { return "[key]" }
        let digits = bytes.filter { $0 >= 48 && $0 <= 57 }
        if digits.count >= 13, digits.count <= 19, digits.count + 4 >= bytes.count, isCard(digits) {
            return "[card]"
        }
        // Forty letters and digits without a pause are no word of any language.
        if bytes.count >= 40, !digits.isEmpty, digits.count < bytes.count,
            !bytes.contains(UInt8(ascii: ".")) || bytes.count >= 80
        {
            return "[key]"
        }
        return nil
    }

    /// Luhn's check.
    private static func isCard(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            var value = Int(digit - 48)
            if index % 2 == 1 {
                value *= 2
                if value > 9 { value -= 9 }
            }
            sum += value
        }
        return sum % 10 == 0
    }
}
