// What must not be kept: e-mail addresses, keys and tokens, Chinese mobile and identity numbers,
// payment cards. They are replaced before a line is stored or counted; what they were is not
// recoverable. One pass over the bytes with a table of the few bytes at which a secret can be
// recognised (`@ = : - _`, some letters, digits); all others cost one look-up. Where in doubt it
// masks; identifiers in hexadecimal and byte counts are spared, because hiding those hurts daily.

/// What was masked.
public enum MaskKind: Int, Sendable, CaseIterable {
    case email, key, mobile, id, card

    /// `email`, `key`, …: the value of the label `kind`.
    public var name: String { "\(self)" }
    /// What stands in the secret's place.
    public var mark: String { "‹\(self)›" }
}

/// How many secrets of each kind were masked.
public struct MaskCounts: Sendable, Equatable {
    private var counts = [Int](repeating: 0, count: MaskKind.allCases.count)

    public init() {}

    public subscript(kind: MaskKind) -> Int {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }

    public var total: Int { counts.reduce(0, +) }
}

/// Masks all secrets in a text, adding to `counts`.
public func masked(_ text: String, counts: inout MaskCounts) -> String {
    var text = text
    let matches = text.withUTF8 { findSecrets(in: $0) }
    if matches.isEmpty { return text }
    var result: [UInt8] = []
    let bytes = Array(text.utf8)
    result.reserveCapacity(bytes.count)
    var end = 0
    for match in matches {
        counts[match.kind] += 1
        result += bytes[end..<match.range.lowerBound]
        result += Array(match.kind.mark.utf8)
        end = match.range.upperBound
    }
    result += bytes[end...]
    return String(decoding: result, as: UTF8.self)
}

/// Masks a named value: a field whose name says that it is a secret is masked as a whole.
public func masked(_ value: String, named name: String, counts: inout MaskCounts) -> String {
    var name = name
    if let rule = name.withUTF8({ SecretName($0) }), rule.covers(Array(value.utf8)[...]) {
        counts[.key] += 1
        return MaskKind.key.mark
    }
    return masked(value, counts: &counts)
}

/// A secret's place in a text.
struct SecretMatch: Equatable {
    var range: Range<Int>
    var kind: MaskKind
}

/// The secrets in a text, ascending, not overlapping.
func findSecrets(in bytes: UnsafeBufferPointer<UInt8>) -> [SecretMatch] {
    var scanner = MaskScanner(bytes: bytes)
    scanner.run()
    return scanner.matches
}

/// Which bytes are worth a closer look.
private let anchors: [Bool] = {
    var table = [Bool](repeating: false, count: 256)
    for byte in "0123456789@=:-_eABbL".utf8 { table[Int(byte)] = true }
    return table
}()

/// The pass over a text.
struct MaskScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var matches: [SecretMatch] = []
    /// Nothing before this is part of a new match.
    var free = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func run() {
        let count = bytes.count
        anchors.withUnsafeBufferPointer { anchors in
            var index = 0
            while index < count {
                let byte = bytes[index]
                if !anchors[Int(byte)] {
                    index += 1
                    continue
                }
                index = max(index + 1, look(at: index, byte))
            }
        }
    }

    /// Looks for a secret around a byte; returns where to go on.
    private mutating func look(at index: Int, _ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): number(at: index)
        case UInt8(ascii: "@"): address(at: index)
        case UInt8(ascii: "="), UInt8(ascii: ":"): namedValue(at: index)
        case UInt8(ascii: "-"), UInt8(ascii: "_"): prefixedKey(at: index)
        default: wordedKey(at: index, byte)
        }
    }

    /// Notes a match; returns where to go on.
    mutating func match(_ range: Range<Int>, _ kind: MaskKind) -> Int {
        let range = max(range.lowerBound, free)..<range.upperBound
        if !range.isEmpty {
            matches.append(SecretMatch(range: range, kind: kind))
            free = range.upperBound
        }
        return range.upperBound
    }

    /// The byte at an index; 0 outside.
    @inline(__always)
    func at(_ index: Int) -> UInt8 { index >= 0 && index < bytes.count ? bytes[index] : 0 }

    /// True when the text continues with `word`.
    func has(_ word: StaticString, at index: Int) -> Bool {
        guard index >= 0, index + word.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<word.utf8CodeUnitCount
        where bytes[index + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// The end of a run of bytes that satisfy a test.
    func end(of test: (UInt8) -> Bool, from index: Int) -> Int {
        var end = index
        while end < bytes.count, test(bytes[end]) { end += 1 }
        return end
    }

    // MARK: - Addresses

    /// `name@host.tld`, and the password in `scheme://user:password@host`.
    private mutating func address(at index: Int) -> Int {
        // Longer names than 64 are not allowed in an address (RFC 5321); passwords in URLs may be.
        var start = index
        while start > free, index - start < 64, isAddressByte(bytes[start - 1]) { start -= 1 }
        var login = index
        while login > free, index - login < 256, bytes[login - 1] > 0x20,
            bytes[login - 1] != UInt8(ascii: "/"), bytes[login - 1] != UInt8(ascii: "@")
        {
            login -= 1
        }
        if has("://", at: login - 3), (login..<index).contains(where: { bytes[$0] == 0x3a }) {
            return match(login..<index, .key)
        }
        guard start < index else { return index + 1 }
        var end = index + 1
        while end < bytes.count, end - index < 255, isHostByte(bytes[end]) { end += 1 }
        // A full stop at the end of a sentence is not the host's.
        while end > index, !isAlphanumeric(bytes[end - 1]) { end -= 1 }
        // A top domain is of letters; a version behind an `@` (`pkg@1.2.3`) is not. What follows the
        // letters without a gap goes along: better a character too many than half an address.
        let isHost = (index + 2..<max(end - 2, index + 2)).contains {
            bytes[$0] == UInt8(ascii: ".") && isLetter(bytes[$0 + 1]) && isLetter(bytes[$0 + 2])
        }
        guard isHost else { return index + 1 }
        return match(start..<end, .email)
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

@inline(__always)
func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

@inline(__always)
func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

private func isAddressByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
}

private func isHostByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
}
