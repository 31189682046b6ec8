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
        while end < bytes.count, isDomainByte(bytes[end]) { end += 1 }
        while end > at + 1, bytes[end - 1] == 0x2e || bytes[end - 1] == 0x2d { end -= 1 }
        if start == at || !isDomain(bytes[(at + 1)..<end]) { continue }
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

private func isDomainByte(_ byte: UInt8) -> Bool {
    isMailByte(byte) && byte != 0x2b && byte != 0x25 && byte != 0x5f
}

/// A domain has a dot, and no digit behind the last one: `pkg@1.2.3` is a version, `jp@gc` a name.
private func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let dot = bytes.lastIndex(of: 0x2e) else { return false }
    let top = bytes[(dot + 1)...]
    return top.count >= 2 && !top.contains { (0x30...0x39).contains($0) }
}

/// Replaces the names of people, whole words only.
struct NameMask {
    private typealias Entry = (spelling: [UInt8], pseudonym: String)

    /// By the first word of a spelling, the longest spelling first: a login may be a part of a name.
    private var entries: [[UInt8]: [Entry]] = [:]
    private var learned: Set<Identity> = []

    /// Takes note of a person; spellings under three bytes are too short to be told from words.
    mutating func learn(_ identity: Identity, as pseudonym: String) {
        guard learned.insert(identity).inserted else { return }
        for spelling in identity.spellings where spelling.utf8.count >= 3 && spelling != pseudonym {
            let bytes = Array(spelling.lowercased().utf8)
            guard let start = bytes.firstIndex(where: isWordByte) else { continue }
            let whole = Array(bytes[start...])
            let first = Array(whole.prefix(while: isWordByte))
            var known = entries[first] ?? []
            if known.contains(where: { $0.spelling == whole }) { continue }
            known.append((whole, pseudonym))
            entries[first] = known.sorted { $0.spelling.count > $1.spelling.count }
        }
    }

    /// The text without e-mail addresses and without the people learned.
    func apply(_ text: String) -> String {
        let text = maskedEmails(text)
        if entries.isEmpty { return text }
        let bytes = Array(text.utf8)
        let lower = Array(text.lowercased().utf8)
        // Lower case may have another length beyond ASCII; then the text is compared as it is.
        let searched = lower.count == bytes.count ? lower : bytes
        var result: [UInt8] = []
        var (copied, index) = (0, 0)
        while index < bytes.count {
            guard isWordByte(searched[index]) else {
                index += 1
                continue
            }
            let wordEnd = searched[index...].firstIndex { !isWordByte($0) } ?? bytes.count
            let found = entries[Array(searched[index..<wordEnd])]?.first { entry in
                let end = index + entry.spelling.count
                return end <= bytes.count && searched[index..<end].elementsEqual(entry.spelling)
                    && (end == bytes.count || !isWordByte(searched[end - 1])
                        || !isWordByte(searched[end]))
            }
            if let found {
                result += bytes[copied..<index]
                result += Array(found.pseudonym.utf8)
                index += found.spelling.count
                copied = index
            } else {
                index = wordEnd
            }
        }
        if copied == 0 { return text }
        return String(decoding: result + bytes[copied...], as: UTF8.self)
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
        default: false
        }
    }
}
