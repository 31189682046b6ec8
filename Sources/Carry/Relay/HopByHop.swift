// Which headers end at a hop (RFC 9110, 7.6.1): those that speak of the connection, and those that a
// Connection header names. Everything else is passed on, byte for byte.

internal import Glibc

/// The headers that are not passed on with one message.
struct HopByHop {
    /// Names that a Connection header of the message lists.
    private var named: [[UInt8]] = []

    /// Notes what a Connection header's value names.
    mutating func note(connection value: UnsafeBufferPointer<UInt8>) {
        for part in value.split(separator: UInt8(ascii: ",")) {
            let name = part.filter { $0 != 0x20 && $0 != 0x09 }
            // The framing of the body is ours anyway, and `close` and `keep-alive` are no headers.
            if !name.isEmpty, !HopByHop.words.contains(where: { same(name, $0) }) {
                named.append(name)
            }
        }
    }

    mutating func clear() { if !named.isEmpty { named.removeAll(keepingCapacity: true) } }

    /// True for a header that ends here.
    func ends(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        if HopByHop.isAlways(name) { return true }
        return named.contains { known in known.withUnsafeBufferPointer { isSameName($0, name) } }
    }

    /// The names that never pass; told apart by their lengths first, since every header asks.
    private static func isAlways(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch name.count {
        case 2: matches(name, "te")
        case 7: matches(name, "upgrade") || matches(name, "trailer")
        case 10: matches(name, "connection") || matches(name, "keep-alive")
        case 16: matches(name, "proxy-connection")
        case 17: matches(name, "transfer-encoding")
        default: false
        }
    }

    private static let words: [StaticString] = ["close", "keep-alive"]

    private func same(_ name: [UInt8], _ word: StaticString) -> Bool {
        name.withUnsafeBufferPointer { matches($0, word) }
    }
}

/// Whether a name is this one, in any case.
func matches(_ name: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
    isSameName(
        name, UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
}
