// Matchers as Alertmanager writes them in its configuration, its API and its group keys:
// `severity="page"`, `service=~"a|b"`, `{a="b", c!="d"}`. Values may go without quotation marks; a name
// in quotation marks may be any UTF-8.

public import Basics

/// A text that is no matcher.
public struct MatcherFault: Error, Sendable, CustomStringConvertible {
    public var reason: String

    public var description: String { reason }
}

/// Reads a list of matchers, with or without braces.
public func parseMatchers(_ text: String) throws(MatcherFault) -> [Matcher] {
    var rest = trimmed(Array(text.utf8)[...])
    if rest.first == UInt8(ascii: "{") { rest.removeFirst() }
    if rest.last == UInt8(ascii: "}"), !rest.isEmpty { rest.removeLast() }
    var matchers: [Matcher] = []
    var part: [UInt8] = []
    var isQuoted = false
    var isEscaped = false
    for byte in rest {
        if byte == UInt8(ascii: ","), !isQuoted {
            if !trimmed(part[...]).isEmpty { matchers.append(try matcher(part)) }
            part = []
            continue
        }
        if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        part.append(byte)
    }
    if !trimmed(part[...]).isEmpty { matchers.append(try matcher(part)) }
    return matchers
}

/// Reads one matcher.
public func parseMatcher(_ text: String) throws(MatcherFault) -> Matcher {
    try matcher(Array(text.utf8))
}

private func matcher(_ bytes: [UInt8]) throws(MatcherFault) -> Matcher {
    let whole = String(decoding: bytes, as: UTF8.self)
    let bad = MatcherFault(reason: "bad matcher format: \(whole)")
    var rest = trimmed(bytes[...])
    let name: String
    if rest.first == UInt8(ascii: "\"") {
        guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else { throw bad }
        name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
    } else {
        let word = rest.prefix { byte in
            byte == 0x5f || byte == 0x3a || byte >= 0x30 && byte <= 0x39
                || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
        }
        guard let first = word.first, !(0x30...0x39).contains(first) else { throw bad }
        name = String(decoding: word, as: UTF8.self)
        rest = rest.dropFirst(word.count)
    }
    rest = trimmed(rest)
    let operations: [Matcher.Operation] = [.matches, .notEqual, .matchesNot, .equal]
    guard let operation = operations.first(where: { rest.starts(with: $0.rawValue.utf8) }),
        !name.isEmpty
    else { throw bad }
    rest = trimmed(rest.dropFirst(operation.rawValue.utf8.count))
    let value = try unquoted(rest)
    do {
        return try Matcher(name, operation, value)
    } catch {
        throw MatcherFault(reason: "\(whole): \(error)")
    }
}

/// The value of a matcher; `\n`, `\"` and `\\` are escapes, any other backslash is itself.
private func unquoted(_ raw: ArraySlice<UInt8>) throws(MatcherFault) -> String {
    let shown = String(decoding: raw, as: UTF8.self)
    var rest = raw
    var isOpen = false
    if rest.first == UInt8(ascii: "\"") {
        rest.removeFirst()
        isOpen = true
    }
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "\\"):
            switch rest.first {
            case UInt8(ascii: "n"): value.append(0x0a)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): value.append(rest[rest.startIndex])
            case let other?: value += [byte, other]
            case nil: value.append(byte)
            }
            _ = rest.popFirst()
        case UInt8(ascii: "\""):
            guard isOpen, rest.isEmpty else {
                throw MatcherFault(
                    reason: "matcher value contains unescaped double quote: \(shown)")
            }
            isOpen = false
        default: value.append(byte)
        }
    }
    if isOpen {
        throw MatcherFault(reason: "matcher value contains unescaped double quote: \(shown)")
    }
    return String(decoding: value, as: UTF8.self)
}

private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = bytes
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    return rest
}

extension Matcher {
    /// The matcher as Alertmanager prints it.
    public var alertmanagerText: String {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
            .replacing("\"", with: "\\\"")
        return "\(name)\(operation.rawValue)\"\(escaped)\""
    }
}

extension [Matcher] {
    /// Whether all fit.
    ///
    /// An expression that gave up on its match limit fits nothing: a route then leaves
    /// the alert to the one above it, and nothing is muted by mistake.
    public func fit(_ labels: Labels) -> Bool {
        allSatisfy { matcher in
            do {
                return try matcher.matches(labels)
            } catch {
                return false
            }
        }
    }

    /// Sorted as Alertmanager sorts the matchers of a route: by name, value and kind.
    var routeOrder: [Matcher] {
        let kinds: [Operation: Int] = [.equal: 0, .notEqual: 1, .matches: 2, .matchesNot: 3]
        return sorted { left, right in
            (left.name, left.value, kinds[left.operation] ?? 0)
                < (right.name, right.value, kinds[right.operation] ?? 0)
        }
    }

    private typealias Operation = Matcher.Operation
}
