// How tests write series: `name{l="v"} 1 2+3x4 _ stale`. Scripts and rule unit tests share it.
// `5x3` is four samples (the value, and three more); `_x3` is three gaps.

public import Basics
internal import Glibc

/// One place in a written series.
public enum SequenceItem: Sendable, Equatable {
    case value(Double)
    /// Time goes on, but there is no sample.
    case gap
    /// A native histogram: it is recognised, so that whoever reads can step over it.
    case histogram
}

/// A fault in a series' notation.
public struct NotationError: Error, Sendable, Equatable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// Reads `name{l="v"}` and the values behind it.
public func parseSeriesDescription(
    _ text: String
) throws(NotationError) -> (labels: Labels, items: [SequenceItem]) {
    let bytes = Array(text.utf8)
    let end = metricEnd(bytes)
    let labels = try parseMetric(String(decoding: bytes[..<end], as: UTF8.self))
    return (labels, try parseSequence(String(decoding: bytes[end...], as: UTF8.self)))
}

/// Reads `name{l="v"}`.
public func parseMetric(_ text: String) throws(NotationError) -> Labels {
    var parser = Parser(Array(text.utf8), ParserOptions())
    let selector: VectorSelector
    do throws(QueryError) {
        guard parser.current.kind.mayNameMetric || parser.current.kind == .leftBrace else {
            throw parser.unexpected()
        }
        selector = try parser.vectorSelector()
        guard parser.current.kind == .end else { throw parser.unexpected() }
    } catch {
        throw NotationError(reason: "not a series: \(error.text(in: text))")
    }
    var builder = LabelsBuilder()
    for matcher in selector.matchers {
        guard matcher.operation == .equal else {
            throw NotationError(reason: "a series has values and no tests: \(matcher)")
        }
        builder.set(matcher.name, matcher.value)
    }
    return builder.labels()
}

/// The offset behind the name and the braces.
private func metricEnd(_ bytes: [UInt8]) -> Int {
    var index = 0
    var quote: UInt8?
    var isInBraces = false
    while index < bytes.count {
        let byte = bytes[index]
        if let open = quote {
            if byte == UInt8(ascii: "\\") && open != UInt8(ascii: "`") { index += 1 }
            if byte == open { quote = nil }
        } else if isInBraces {
            if "\"'`".utf8.contains(byte) { quote = byte }
            if byte == UInt8(ascii: "}") { return index + 1 }
        } else if byte == UInt8(ascii: "{") {
            isInBraces = true
        } else if isSpace(byte) {
            // Spaces may stand before the braces, but two braces open a histogram.
            let rest = bytes[index...].drop(while: isSpace)
            let opens =
                rest.first == UInt8(ascii: "{") && rest.dropFirst().first != UInt8(ascii: "{")
            if !opens { return index }
        }
        index += 1
    }
    return Swift.min(index, bytes.count)
}

/// Reads the values of a series.
public func parseSequence(_ text: String) throws(NotationError) -> [SequenceItem] {
    var reader = SequenceReader(Array(text.utf8))
    return try reader.items()
}

private struct SequenceReader {
    /// Samples of one series in a test; longer ones are mistakes in a repetition.
    static let itemsMax = 1_000_000

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func items() throws(NotationError) -> [SequenceItem] {
        var items: [SequenceItem] = []
        while true {
            while let byte = current, isSpace(byte) { index += 1 }
            if current == nil { return items }
            try item(into: &items)
            if let byte = current, !isSpace(byte) { throw fault("a space was expected") }
            guard items.count <= SequenceReader.itemsMax else {
                throw fault("more than \(SequenceReader.itemsMax) samples")
            }
        }
    }

    private func fault(_ reason: String) -> NotationError {
        let text = String(decoding: bytes, as: UTF8.self)
        return NotationError(reason: "\(reason) at byte \(index) of the values \(quoted(text))")
    }

    private mutating func item(into items: inout [SequenceItem]) throws(NotationError) {
        if current == UInt8(ascii: "_") {
            index += 1
            let count = try times() ?? 1
            items += Array(repeating: .gap, count: count)
            return
        }
        if current == UInt8(ascii: "{") {
            try histogram()
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") {
                index += 1
                try histogram()
            }
            items += Array(repeating: .histogram, count: (try times() ?? 0) + 1)
            return
        }
        if matches("stale") {
            index += 5
            items.append(.value(Stale.marker))
            return
        }
        let value = try number()
        var delta: Double?
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") {
            let isNegative = current == UInt8(ascii: "-")
            index += 1
            let amount = try number()
            delta = isNegative ? -amount : amount
        }
        guard let count = try times() else {
            if delta != nil { throw fault("a repetition such as x5 was expected") }
            items.append(.value(value))
            return
        }
        var next = value
        for _ in 0...count {
            items.append(.value(next))
            // Added up step by step, as the peer does, rounding included.
            next += delta ?? 0
        }
    }

    /// `x` and a number, if they stand here.
    private mutating func times() throws(NotationError) -> Int? {
        guard current == UInt8(ascii: "x") else { return nil }
        index += 1
        let digits = bytes[index...].prefix(while: isDigit)
        guard let count = Int(String(decoding: digits, as: UTF8.self)),
            count <= SequenceReader.itemsMax
        else { throw fault("a number of repetitions was expected") }
        index += digits.count
        return count
    }

    private func matches(_ word: String) -> Bool {
        bytes[index...].prefix(word.utf8.count).map(lowered).elementsEqual(word.utf8)
    }

    private mutating func number() throws(NotationError) -> Double {
        let start = index
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
        let isNegative = bytes[start..<index].first == UInt8(ascii: "-")
        for (word, value) in [("infinity", Double.infinity), ("inf", .infinity), ("nan", .nan)]
        where matches(word) {
            index += word.utf8.count
            return isNegative ? -value : value
        }
        let first = index
        while let byte = current {
            let isExponent = lowered(byte) == UInt8(ascii: "e")
            guard isDigit(byte) || byte == UInt8(ascii: ".") || isExponent else { break }
            index += 1
            if isExponent, current == UInt8(ascii: "+") || current == UInt8(ascii: "-") {
                index += 1
            }
        }
        let text = String(decoding: bytes[first..<index], as: UTF8.self)
        guard first < index, text.utf8.first.map({ isDigit($0) || $0 == UInt8(ascii: ".") }) == true
        else {
            throw fault("a number was expected")
        }
        let value = text.withCString { strtod($0, nil) }
        return isNegative ? -value : value
    }

    private mutating func histogram() throws(NotationError) {
        guard matches("{{") else { throw fault("a histogram was expected") }
        while index < bytes.count && !matches("}}") { index += 1 }
        guard matches("}}") else { throw fault("the histogram is not closed") }
        index += 2
    }
}
