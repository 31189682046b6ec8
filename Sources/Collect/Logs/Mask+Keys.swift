// Keys and tokens: by the prefix that their issuer gives them, by the word before them (`Bearer`), by
// the name of the field that holds them (`password=`, `"api_key": "…"`), and private keys as a block.
// Counts of tokens, which every log about language models is full of, are not secrets: a name must
// end in the singular, and a plain number under it is spared.

extension MaskScanner {
    /// `sk-…`, `ghp_…`, `glpat-…`, `-----BEGIN … PRIVATE KEY-----`: issuers' prefixes before `-`, `_`.
    mutating func prefixedKey(at index: Int) -> Int {
        if has("-----BEGIN ", at: index) { return privateKey(at: index) }
        for prefix in keyPrefixes where bytes[index] == prefix.last {
            let start = index + 1 - prefix.utf8CodeUnitCount
            guard start >= free, has(prefix, at: start), !isAlphanumeric(at(start - 1)) else {
                continue
            }
            let end = end(of: isKeyByte, from: index + 1)
            if end - index > 16 { return match(start..<end, .key) }
        }
        return index + 1
    }

    /// `eyJ….….…`, `AKIA…`, `AIza…`, `LTAI…`, `Bearer …`.
    mutating func wordedKey(at index: Int, _ byte: UInt8) -> Int {
        if isAlphanumeric(at(index - 1)) { return index + 1 }
        if has("eyJ", at: index) {
            let header = end(of: isTokenByte, from: index)
            guard header - index >= 10, at(header) == UInt8(ascii: ".") else { return index + 1 }
            let end = end(of: { isTokenByte($0) || $0 == UInt8(ascii: ".") }, from: header)
            return end - header >= 10 ? match(index..<end, .key) : index + 1
        }
        if has("AKIA", at: index) || has("ASIA", at: index) || has("LTAI", at: index) {
            let end = end(of: isAlphanumeric, from: index)
            return (16...30).contains(end - index) ? match(index..<end, .key) : index + 1
        }
        if has("AIza", at: index) {
            let end = end(of: isTokenByte, from: index)
            return end - index >= 35 ? match(index..<end, .key) : index + 1
        }
        if has("earer ", at: index + 1) || has("EARER ", at: index + 1) {
            let start = index + 7
            let end = end(of: isCredentialByte, from: start)
            return end - start >= 8 ? match(start..<end, .key) : index + 1
        }
        return index + 1
    }

    /// `name=value`, `name: value`, `"name": "value"`, where the name says that the value is secret.
    mutating func namedValue(at index: Int) -> Int {
        var nameEnd = index
        while nameEnd > 0, index - nameEnd < 3, isQuoteOrSpace(bytes[nameEnd - 1]) { nameEnd -= 1 }
        var nameStart = nameEnd
        while nameStart > 0, nameEnd - nameStart < 48, isFieldNameByte(bytes[nameStart - 1]) {
            nameStart -= 1
        }
        let name = UnsafeBufferPointer(rebasing: bytes[nameStart..<nameEnd])
        guard let rule = SecretName(name) else { return index + 1 }
        var start = index + 1
        // `token::parse`, `token==x` and `token:=x` are code.
        if at(start) == bytes[index] || at(start) == UInt8(ascii: "=") { return start + 1 }
        while start < bytes.count, start - index < 4, bytes[start] == 0x20 { start += 1 }
        // `\"token\": \"…\"`, JSON inside a string: the value ends at the next escaped quote.
        let isEscaped = at(start) == UInt8(ascii: "\\")
        if isEscaped { start += 1 }
        let quote = at(start)
        var end: Int
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            start += 1
            end = start
            while end < bytes.count, bytes[end] != quote {
                if bytes[end] == UInt8(ascii: "\\") {
                    if isEscaped { break }
                    end += 1
                }
                end += 1
            }
            end = min(end, bytes.count)
        } else {
            end = self.end(of: isValueByte, from: start)
            let isScheme = (start..<end).allSatisfy { isLetter(bytes[$0]) }
            if rule == .authorization, isScheme, at(end) == 0x20 {
                // `Authorization: Basic dXNlcjpwYXNz`: the scheme may stay.
                start = end + 1
                end = self.end(of: isValueByte, from: start)
            }
        }
        guard start < end, start >= free, rule.covers(Array(bytes[start..<end])[...]) else {
            return index + 1
        }
        return match(start..<end, .key)
    }

    /// A block from its first line to its last, or to the end of the text.
    private mutating func privateKey(at index: Int) -> Int {
        let label = end(of: { $0 >= 0x20 && $0 != UInt8(ascii: "-") }, from: index + 11)
        guard
            has("PRIVATE KEY-----", at: label - 11) || has("PRIVATE KEY BLOCK-----", at: label - 17)
        else { return label }
        var end = label
        while end < bytes.count {
            if bytes[end] == UInt8(ascii: "-"), has("-----END ", at: end) {
                end = self.end(of: { $0 >= 0x20 && $0 != UInt8(ascii: "-") }, from: end + 9)
                end = self.end(of: { $0 == UInt8(ascii: "-") }, from: end)
                break
            }
            end += 1
        }
        return match(index..<end, .key)
    }
}

