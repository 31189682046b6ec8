// Reading a configuration section: every key is asked for by name and type, what nobody asked for is
// reported at the end. All problems of a file are collected, so that a person fixes them in one go;
// a key that Prometheus knows and Martlet does not serve is a warning, any other unknown key an error.

public import Basics

/// One thing that is wrong in a configuration file.
public struct Problem: Sendable, Equatable, CustomStringConvertible {
    public enum Level: String, Sendable { case warning, error }

    public var level: Level
    public var file: String
    public var line: Int
    public var column: Int
    public var text: String

    public init(_ level: Level, file: String, line: Int, column: Int, text: String) {
        self.level = level
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }

    public var description: String { "\(file):\(line):\(column): \(level.rawValue): \(text)" }
}

/// Collects the problems of one file.
public final class Problems {
    public let file: String
    public private(set) var all: [Problem] = []

    public init(file: String) { self.file = file }

    public var hasErrors: Bool { all.contains { $0.level == .error } }

    public func error(_ node: YAML, _ text: String) {
        all.append(Problem(.error, file: file, line: node.line, column: node.column, text: text))
    }

    public func warning(_ node: YAML, _ text: String) {
        all.append(Problem(.warning, file: file, line: node.line, column: node.column, text: text))
    }
}

/// A mapping whose keys are taken one by one.
public struct Section {
    public let node: YAML
    /// Where this is in the file, for messages: `scrape_configs[0].tls_config`.
    public let path: String
    public let problems: Problems
    private let taken: Taken

    private final class Taken { var keys: Set<String> = [] }

    /// Wraps a node; anything but a mapping (or nothing) is reported and read as empty.
    public init(_ node: YAML, path: String, problems: Problems) {
        self.path = path
        self.problems = problems
        self.taken = Taken()
        if node.fields == nil && !node.isNull {
            problems.error(node, "\(path.isEmpty ? "the file" : path) must be a mapping of keys")
            self.node = YAML(value: .mapping([]), line: node.line, column: node.column)
        } else {
            self.node = node
        }
    }

    /// The raw node of a key; the key counts as known from now on.
    public func take(_ key: String) -> YAML? {
        taken.keys.insert(key)
        guard let value = node[key], !value.isNull else { return nil }
        return value
    }

    public func string(_ key: String) -> String? {
        read(key, "a text") { $0.text }
    }

    public func bool(_ key: String) -> Bool? { read(key, "true or false") { $0.boolean } }

    public func int(_ key: String) -> Int? { read(key, "a whole number") { $0.int } }

    public func double(_ key: String) -> Double? { read(key, "a number") { $0.double } }

    /// A Prometheus duration, in milliseconds.
    public func duration(_ key: String) -> Millis? {
        read(key, "a duration such as 30s or 5m") { $0.text.flatMap(parseDuration) }
    }

    /// A size such as `10MB` or `512KiB` (both binary, as in Prometheus), or a number of bytes.
    public func bytes(_ key: String) -> Int? {
        read(key, "a size such as 10MB") { $0.text.flatMap(parseBytes) }
    }

    public func strings(_ key: String) -> [String]? {
        guard let node = take(key) else { return nil }
        guard let items = node.items else {
            problems.error(node, "\(name(key)) must be a list of texts")
            return nil
        }
        return items.compactMap { item in
            if item.text == nil { problems.error(item, "\(name(key)) must be a list of texts") }
            return item.text
        }
    }

    /// A mapping of texts, such as labels.
    public func texts(_ key: String) -> [(key: String, value: String)]? {
        guard let node = take(key) else { return nil }
        guard let fields = node.fields else {
            problems.error(node, "\(name(key)) must be a mapping of texts")
            return nil
        }
        return fields.compactMap { field in
            guard let key = field.key.text, case .scalar(let value, _) = field.value.value else {
                problems.error(field.value, "\(name(key)) must be a mapping of texts")
                return nil
            }
            return (key, value)
        }
    }

    public func section(_ key: String) -> Section? {
        take(key).map { Section($0, path: name(key), problems: problems) }
    }

    public func sections(_ key: String) -> [Section]? {
        guard let node = take(key) else { return nil }
        guard let items = node.items else {
            problems.error(node, "\(name(key)) must be a list")
            return nil
        }
        return items.enumerated().map { index, item in
            Section(item, path: "\(name(key))[\(index)]", problems: problems)
        }
    }

    /// Reports a fault at a key, or at the section when the key is missing.
    public func error(_ key: String, _ text: String) {
        problems.error(node[key] ?? node, "\(name(key)): \(text)")
    }

    /// Reports the keys that nobody took.
    ///
    /// - Parameter foreign: keys that Prometheus knows and Martlet does not serve.
    public func finish(foreign: Set<String> = []) {
        for (key, _) in node.fields ?? [] {
            let text = key.text ?? ""
            if taken.keys.contains(text) { continue }
            if foreign.contains(text) {
                problems.warning(
                    key, "\(name(text)) is known to Prometheus but not served by Martlet; ignored")
            } else {
                let near = nearest(text, among: taken.keys.union(foreign))
                let hint = near.map { "; did you mean \($0)?" } ?? ""
                problems.error(key, "unknown key \(name(text))\(hint)")
            }
        }
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func read<Value>(_ key: String, _ kind: String, _ convert: (YAML) -> Value?) -> Value? {
        guard let node = take(key) else { return nil }
        guard let value = convert(node) else {
            problems.error(node, "\(name(key)) must be \(kind)")
            return nil
        }
        return value
    }
}

/// Reads `10MB`, `512KiB`, `1GB`, `4096`; units are powers of 1024.
public func parseBytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).uppercased().replacing("I", with: "")
    let powers = [
        "": 0, "B": 0, "K": 1, "KB": 1, "M": 2, "MB": 2, "G": 3, "GB": 3, "T": 4, "TB": 4,
    ]
    guard let power = powers[unit], let number = Double(digits), number.isFinite else { return nil }
    var bytes = number
    for _ in 0..<power { bytes *= 1024 }
    return Int(exactly: bytes.rounded())
}

/// The known key that differs from a mistyped one by at most two edits.
private func nearest(_ text: String, among known: Set<String>) -> String? {
    let scored = known.map { (edits(Array(text.utf8), Array($0.utf8)), $0) }
    guard let best = scored.min(by: { $0 < $1 }), best.0 <= 2 else { return nil }
    return best.1
}

private func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            let cost = a == b ? diagonal : min(diagonal, row[j], row[j + 1]) + 1
            diagonal = row[j + 1]
            row[j + 1] = cost
        }
    }
    return row[right.count]
}
