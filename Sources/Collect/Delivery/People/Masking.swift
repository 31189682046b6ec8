// What must not leave in a text: e-mail addresses, always, and the names of the people that the same
// payload speaks of. An address becomes `‹e-mail›`, a person their pseudonym.

internal import Basics

/// A text without e-mail addresses.
public func maskedEmails(_ text: String) -> String {
    guard text.utf8.contains(0x40) else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var copied = 0
    for (at, byte) in bytes.enumerated() where byte == 0x40 && at >= copied {
        var start = at
        while start > copied, isMailByte(bytes[start - 1]) { start -= 1 }
        var end = at + 1
        while end < bytes.count, isMailByte(bytes[end]), bytes[end] != 0x2b { end += 1 }
        while end > at + 1, bytes[end - 1] == 0x2e || bytes[end - 1] == 0x2d { end -= 1 }
        if start == at || end == at + 1 { continue }
        result += bytes[copied..<start]
        result += Array("‹e-mail›".utf8)
        copied = end
    }
    result += bytes[copied...]
    return String(decoding: result, as: UTF8.self)
}

/// Bytes of a local part or a domain; everything beyond ASCII may be part of one.
private func isMailByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
    case 0x2e, 0x2d, 0x5f, 0x2b, 0x25: true
    default: false
    }
}

/// Replaces the names of people, whole words only.
struct NameMask {
    private var names: [(spelling: [UInt8], pseudonym: String)] = []

    /// Takes note of a person; spellings under three bytes are too short to be told from words.
    mutating func learn(_ identity: Identity, as pseudonym: String) {
        for spelling in identity.spellings where spelling.utf8.count >= 3 {
            let bytes = Array(spelling.lowercased().utf8)
            if names.contains(where: { $0.spelling == bytes }) || spelling == pseudonym { continue }
            names.append((bytes, pseudonym))
        }
    }

    /// The text without e-mail addresses and without the people learned.
    func apply(_ text: String) -> String {
        var text = maskedEmails(text)
        // The longest first: a login may be a part of a name.
        for (spelling, pseudonym) in names.sorted(by: { $0.spelling.count > $1.spelling.count }) {
            text = replacing(spelling, by: pseudonym, in: text)
        }
        return text
    }

    private func replacing(_ word: [UInt8], by pseudonym: String, in text: String) -> String {
        let bytes = Array(text.utf8)
        let lower = Array(text.lowercased().utf8)
        // Lower case may have another length beyond ASCII; then the text is compared as it is.
        let searched = lower.count == bytes.count ? lower : bytes
        guard searched.count >= word.count else { return text }
        var result: [UInt8] = []
        var index = 0
        var found = false
        while index < bytes.count {
            let end = index + word.count
            if end <= bytes.count, searched[index] == word[0],
                searched[index..<end].elementsEqual(word),
                index == 0 || !isWordByte(bytes[index - 1]),
                end == bytes.count || !isWordByte(bytes[end])
            {
                result += Array(pseudonym.utf8)
                index = end
                found = true
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return found ? String(decoding: result, as: UTF8.self) : text
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
        default: false
        }
    }
}
