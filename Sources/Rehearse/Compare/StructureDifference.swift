// Two JSON documents compared by structure. Elements of arrays share one path, `scores[*]`, so that a
// thousand elements are one question; objects that are maps (many keys, or keys that are ids) share
// `{*}`. Numbers are the same within a tolerance. What it does not do: match elements of arrays of
// different lengths; their size is the difference.

internal import Basics
internal import Bytes
internal import Glibc

/// What differs between two documents, by path.
struct StructureDifference {
    struct Entry {
        var kind: DifferenceKind
        /// 0 the same; numbers by their relative distance, texts in ½…1.
        var distance: Double
        var typeStep = 0
    }

    /// More keys than these make an object a map.
    static let recordKeysMax = 50
    static let keyLengthMax = 100
    /// Numbers from here on are ids and times (a second of today is 1.8e9): no share of them is small.
    static let exactFrom = 1e9
    /// Longer texts are only the same or not.
    private static let textMax = 2_000

    private(set) var entries: [String: Entry] = [:]
    private let options: ComparisonOptions
    private let ignored: [JSONPath]

    init(_ primary: JSON, _ other: JSON, options: ComparisonOptions, ignored: [JSONPath]) {
        self.options = options
        self.ignored = ignored
        compare(primary, other, [])
    }

    private mutating func compare(_ a: JSON, _ b: JSON, _ path: [String]) {
        if !path.isEmpty && ignored.contains(where: { $0.covers(path) }) { return }
        switch (a, b) {
        case (.object(let left), .object(let right)):
            let isMap = Self.isMap(left) || Self.isMap(right)
            var others: [String: JSON] = [:]
            for (key, value) in right { others[key] = value }
            var known = Set<String>()
            for (key, value) in left where known.insert(key).inserted {
                let below = path + [isMap ? "{*}" : key]
                if let other = others[key] {
                    compare(value, other, below)
                } else {
                    note(below, .missing, distance: 1)
                }
            }
            for (key, _) in right where known.insert(key).inserted {
                note(path + [isMap ? "{*}" : key], .extra, distance: 1)
            }
        case (.array(let left), .array(let right)):
            if left.count != right.count {
                note(path, .size, distance: Double(abs(left.count - right.count)))
            } else {
                for (one, other) in zip(left, right) { compare(one, other, path + ["[*]"]) }
            }
        case (.number(let left), .number(let right)):
            compareNumbers(left, right, path)
        case (.string(let left), .string(let right)):
            if !isSameText(left, right) {
                note(path, .value, distance: 1 - 0.5 * Self.nearness(left, right))
            }
        case (.bool(let left), .bool(let right)):
            if left != right { note(path, .value, distance: 1) }
        case (.null, .null): break
        default:
            let step = Self.rank(b) > Self.rank(a) ? 1 : -1
            note(path, .type, distance: 1, typeStep: step)
        }
    }

    private mutating func compareNumbers(_ left: String, _ right: String, _ path: [String]) {
        if left == right { return }
        guard let a = Double(left), let b = Double(right) else { return }
        let distance = abs(a - b)
        let isExact = abs(a) >= Self.exactFrom
        let share = isExact ? 0 : options.relativeTolerance * abs(a)
        if distance > options.absoluteTolerance + share {
            note(path, .value, distance: distance / max(abs(a), 1e-12))
        }
    }

    private mutating func note(
        _ path: [String], _ kind: DifferenceKind, distance: Double, typeStep: Int = 0
    ) {
        if ignored.contains(where: { $0.covers(path) }) { return }
        let name = Self.text(path)
        guard var entry = entries[name] else {
            entries[name] = Entry(kind: kind, distance: distance, typeStep: typeStep)
            return
        }
        // The gravest kind speaks for the path.
        if Self.gravity(kind) > Self.gravity(entry.kind) { entry.kind = kind }
        if typeStep != 0 { entry.typeStep = typeStep }
        entry.distance = max(entry.distance, distance)
        entries[name] = entry
    }

    private static func nearness(_ a: String, _ b: String) -> Double {
        if a.utf8.count > textMax || b.utf8.count > textMax { return 0 }
        return tokenSimilarity(textTokens(a), textTokens(b))
    }

    static func isMap(_ fields: [(key: String, value: JSON)]) -> Bool {
        fields.count > recordKeysMax
            || fields.contains { field in
                field.key.utf8.count > keyLengthMax
                    || field.key.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? true
            }
    }

    /// `a.b[*].c` from its segments.
    static func text(_ path: [String]) -> String {
        if path.isEmpty { return "$" }
        return path.reduce(into: "") { text, segment in
            if segment != "[*]" && !text.isEmpty { text += "." }
            text += segment
        }
    }

    private static func gravity(_ kind: DifferenceKind) -> Int {
        switch kind {
        case .value: 0
        case .size: 1
        case .extra: 2
        case .type: 3
        case .missing: 4
        }
    }

    private static func rank(_ value: JSON) -> Int {
        switch value {
        case .null: 0
        case .bool: 1
        case .number: 2
        case .string: 3
        case .array: 4
        case .object: 5
        }
    }
}

/// Whether two texts have the same bytes; `==` would call canonically equivalent ones the same.
private func isSameText(_ a: String, _ b: String) -> Bool {
    let count = a.utf8.count
    guard count == b.utf8.count else { return false }
    var (a, b) = (a, b)
    return a.withUTF8 { left in
        b.withUTF8 { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return true }
            return memcmp(left, right, count) == 0
        }
    }
}

/// The values at the leaves of a document, by path, of paths that occur once.
struct LeafValues {
    private(set) var values: [String: JSON] = [:]
    private var several = Set<String>()

    init(_ document: JSON) { walk(document, []) }

    private mutating func walk(_ value: JSON, _ path: [String]) {
        switch value {
        case .object(let fields):
            let isMap = StructureDifference.isMap(fields)
            for (key, value) in fields { walk(value, path + [isMap ? "{*}" : key]) }
        case .array(let items):
            for item in items { walk(item, path + ["[*]"]) }
        default:
            let name = StructureDifference.text(path)
            if several.contains(name) { return }
            if values.removeValue(forKey: name) != nil {
                several.insert(name)
            } else {
                values[name] = value
            }
        }
    }

    /// A number, also one that is written as a text, or the ms of a time of day.
    static func number(_ value: JSON?) -> Double? {
        if let number = value?.double { return number.isFinite ? number : nil }
        guard let text = value?.text, text.utf8.count <= 40 else { return nil }
        if let number = Double(text) { return number.isFinite ? number : nil }
        return parseRFC3339(text).map { Double($0) }
    }

    /// A digest of a short value, for counting; nil of long ones.
    static func digest(_ value: JSON?) -> UInt64? {
        guard let value else { return nil }
        let bytes = value.encoded
        if bytes.count > 64 { return nil }
        return bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
