// What may stand where somebody types: the start of an expression, a label, a value, a duration. The
// query is unfinished, so it is not parsed: its tokens up to the cursor say which brackets are open
// and what stands before them. Names are looked up by whoever knows the series.

public import Basics

/// What a text field may offer at its cursor.
public struct Completion: Sendable {
    /// What may stand there.
    public enum Wanted: Sendable, Equatable {
        /// A metric, a function, an aggregation or a keyword.
        case expression
        /// A label's name: in braces, or in the list behind `by`, `on` and their kin.
        case label
        /// A value of a label, inside its quotes.
        case value(label: String)
        /// A duration in brackets or behind `offset`.
        case duration
        /// Nothing that could be listed: a comment, a text, a number.
        case nothing
    }

    public var wanted: Wanted
    /// The bytes that a suggestion replaces.
    public var span: Span
    /// What of it has been typed.
    public var typed: String
    /// What the series at hand satisfy: the metric, and the matchers that are complete.
    public var matchers: [Matcher]
}

/// Tells what may stand at a byte of an unfinished query.
public func completion(in query: String, at cursor: Int) -> Completion {
    let bytes = Array(query.utf8)
    let end = Swift.max(0, Swift.min(cursor, bytes.count))
    var walk = CompletionWalk(bytes: Array(bytes[..<end]))
    walk.run()
    var found = walk.completion
    if found.wanted == .label, walk.isInList { found.matchers = metricsMatchers(bytes) }
    return found
}

/// One matcher for the metrics that the whole query names.
private func metricsMatchers(_ bytes: [UInt8]) -> [Matcher] {
    var names: [String] = []
    var (inBraces, listDepth, depth) = (false, Int.max, 0)
    let tokens = Lexer.tokens(of: bytes).tokens
    for (index, token) in tokens.enumerated() {
        let next = index + 1 < tokens.count ? tokens[index + 1].kind : .end
        switch token.kind {
        case .leftBrace: inBraces = true
        case .rightBrace: inBraces = false
        case .leftParen:
            depth += 1
            if index > 0, listWords.contains(tokens[index - 1].kind) { listDepth = depth }
        case .rightParen:
            if depth == listDepth { listDepth = .max }
            depth -= 1
        case .identifier, .metricName:
            if inBraces || depth >= listDepth || next == .leftParen { continue }
            names.append(String(decoding: bytes[token.span.from..<token.span.end], as: UTF8.self))
        default: break
        }
    }
    if names.isEmpty { return [] }
    // Names of letters, digits, `_` and `:` need no escaping.
    let pattern = Set(names).sorted().joined(separator: "|")
    return (try? Matcher(Labels.metricName, .matches, pattern)).map { [$0] } ?? []
}

private let listWords: Set<TokenKind> = [
    .by, .without, .on, .ignoring, .groupLeft, .groupRight,
]

/// Walks the bytes before the cursor.
private struct CompletionWalk {
    private enum Open { case paren, list, braces, brackets }

    let bytes: [UInt8]
    private var index = 0
    private var open: [Open] = []
    /// The word that was read last, lower-cased, unless something else came between.
    private var lastWord = ""
    private var metric = ""
    /// In braces: the name before the operator, the operator, and what is complete.
    private var label = ""
    private var operation = ""
    private var matchers: [Matcher] = []
    private var result: (Completion.Wanted, from: Int)?

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isInList: Bool { open.last == .list }

    var completion: Completion {
        let (wanted, from) = result ?? (rest, bytes.count)
        var all = matchers
        if open.last == .braces, !metric.isEmpty {
            all.insert(Matcher(Labels.metricName, equals: metric), at: 0)
        }
        return Completion(
            wanted: wanted, span: Span(from: from, end: bytes.count),
            typed: String(decoding: bytes[from...], as: UTF8.self),
            matchers: open.last == .braces ? all : [])
    }

    /// What may stand at a cursor that touches no word.
    private var rest: Completion.Wanted {
        switch open.last {
        case .list: return .label
        case .braces: return operation.isEmpty ? .label : .nothing
        case .brackets: return .duration
        case .paren, nil: return lastWord == "offset" ? .duration : .expression
        }
    }

    mutating func run() {
        while index < bytes.count && result == nil { step() }
    }

    private mutating func step() {
        let byte = bytes[index]
        if isLetter(byte) || byte == UInt8(ascii: ":") && open.last != .brackets { return word() }
        if isDigit(byte) { return number() }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): text(byte)
        case UInt8(ascii: "#"):
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            if index == bytes.count { result = (.nothing, index) }
        case UInt8(ascii: "("):
            let isList = TokenKind(rawValue: lastWord).map(listWords.contains) ?? false
            open.append(isList ? .list : .paren)
            lastWord = ""
        case UInt8(ascii: "{"):
            open.append(.braces)
            (metric, label, operation, matchers) = (lastName, "", "", [])
            lastWord = ""
        case UInt8(ascii: "["):
            open.append(.brackets)
            lastWord = ""
        case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"):
            _ = open.popLast()
            lastWord = ""
        case UInt8(ascii: ","):
            (label, operation) = ("", "")
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "~"):
            if open.last == .braces { operation.unicodeScalars.append(Unicode.Scalar(byte)) }
            lastWord = ""
        default:
            if !isSpace(byte) { lastWord = "" }
        }
    }

    /// The last word as it was written, when it can be a metric.
    private var lastName = ""

    private mutating func word() {
        let start = index
        while index < bytes.count,
            isLetter(bytes[index]) || isDigit(bytes[index]) || bytes[index] == UInt8(ascii: ":")
        { index += 1 }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        if index == bytes.count {
            switch open.last {
            case .list: result = (.label, start)
            case .braces: result = (operation.isEmpty ? .label : .nothing, start)
            case .brackets: result = (.duration, start)
            case .paren, nil: result = (.expression, start)
            }
            return
        }
        if open.last == .braces { label = name }
        lastWord = name.lowercased()
        lastName = name
    }

    private mutating func number() {
        let start = index
        while index < bytes.count,
            isLetter(bytes[index]) || isDigit(bytes[index]) || bytes[index] == UInt8(ascii: ".")
        { index += 1 }
        if index == bytes.count {
            let isDuration = open.last == .brackets || lastWord == "offset"
            result = (isDuration ? .duration : .nothing, isDuration ? start : index)
        }
        lastWord = ""
    }

    private mutating func text(_ quote: UInt8) {
        let start = index
        while index < bytes.count, bytes[index] != quote {
            index += bytes[index] == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") ? 2 : 1
        }
        lastWord = ""
        if index >= bytes.count {
            guard open.last == .braces || open.last == .list else {
                result = (.nothing, bytes.count)
                return
            }
            let isValue = open.last == .braces && !operation.isEmpty
            result = (isValue ? .value(label: label) : .label, Swift.min(start, bytes.count))
            return
        }
        let written = Array(bytes[(start - 1)...index])
        index += 1
        guard open.last == .braces else { return }
        let value = String(decoding: unquotedBytes(written[...]), as: UTF8.self)
        if operation.isEmpty {
            label = value
        } else if let test = Matcher.Operation(rawValue: operation),
            let matcher = try? Matcher(label, test, value)
        {
            matchers.append(matcher)
        }
    }
}