/// What the name of a field says about its value.
enum SecretName {
    /// Any value is secret.
    case password
    /// A value that looks like one: at least six characters, and no plain number.
    case token
    /// As a token, behind the name of a scheme.
    case authorization

    init?(_ name: UnsafeBufferPointer<UInt8>) {
        // Most names end in a letter that none of the words ends in, and a time's digits in none.
        guard let last = name.last, "dentylsDENTYLS".utf8.contains(last) else { return nil }
        if passwordNames.contains(where: { SecretName.ends(name, $0) }) {
            self = .password
        } else if SecretName.ends(name, "authorization") {
            self = .authorization
        } else if tokenNames.contains(where: { SecretName.ends(name, $0) }) {
            self = .token
        } else {
            return nil
        }
    }

    /// Compares from behind, in any case, passing over `_`, `-` and `.` in the name.
    private static func ends(_ name: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        var left = name.count
        var right = word.utf8CodeUnitCount
        while right > 0 {
            left -= 1
            guard left >= 0 else { return false }
            if !isAlphanumeric(name[left]) { continue }
            right -= 1
            if name[left] | 0x20 != word.utf8Start[right] { return false }
        }
        return true
    }

    /// True when a value under this name is to be masked.
    func covers(_ value: ArraySlice<UInt8>) -> Bool {
        if value.isEmpty || value.starts(with: "‹".utf8) { return false }
        if self == .password { return true }
        let plain = value.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
        return value.count >= 6 && !plain
    }
}

private let passwordNames: [StaticString] = ["password", "passwd", "pwd", "passphrase", "passcode"]

private let tokenNames: [StaticString] = [
    "token", "secret", "apikey", "accesskey", "accesskeyid", "accesskeysecret", "secretkey",
    "privatekey", "signingkey", "encryptionkey", "credential", "credentials", "cookie",
    "clientsecret", "sessionkey",
]

private let keyPrefixes: [StaticString] = [
    "sk-", "pk-", "rk-", "glpat-", "xoxb-", "xoxp-", "xoxa-", "xapp-", "ghp_", "gho_", "ghu_",
    "ghs_",
    "ghr_", "github_pat_", "hf_", "npm_", "sk_live_", "sk_test_", "rk_live_", "whsec_", "gsk_",
    "nvapi-",
]

extension StaticString {
    fileprivate var last: UInt8 { utf8Start[utf8CodeUnitCount - 1] }
}

private func isTokenByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
}

private func isKeyByte(_ byte: UInt8) -> Bool { isTokenByte(byte) }

private func isCredentialByte(_ byte: UInt8) -> Bool {
    isTokenByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "~")
        || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
}

private func isFieldNameByte(_ byte: UInt8) -> Bool {
    isTokenByte(byte) || byte == UInt8(ascii: ".")
}

private func isQuoteOrSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\")
        || byte == 0x20
}

private func isValueByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "\""),
        UInt8(ascii: "'"), UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"),
        UInt8(ascii: ">"), UInt8(ascii: "\\"):
        false
    default: true
    }
}
