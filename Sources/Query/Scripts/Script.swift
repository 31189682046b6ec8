// A script in Prometheus' promqltest language, read line by line into commands. A block that cannot be
// read becomes a fault with its line and costs only itself.

internal import Basics

/// One command of a script.
struct ScriptCommand {
    enum Kind {
        case clear
        case load(Load)
        case evaluate(Evaluation)
        case fault(String)
    }

    /// From 1.
    var line: Int
    var kind: Kind
}

struct Load {
    var stepMillis: Millis
    var series: [(labels: Labels, items: [SequenceItem])] = []
    /// Classic histograms also become native ones.
    var makesNativeHistograms = false
}

/// What an annotation or an error should be.
enum TextExpectation {
    case any
    case exactly(String)
    case matching(Pattern)
}

struct Evaluation {
    var query: String
    /// Equal ends for an instant query.
    var range: TimeRange
    var stepMillis: Millis
    var isInstant: Bool
    var isOrdered = false
    var failures: [TextExpectation] = []
    var warnings: [TextExpectation] = []
    var infos: [TextExpectation] = []
    var refusesWarnings = false
    var refusesInfos = false
    var string: [UInt8]?
    /// An instant query that yields a matrix with these times.
    var matrix: (range: TimeRange, stepMillis: Millis)?
    var scalar: Double?
    var results: [(labels: Labels, items: [SequenceItem])] = []
}

extension ScriptCommand {
    /// Cuts a script into commands.
    static func read(_ text: String) -> [ScriptCommand] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = trimmed(line)
            return trimmed.hasPrefix("#") ? "" : trimmed
        }
        var commands: [ScriptCommand] = []
        var index = 0
        while index < lines.count {
            defer { index += 1 }
            if lines[index].isEmpty { continue }
            let first = index
            let head = lines[first]
            let word = head.prefix { $0 != " " && $0 != "\t" }.lowercased()
            var body: [(line: Int, text: String)] = []
            if word != "clear" {
                while index + 1 < lines.count, !lines[index + 1].isEmpty {
                    index += 1
                    body.append((index + 1, lines[index]))
                }
            }
            let kind: Kind
            do {
                if word == "clear" {
                    kind = .clear
                } else if word == "load" || word == "load_with_nhcb" {
                    kind = .load(try Load(head, body, word == "load_with_nhcb"))
                } else if word.hasPrefix("eval") {
                    kind = .evaluate(try Evaluation(head, body))
                } else {
                    kind = .fault("unknown command \(quoted(word))")
                }
            } catch {
                kind = .fault(error.reason)
            }
            commands.append(ScriptCommand(line: first + 1, kind: kind))
        }
        return commands
    }
}

func trimmed(_ text: Substring) -> String {
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.first, isSpace(byte) { bytes = bytes.dropFirst() }
    while let byte = bytes.last, isSpace(byte) { bytes = bytes.dropLast() }
    return String(decoding: bytes, as: UTF8.self)
}

/// The first word, and what stands behind it.
func splitWord(_ text: String) -> (word: String, rest: String) {
    let word = text.prefix { $0 != " " && $0 != "\t" }
    return (String(word), trimmed(text.dropFirst(word.count)))
}

extension Load {
    init(
        _ head: String, _ body: [(line: Int, text: String)], _ makesNative: Bool
    ) throws(NotationError) {
        let step = splitWord(head).rest
        guard let millis = parseDuration(step), millis > 0, millis <= durationMillisMax else {
            throw NotationError(reason: "load needs a step such as 5m, got \(quoted(step))")
        }
        stepMillis = millis
        makesNativeHistograms = makesNative
        for (line, text) in body {
            do {
                let (labels, items) = try parseSeriesDescription(text)
                // Within a block a series that is written again replaces itself.
                series.removeAll { $0.labels == labels }
                series.append((labels, items))
            } catch {
                throw NotationError(reason: "line \(line): \(error.reason)")
            }
        }
    }
}

