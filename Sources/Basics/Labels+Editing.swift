// Making one set of labels from another. A builder holds pairs as strings, because edits are rare
// (a new series, a relabel rule, a grouping key made once per series and query).

/// Collects labels in any order and yields a sorted set.
public struct LabelsBuilder: Sendable {
    private var pairs: [Label] = []

    public init() {}

    public init(_ labels: Labels) { pairs = Array(labels) }

    public subscript(name: String) -> String? {
        pairs.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    public var labelNames: [String] { pairs.map(\.name) }

    /// Sets a label; an empty value removes it.
    public mutating func set(_ name: String, _ value: String) {
        let index = pairs.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
        if value.isEmpty {
            if let index { pairs.remove(at: index) }
        } else if let index {
            pairs[index].value = value
        } else {
            pairs.append(Label(name, value))
        }
    }

    public mutating func remove(_ name: String) { set(name, "") }

    public mutating func keep(where keeps: (String) -> Bool) { pairs.removeAll { !keeps($0.name) } }

    /// The set built so far.
    public func labels() -> Labels {
        let sorted = pairs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            sorted.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 })
        for pair in sorted {
            appendField(pair.name, to: &bytes)
            appendField(pair.value, to: &bytes)
        }
        return Labels(encoded: bytes)
    }

    private func appendField(_ text: String, to bytes: inout [UInt8]) {
        var length = text.utf8.count
        while length >= 0x80 {
            bytes.append(UInt8(length & 0x7f) | 0x80)
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes.append(contentsOf: text.utf8)
    }
}

extension Labels {
    /// The set with one label replaced, added, or (with an empty value) removed.
    public func setting(_ name: String, _ value: String) -> Labels {
        var builder = LabelsBuilder(self)
        builder.set(name, value)
        return builder.labels()
    }

    /// The set without the named labels.
    public func dropping(_ names: [String]) -> Labels { filtered { !names.contains($0) } }

    /// The set of the named labels only.
    public func keeping(_ names: [String]) -> Labels { filtered { names.contains($0) } }

    /// The set without the metric name.
    public var withoutName: Labels { dropping([Labels.metricName]) }

    /// The set joined with another; where both have a label, the other wins.
    public func merging(_ other: Labels) -> Labels {
        var builder = LabelsBuilder(self)
        for label in other { builder.set(label.name, label.value) }
        return builder.labels()
    }

    /// The labels whose name satisfies a predicate; the order stays, so no sorting is needed.
    public func filtered(_ keeps: (String) -> Bool) -> Labels {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset < raw.count {
                let start = offset
                let name = Labels.field(raw, &offset)
                _ = Labels.field(raw, &offset)
                if keeps(String(decoding: name, as: UTF8.self)) {
                    kept.append(contentsOf: raw[start..<offset])
                }
            }
        }
        return Labels(encoded: kept)
    }

    /// A hash that is the same in every process, for spreading targets and naming files: 64-bit
    /// FNV-1a over the labels, each as `name 0xFF value 0xFF` (Alertmanager's fingerprint).
    public var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func feed(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        forEachBytes { name, value in
            name.forEach(feed)
            feed(0xff)
            value.forEach(feed)
            feed(0xff)
        }
        return hash
    }

    /// The fingerprint as 16 hexadecimal digits.
    public var fingerprintText: String {
        let digits = String(fingerprint, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
