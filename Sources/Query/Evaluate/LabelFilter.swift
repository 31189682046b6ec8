// Which labels of a series stay: for grouping, matching, and dropping names. It works on the encoded
// bytes, where keeping labels in their order keeps them sorted, and where names compare by byte.

internal import Basics
internal import Glibc

struct LabelFilter {
    private let names: [[UInt8]]
    private let keepsNamed: Bool

    /// Keeps the named labels only.
    static func keeping(_ names: [String]) -> LabelFilter {
        LabelFilter(names: names.map { Array($0.utf8) }, keepsNamed: true)
    }

    /// Keeps all but the named labels.
    static func dropping(_ names: [String]) -> LabelFilter {
        LabelFilter(names: names.map { Array($0.utf8) }, keepsNamed: false)
    }

    /// Writes the labels that stay into a buffer that is emptied first.
    func write(_ labels: Labels, into buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        if keepsNamed && names.isEmpty { return }
        labels.bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset < raw.count {
                let start = offset
                let name = LabelFilter.field(raw, &offset)
                _ = LabelFilter.field(raw, &offset)
                if isNamed(name) == keepsNamed { buffer.append(contentsOf: raw[start..<offset]) }
            }
        }
    }

    func labels(_ labels: Labels) -> Labels {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(labels.bytes.count)
        write(labels, into: &buffer)
        return Labels(encoded: buffer)
    }

    private func isNamed(_ name: UnsafeRawBufferPointer) -> Bool {
        for candidate in names where candidate.count == name.count {
            let isSame = candidate.withUnsafeBytes { wanted in
                guard let left = wanted.baseAddress, let right = name.baseAddress else {
                    return true
                }
                return memcmp(left, right, name.count) == 0
            }
            if isSame { return true }
        }
        return false
    }

    /// One length-prefixed field of the encoding that ``Labels`` describes.
    private static func field(
        _ raw: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> UnsafeRawBufferPointer {
        var (length, shift) = (0, 0)
        while offset < raw.count {
            let byte = raw[offset]
            offset += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        let end = Swift.min(offset + length, raw.count)
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: raw[offset..<end])
    }
}

/// Numbers sets of labels in the order in which they are first seen.
struct Grouping {
    private let filter: LabelFilter
    private var known: [Labels: Int] = [:]
    private var buffer: [UInt8] = []
    private(set) var keys: [Labels] = []

    init(_ filter: LabelFilter) { self.filter = filter }

    /// The number of the group that a series belongs to.
    mutating func group(of labels: Labels) -> Int {
        filter.write(labels, into: &buffer)
        let key = Labels(encoded: buffer)
        if let group = known[key] { return group }
        let group = keys.count
        known[key] = group
        keys.append(key)
        return group
    }

    /// The number of the group, or nil when nothing belongs to it yet.
    mutating func existingGroup(of labels: Labels) -> Int? {
        filter.write(labels, into: &buffer)
        return known[Labels(encoded: buffer)]
    }
}
