// The difference between PCRE2 and RE2, as a refusal: back-references, look-around, atomic groups,
// possessive quantifiers, conditionals, recursion, callouts, verbs. One pass over the source that
// knows about escapes and classes. Also here: which patterns are only a list of literal texts.

/// Why RE2 would refuse an expression that PCRE2 takes; nil when it would not.
func refusedByRE2(_ source: String) -> PatternError? {
    let bytes = Array(source.utf8)
    var index = 0
    var inClass = false
    func at(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }
    func refusal(_ reason: String) -> PatternError {
        PatternError(pattern: source, offset: index, reason: reason)
    }
    let refusedEscapes = Set("123456789gkKRXGhHvVNZBoE".utf8).subtracting(Set("vBE".utf8))
    while let byte = at(0) {
        switch byte {
        case UInt8(ascii: "\\"):
            guard let escaped = at(1) else { return refusal("trailing backslash") }
            if escaped == UInt8(ascii: "Q") {
                index += 2
                while let quotedByte = at(0),
                    !(quotedByte == UInt8(ascii: "\\") && at(1) == UInt8(ascii: "E"))
                {
                    _ = quotedByte
                    index += 1
                }
                index += 2
                continue
            }
            if refusedEscapes.contains(escaped) && !(inClass && escaped == UInt8(ascii: "N")) {
                let name = String(decoding: [escaped], as: UTF8.self)
                return refusal("\\\(name) is not supported (RE2 syntax)")
            }
            index += 2
            continue
        case UInt8(ascii: "[") where !inClass:
            inClass = true
            if at(1) == UInt8(ascii: "^") { index += 1 }
            if at(1) == UInt8(ascii: "]") { index += 1 }
        case UInt8(ascii: "[") where inClass && at(1) == UInt8(ascii: ":"):
            index += 1
        case UInt8(ascii: "]") where inClass:
            inClass = false
        case UInt8(ascii: "(") where !inClass && at(1) == UInt8(ascii: "*"):
            return refusal("verbs are not supported (RE2 syntax)")
        case UInt8(ascii: "(") where !inClass && at(1) == UInt8(ascii: "?"):
            let next = at(2) ?? 0
            let isNamed =
                next == UInt8(ascii: "P") && at(3) == UInt8(ascii: "<")
                || next == UInt8(ascii: "<") && at(3) != UInt8(ascii: "=")
                    && at(3) != UInt8(ascii: "!")
            if !isNamed && !Set("imsU-:".utf8).contains(next) {
                return refusal(
                    "look-around, atomic groups and recursion are not supported (RE2 syntax)")
            }
        case UInt8(ascii: "+") where !inClass && index > 0 && isQuantifierEnd(bytes, index - 1):
            return refusal("possessive quantifiers are not supported (RE2 syntax)")
        default: break
        }
        index += 1
    }
    return nil
}

/// True when the byte ends a quantifier, so that a `+` behind it would be possessive.
private func isQuantifierEnd(_ bytes: [UInt8], _ index: Int) -> Bool {
    var backslashes = 0
    var before = index - 1
    while before >= 0 && bytes[before] == UInt8(ascii: "\\") {
        backslashes += 1
        before -= 1
    }
    if backslashes % 2 == 1 { return false }
    if Set("*+?".utf8).contains(bytes[index]) { return true }
    guard bytes[index] == UInt8(ascii: "}"),
        let open = bytes[..<index].lastIndex(of: UInt8(ascii: "{"))
    else { return false }
    let inside = bytes[(open + 1)..<index]
    return !inside.isEmpty
        && inside.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ",") }
}

/// The literal texts that an anchored pattern stands for (`a|b|c`), or nil when it is more than that.
func literalAlternatives(_ source: String) -> [String]? {
    let special = Set("\\.+*?()[]{}^$".utf8)
    guard !source.utf8.contains(where: special.contains) else { return nil }
    let parts = source.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    return parts.count <= Limits.patternAlternatives ? parts : nil
}
