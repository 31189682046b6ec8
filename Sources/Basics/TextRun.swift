// Many short texts as one run of bytes: a row costs its bytes and four more, and no allocation. Used
// where rows come by the thousand (identifiers, labels, texts of predictions). An empty text stands
// for a missing one.

/// Texts, one behind the other.
public struct TextRun: Sendable, Equatable {
    /// The bytes of all texts.
    public private(set) var bytes: [UInt8] = []
    /// Where each text ends in ``bytes``.
    public private(set) var ends: [Int32] = []

    public init() {}

    public init(_ texts: some Sequence<String>) {
        for text in texts { append(text.utf8) }
    }

    /// Texts whose ends are known; nil when the ends do not ascend to the last byte.
    public init?(bytes: [UInt8], ends: [Int32]) {
        var before: Int32 = 0
        for end in ends {
            if end < before { return nil }
            before = end
        }
        guard Int(before) == bytes.count else { return nil }
        self.bytes = bytes
        self.ends = ends
    }

    public var count: Int { ends.count }

    public mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(Int32(truncatingIfNeeded: bytes.count))
    }

    /// The bytes of a row.
    public func slice(_ row: Int) -> ArraySlice<UInt8> {
        bytes[(row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row])]
    }

    public subscript(row: Int) -> String { String(decoding: slice(row), as: UTF8.self) }
}