extension Evaluation {
    init(_ head: String, _ body: [(line: Int, text: String)]) throws(NotationError) {
        var (command, rest) = splitWord(head)
        var mode: String
        (mode, rest) = splitWord(rest)
        func take(_ word: String) throws(NotationError) -> Millis {
            let (name, behind) = splitWord(rest)
            let (time, after) = splitWord(behind)
            guard name == word, let millis = scriptTime(time) else {
                throw NotationError(
                    reason: "\(word) and a time were expected before \(quoted(rest))")
            }
            rest = after
            return millis
        }
        isInstant = mode.lowercased() == "instant"
        if isInstant {
            let time = rest.hasPrefix("at ") ? try take("at") : 0
            range = TimeRange(from: time, through: time)
            stepMillis = 0
        } else if mode.lowercased() == "range" {
            let from = try take("from")
            range = TimeRange(from: from, through: try take("to"))
            stepMillis = try take("step")
        } else {
            throw NotationError(reason: "eval needs instant or range, got \(quoted(mode))")
        }
        query = rest
        command = command.lowercased()
        switch command {
        case "eval": break
        case "eval_fail": failures = [.any]
        case "eval_warn": warnings = [.any]
        case "eval_info": infos = [.any]
        case "eval_ordered": isOrdered = true
        default: throw NotationError(reason: "unknown command \(quoted(command))")
        }
        for (line, text) in body {
            do {
                try expect(text)
            } catch {
                throw NotationError(reason: "line \(line): \(error.reason)")
            }
        }
    }

    private mutating func expect(_ text: String) throws(NotationError) {
        if text.hasPrefix("expected_fail_message ") {
            failures = [.exactly(splitWord(text).rest)]
        } else if text.hasPrefix("expected_fail_regexp ") {
            failures = [try pattern(splitWord(text).rest)]
        } else if text.hasPrefix("expect ") {
            try expectation(splitWord(text).rest)
        } else if let number = scriptNumber(text) {
            scalar = number
        } else {
            results.append(try parseSeriesDescription(text))
        }
    }

    private func pattern(_ text: String) throws(NotationError) -> TextExpectation {
        do {
            return .matching(try Pattern(text, anchored: false))
        } catch {
            throw NotationError(reason: error.description)
        }
    }

    private mutating func expectation(_ text: String) throws(NotationError) {
        let (kind, rest) = splitWord(text)
        if kind == "string" {
            string = unquotedBytes(Array(rest.utf8)[...])
            return
        }
        if kind == "range" {
            let words = rest.split(separator: " ").map(String.init)
            guard words.count == 7, let from = scriptTime(words[2]), let to = scriptTime(words[4]),
                let step = scriptTime(words[6])
            else {
                throw NotationError(
                    reason:
                        "expect range vector from <time> to <time> step <duration>, got \(quoted(text))"
                )
            }
            matrix = (TimeRange(from: from, through: to), step)
            return
        }
        var wanted = TextExpectation.any
        if rest.hasPrefix("msg:") {
            wanted = .exactly(trimmed(rest.dropFirst(4)))
        } else if rest.hasPrefix("regex:") {
            wanted = try pattern(trimmed(rest.dropFirst(6)))
        } else if !rest.isEmpty {
            throw NotationError(reason: "msg: or regex: was expected, got \(quoted(rest))")
        }
        switch kind {
        case "ordered": isOrdered = true
        case "fail": failures.append(wanted)
        case "warn": warnings.append(wanted)
        case "info": infos.append(wanted)
        case "no_warn": refusesWarnings = true
        case "no_info": refusesInfos = true
        default: throw NotationError(reason: "unknown expectation \(quoted(kind))")
        }
        if failures.count > 1 { throw NotationError(reason: "expect fail may stand once") }
        if refusesWarnings && !warnings.isEmpty || refusesInfos && !infos.isEmpty {
            throw NotationError(reason: "a kind of annotation is both expected and refused")
        }
    }
}

/// A time in a script: a duration since the epoch, or seconds; it may be negative.
private func scriptTime(_ text: String) -> Millis? {
    let isNegative = text.hasPrefix("-")
    if let millis = parseDuration(isNegative ? String(text.dropFirst()) : text) {
        guard millis <= durationMillisMax else { return nil }
        return isNegative ? -millis : millis
    }
    guard let seconds = Double(text), seconds.magnitude <= Double(durationMillisMax / 1000) else {
        return nil
    }
    return Millis((seconds * 1000).rounded())
}

/// A result that is only a number.
private func scriptNumber(_ text: String) -> Double? {
    var rest = text[...]
    let isNegative = rest.hasPrefix("-")
    if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
    let bytes = Array(rest.utf8)
    let (tokens, _) = Lexer.tokens(of: bytes)
    guard tokens.count == 2, tokens[0].kind == .number, tokens[0].span.end == bytes.count,
        let value = numberValue(bytes)
    else { return nil }
    return isNegative ? -value : value
}
