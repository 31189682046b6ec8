// A series is a set of labels. They are kept as one run of bytes, sorted by name: a compare, a hash
// and a journal record are then one memory operation, and a series costs one allocation instead of
// two per label. Names and values are UTF-8 and compare by byte, as Prometheus does; Swift's own
// String equality is canonical and would merge what Prometheus keeps apart.
//
// Encoding: for each label, sorted by the bytes of its name: varint length, name, varint length,
// value. A label with an empty value does not exist, so it is dropped when the set is made.

/// One label: a name and a value.
public struct Label: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// An immutable set of labels; the identity of a series.
@frozen
public struct Labels: Hashable, Sendable {
    /// The encoding described at the head of this file; also the form in the journal and in blocks.
    public let bytes: [UInt8]

    /// The label that holds the metric's name.
    public static let metricName = "__name__"

    public static let empty = Labels(encoded: [])

    /// Wraps bytes that are known to hold the encoding, sorted, without duplicates or empty values.
    @inlinable
    public init(encoded bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Makes a set from pairs in any order; of two pairs with one name the later wins, and a pair with
    /// an empty value removes.
    public init(_ pairs: some Sequence<(String, String)>) {
        var builder = LabelsBuilder()
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.labels()
    }

    /// Makes a set with a metric name and further pairs.
    public init(name: String, _ pairs: (String, String)...) {
        var builder = LabelsBuilder()
        builder.set(Labels.metricName, name)
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.labels()
    }

    /// Hashed in one call instead of byte by byte.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    @inlinable public var isEmpty: Bool { bytes.isEmpty }

    /// The number of labels, the metric name included.
    public var count: Int {
        var total = 0
        forEachBytes { _, _ in total += 1 }
        return total
    }

    /// The metric name, or the empty string.
    public var metric: String { self[Labels.metricName] ?? "" }

    /// The value of a label, or nil when there is none.
    public subscript(name: String) -> String? {
        var name = name
        return name.withUTF8 { wanted in
            let wanted = UnsafeRawBufferPointer(wanted)
            return withValue(of: wanted) { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Calls `body` with the bytes of a label's value; returns nil when there is no such label.
    @inlinable
    public func withValue<Result>(
        of wanted: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset < raw.count {
                let name = Labels.field(raw, &offset)
                let value = Labels.field(raw, &offset)
                if name.elementsEqual(wanted) { return body(value) }
            }
            return nil
        }
    }

    /// Calls `body` with the bytes of each name and value, in order.
    @inlinable
    public func forEachBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset < raw.count {
                let name = Labels.field(raw, &offset)
                let value = Labels.field(raw, &offset)
                body(name, value)
            }
        }
    }

    /// Reads one length-prefixed field and moves past it.
    @inlinable
    static func field(_ raw: UnsafeRawBufferPointer, _ offset: inout Int) -> UnsafeRawBufferPointer
    {
        var length = 0
        var shift = 0
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

    /// Where the label that begins at an offset of an encoding ends: behind its name and its value.
    @inlinable
    public static func end(ofLabelAt start: Int, in raw: UnsafeRawBufferPointer) -> Int {
        var offset = start
        _ = field(raw, &offset)
        _ = field(raw, &offset)
        return offset
    }

    /// True when the bytes hold the encoding; what a reader of foreign bytes asks first.
    public static func isWellFormed(_ bytes: [UInt8]) -> Bool {
        let labels = Labels(encoded: bytes)
        var builder = LabelsBuilder()
        labels.forEachBytes { name, value in
            builder.set(
                String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return builder.labels().bytes == bytes
    }
}

extension Labels: Sequence {
    public struct Iterator: IteratorProtocol {
        let labels: Labels
        var offset = 0

        public mutating func next() -> Label? {
            labels.bytes.withUnsafeBytes { raw in
                guard offset < raw.count else { return nil }
                let name = String(decoding: Labels.field(raw, &offset), as: UTF8.self)
                let value = String(decoding: Labels.field(raw, &offset), as: UTF8.self)
                return Label(name, value)
            }
        }
    }

    public func makeIterator() -> Iterator { Iterator(labels: self) }
}

extension Labels: Comparable {
    /// Prometheus' order: label by label, name before value, by byte; a prefix comes first.
    ///
    /// Series of one metric share most of their bytes, so the first difference is looked for in
    /// words; only then is it asked whether it lies in a text or in a text's length.
    public static func < (left: Labels, right: Labels) -> Bool {
        left.bytes.withUnsafeBytes { l in right.bytes.withUnsafeBytes { precedes(l, $0) } }
    }

    /// The order of `<` over two encodings.
    public static func precedes(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Bool {
        let shared = Swift.min(left.count, right.count)
        let place = firstDifference(left, right, shared)
        if place == shared { return left.count < right.count }
        var offset = 0
        while offset < shared {
            let start = offset
            let text = field(left, &offset)
            if place < offset - text.count {
                // Lengths differ, and so one text may be the other's beginning.
                var (i, j) = (start, start)
                return compareBytes(field(left, &i), field(right, &j)) < 0
            }
            if place < offset { return left[place] < right[place] }
        }
        return left.count < right.count
    }

    /// The places of many sets in their order.
    ///
    /// They are compared within one run of bytes, because sorting an array of sets would count
    /// references at every compare, which costs more than the compare.
    public static func order(of sets: [Labels]) -> [Int] {
        var all: [UInt8] = []
        all.reserveCapacity(sets.reduce(0) { $0 + $1.bytes.count })
        var ends: [Int] = [0]
        ends.reserveCapacity(sets.count + 1)
        for set in sets {
            all.append(contentsOf: set.bytes)
            ends.append(all.count)
        }
        var order = Array(sets.indices)
        all.withUnsafeBytes { raw in
            ends.withUnsafeBufferPointer { ends in
                order.sort { left, right in
                    precedes(
                        UnsafeRawBufferPointer(rebasing: raw[ends[left]..<ends[left + 1]]),
                        UnsafeRawBufferPointer(rebasing: raw[ends[right]..<ends[right + 1]]))
                }
            }
        }
        return order
    }

    /// The first index below `count` at which two runs differ, or `count`.
    private static func firstDifference(
        _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer, _ count: Int
    ) -> Int {
        var index = 0
        while index + 8 <= count {
            let word =
                left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                ^ right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word != 0 { return index + word.littleEndian.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count && left[index] == right[index] { index += 1 }
        return index
    }
}

extension Labels: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }
}

extension Labels: CustomStringConvertible {
    /// `name{label="value", …}`, as PromQL would write it.
    public var description: String {
        var parts: [String] = []
        for label in self where label.name != Labels.metricName {
            parts.append("\(quotedIfNeeded(label.name))=\(quoted(label.value))")
        }
        let name = metric
        if !name.isEmpty && !isLegacyMetricName(name) {
            return "{" + ([quoted(name)] + parts).joined(separator: ", ") + "}"
        }
        if parts.isEmpty && !name.isEmpty { return name }
        return name + "{" + parts.joined(separator: ", ") + "}"
    }

    private func quotedIfNeeded(_ name: String) -> String {
        isLegacyLabelName(name) ? name : quoted(name)
    }
}

/// Orders two runs of bytes; negative, zero or positive.
@inlinable
public func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let shared = Swift.min(left.count, right.count)
    for index in 0..<shared where left[index] != right[index] {
        return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
}
