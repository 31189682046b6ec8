// Headers as bytes: lines of `Name: value`, each ended by a zero byte, in their order. Whole blocks
// are passed along without being taken apart; a name is looked up when somebody asks.

internal import Glibc

/// The headers of a request or an answer.
public struct HeaderBlock: Sendable {
    /// Lines of `Name: value`, a zero byte behind each.
    public var bytes: [UInt8]

    public init(bytes: [UInt8] = []) { self.bytes = bytes }

    /// A block from pairs.
    public init(_ pairs: [(name: String, value: String)]) {
        bytes = []
        for (name, value) in pairs { add(name, value) }
    }

    private mutating func add(_ name: String, _ value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(0x20)
        bytes.append(contentsOf: value.utf8)
        bytes.append(0)
    }

    /// Puts a header at the end, instead of those of its name.
    public mutating func set(_ name: String, _ value: String) {
        let lowered = name.lowercased()
        if self[lowered] != nil {
            let wanted = Array(lowered.utf8)
            self = filtered { $0 != wanted }
        }
        add(name, value)
    }

    /// The lines whose names pass, as they are; names are asked in lower case.
    public func filtered(_ passes: ([UInt8]) -> Bool) -> HeaderBlock {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count + 128)
        eachLine { line, name in
            if passes(name) {
                kept.append(contentsOf: line)
                kept.append(0)
            }
        }
        return HeaderBlock(bytes: kept)
    }

    /// Calls for each line with its name in lower case.
    private func eachLine(_ body: (UnsafeBufferPointer<UInt8>, [UInt8]) -> Void) {
        bytes.withUnsafeBufferPointer { all in
            var start = 0
            while start < all.count {
                var end = start
                while end < all.count, all[end] != 0 { end += 1 }
                let line = UnsafeBufferPointer(rebasing: all[start..<end])
                start = end + 1
                guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
                body(line, line[..<colon].map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 })
            }
        }
    }

    /// The headers in order; names in lower case.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        eachLine { line, name in
            let value = line[(name.count + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
            pairs.append(
                (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }

    /// The first value of a name, given in lower case.
    public subscript(name: String) -> String? {
        bytes.withUnsafeBufferPointer { headerValue($0, name) }
    }
}

/// The first value of a name in lines that end with a zero byte.
func headerValue(_ lines: UnsafeBufferPointer<UInt8>, _ name: String) -> String? {
    var name = name
    return name.withUTF8 { wanted in
        var start = 0
        while start < lines.count {
            var end = start
            while end < lines.count, lines[end] != 0 { end += 1 }
            let line = UnsafeBufferPointer(rebasing: lines[start..<end])
            if line.count > wanted.count, line[wanted.count] == UInt8(ascii: ":"),
                isSameName(UnsafeBufferPointer(rebasing: line[..<wanted.count]), wanted)
            {
                let value = line[(wanted.count + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
                return String(decoding: value, as: UTF8.self)
            }
            start = end + 1
        }
        return nil
    }
}

/// Whether two names are the same but for the case of ASCII letters.
func isSameName(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    guard let a = left.baseAddress, let b = right.baseAddress else { return left.isEmpty }
    return strncasecmp(
        UnsafeRawPointer(a).assumingMemoryBound(to: CChar.self),
        UnsafeRawPointer(b).assumingMemoryBound(to: CChar.self), left.count) == 0
}
