// One line of predictions, scanned: which token is which field. Unknown fields are a fault that names
// them, so that a slip in a field's name is seen at once and not after a week of missing data.

internal import Basics

/// The tokens of a line, by field.
struct PredictionLine {
    typealias Role = PredictionColumn.Role

    private(set) var model: LineToken?
    private(set) var version: LineToken?
    private(set) var id: LineToken?
    private var timeToken: LineToken?
    private var tokens: [(role: Role, token: LineToken)] = []

    /// Scans a line; the tokens of the line before are gone.
    mutating func scan(_ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int) throws(LineFault) {
        model = nil
        version = nil
        id = nil
        timeToken = nil
        tokens.removeAll(keepingCapacity: true)
        var scanner = LineScanner(base, from: from, to: to)
        guard scanner.take(0x7b) else {
            throw LineFault(field: "", reason: "a prediction is an object in braces")
        }
        if !scanner.take(0x7d) {
            repeat {
                var token = LineToken()
                try scanner.key(&token)
                try field(token, &scanner)
            } while scanner.take(0x2c)
            if !scanner.take(0x7d) {
                throw LineFault(
                    field: "", reason: "expected ',' or '}' at byte \(scanner.at - from)")
            }
        }
        scanner.skipSpace()
        if scanner.at < to {
            throw LineFault(field: "", reason: "something follows the object; one object a line")
        }
        if tokens.isEmpty {
            throw LineFault(field: "", reason: "neither features nor an output")
        }
    }

    private mutating func field(
        _ key: LineToken, _ scanner: inout LineScanner
    ) throws(LineFault) {
        var token = key
        let name = UnsafeBufferPointer(
            start: scanner.base + key.keyStart, count: key.keyEnd - key.keyStart)
        func names(_ word: StaticString) -> Bool {
            name.count == word.utf8CodeUnitCount
                && name.elementsEqual(
                    UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        if names("features") { return try group(.feature, &scanner) }
        if names("probabilities") {
            scanner.skipSpace()
            if scanner.at < scanner.end, scanner.base[scanner.at] == 0x5b {
                return try classes(key, &scanner)
            }
            return try group(.probability, &scanner)
        }
        try scanner.value(&token)
        if names("model") {
            model = token
        } else if names("version") {
            version = token
        } else if names("id") {
            id = token
        } else if names("time") {
            timeToken = token
        } else if names("output") {
            tokens.append((.output, token))
        } else if names("score") {
            tokens.append((.score, try number(token, "score")))
        } else if names("segment") {
            tokens.append((.segment, token))
        } else if names("latency") {
            tokens.append((.latency, try number(token, "latency")))
        } else if names("ttft") {
            tokens.append((.firstToken, try number(token, "ttft")))
        } else if names("tokens_in") {
            tokens.append((.tokensIn, try number(token, "tokens_in")))
        } else if names("tokens_out") {
            tokens.append((.tokensOut, try number(token, "tokens_out")))
        } else if names("cost") {
            tokens.append((.cost, try number(token, "cost")))
        } else if names("prompt") {
            tokens.append((.prompt, token))
        } else if names("answer") {
            tokens.append((.answer, token))
        } else if names("label") {
            tokens.append((.label, token))
        } else {
            throw LineFault(
                field: scanner.name(key),
                reason:
                    "unknown field; features go into \"features\", and known are model, version, "
                    + "id, time, features, output, probabilities, score, segment, latency, ttft, "
                    + "tokens_in, tokens_out, cost, prompt, answer and label")
        }
    }

    private func number(_ token: LineToken, _ name: String) throws(LineFault) -> LineToken {
        if token.kind == .null || token.kind == .number && token.number >= 0 { return token }
        throw LineFault(field: name, reason: "must be a number of 0 or more")
    }

    /// The fields of an inner object.
    private mutating func group(_ role: Role, _ scanner: inout LineScanner) throws(LineFault) {
        let name = role == .feature ? "features" : "probabilities"
        guard scanner.take(0x7b) else { throw LineFault(field: name, reason: "must be an object") }
        if scanner.take(0x7d) { return }
        repeat {
            var token = LineToken()
            do throws(LineFault) {
                try scanner.key(&token)
                try scanner.value(&token)
            } catch {
                throw LineFault(
                    field: error.field.isEmpty ? name : "\(name).\(error.field)",
                    reason: error.reason)
            }
            if role == .probability, token.kind != .null,
                !(token.kind == .number && token.number >= 0 && token.number <= 1)
            {
                throw LineFault(
                    field: "\(name).\(scanner.name(token))", reason: "must be between 0 and 1")
            }
            tokens.append((role, token))
        } while scanner.take(0x2c)
        if !scanner.take(0x7d) { throw LineFault(field: name, reason: "expected ',' or '}'") }
    }

    /// Probabilities as a list: the classes are 0, 1, 2 and so on.
    private mutating func classes(
        _ key: LineToken, _ scanner: inout LineScanner
    ) throws(LineFault) {
        var token = key
        try scanner.value(&token)
        tokens.append((.probability, token))
    }

    /// The bytes of a name; empty when it was not given.
    func name(
        _ base: UnsafePointer<UInt8>, _ token: LineToken?, _ field: String
    ) throws(LineFault) -> [UInt8] {
        guard let token, token.kind != .null else { return [] }
        guard token.end - token.start <= PredictionLimits.nameBytesMax else {
            throw LineFault(
                field: field, reason: "longer than \(PredictionLimits.nameBytesMax) bytes")
        }
        switch token.kind {
        case .text, .number:
            return Array(
                UnsafeBufferPointer(start: base + token.start, count: token.end - token.start))
        case .escaped:
            if let bytes = unescaped(base, token.start, token.end) { return bytes }
            throw LineFault(field: field, reason: "unknown escape")
        default: throw LineFault(field: field, reason: "must be a text")
        }
    }

    func time(_ base: UnsafePointer<UInt8>, now: Millis) throws(LineFault) -> Millis {
        try readTime(base, timeToken, now: now)
    }

    /// Refuses embeddings and texts that cannot be read, before a column is touched.
    func checkVectors(_ base: UnsafePointer<UInt8>) throws(LineFault) {
        for (role, token) in tokens
        where token.kind == .list || token.kind == .escaped || token.keyIsEscaped {
            var scanner = LineScanner(base, from: token.start, to: token.end)
            let name = scanner.name(token)
            if token.keyIsEscaped, unescaped(base, token.keyStart, token.keyEnd) == nil {
                throw LineFault(field: name, reason: "unknown escape")
            }
            if token.kind == .escaped, unescaped(base, token.start, token.end) == nil {
                throw LineFault(field: name, reason: "unknown escape")
            }
            guard token.kind == .list else { continue }
            guard role == .feature || role == .probability else {
                throw LineFault(field: name, reason: "a list is not expected here")
            }
            var count = 0
            guard scanner.numbers({ _ in count += 1 }), count > 0 else {
                throw LineFault(field: name, reason: "must be a list of numbers")
            }
            if count > PredictionLimits.vectorMax {
                throw LineFault(
                    field: name, reason: "more than \(PredictionLimits.vectorMax) numbers")
            }
        }
    }

    /// Adds the values to a row that was begun.
    func add(_ base: UnsafePointer<UInt8>, to builder: inout BlockBuilder) {
        for (role, token) in tokens where token.kind != .null {
            if token.keyIsEscaped, let key = unescaped(base, token.keyStart, token.keyEnd) {
                key.withUnsafeBufferPointer { add(base, role, token, $0, &builder) }
            } else {
                let isNamed = role == .feature || role == .probability
                let length = isNamed ? token.keyEnd - token.keyStart : 0
                let key = UnsafeBufferPointer(start: base + token.keyStart, count: length)
                add(base, role, token, key, &builder)
            }
        }
    }

    private func add(
        _ base: UnsafePointer<UInt8>, _ role: Role, _ token: LineToken,
        _ key: UnsafeBufferPointer<UInt8>, _ builder: inout BlockBuilder
    ) {
        switch token.kind {
        case .number:
            if role == .segment { return add(base, role, token.start..<token.end, key, &builder) }
            if let place = builder.place(role, key, .number) {
                builder.append(place, token.number)
            }
        case .text: add(base, role, token.start..<token.end, key, &builder)
        case .escaped:
            guard let text = unescaped(base, token.start, token.end) else { return }
            text.withUnsafeBufferPointer { text in
                guard let base = text.baseAddress else { return }
                add(base, role, 0..<text.count, key, &builder)
            }
        case .yes, .no:
            let word: StaticString = token.kind == .yes ? "true" : "false"
            add(word.utf8Start, role, 0..<word.utf8CodeUnitCount, key, &builder)
        case .list: addList(base, role, token, key, &builder)
        case .null: return
        }
    }

    private func addList(
        _ base: UnsafePointer<UInt8>, _ role: Role, _ token: LineToken,
        _ key: UnsafeBufferPointer<UInt8>, _ builder: inout BlockBuilder
    ) {
        var scanner = LineScanner(base, from: token.start, to: token.end)
        if role == .probability {
            var index = 0
            _ = scanner.numbers { number in
                let name = Array(String(index).utf8)
                index += 1
                name.withUnsafeBufferPointer { name in
                    if let place = builder.place(role, name, .number) {
                        builder.append(place, number)
                    }
                }
            }
            return
        }
        var vector: [Float] = []
        _ = scanner.numbers { vector.append(Float($0)) }
        if let place = builder.place(role, key, .vector(vector.count)) {
            builder.append(place, vector: vector)
        }
    }

    /// A text: a category when it is short, free text when it is long or a prompt or an answer.
    private func add(
        _ base: UnsafePointer<UInt8>, _ role: Role, _ range: Range<Int>,
        _ key: UnsafeBufferPointer<UInt8>, _ builder: inout BlockBuilder
    ) {
        let text = UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
        let isFree =
            role == .prompt || role == .answer
            || role != .segment && role != .label && range.count > PredictionLimits.categoryBytesMax
        if isFree {
            if let place = builder.place(role, key, .text) { builder.append(place, text: text) }
        } else if let place = builder.place(role, key, .category) {
            builder.append(place, category: text)
        }
    }
}

/// A time of a line: seconds, milliseconds or RFC 3339; `now` when it is not given.
func readTime(
    _ base: UnsafePointer<UInt8>, _ token: LineToken?, now: Millis
) throws(LineFault) -> Millis {
    guard let token, token.kind != .null else { return now }
    var time: Millis?
    if token.kind == .number {
        // As seconds 10^11 is the year 5138, as milliseconds it is 1973: nobody means either.
        let millis = token.number.magnitude < 1e11 ? token.number * 1000 : token.number
        time = Millis(exactly: millis.rounded())
    } else if token.kind == .text {
        let bytes = UnsafeBufferPointer(start: base + token.start, count: token.end - token.start)
        time = parseRFC3339(String(decoding: bytes.prefix(60), as: UTF8.self))
    }
    guard let time else {
        throw LineFault(field: "time", reason: "must be RFC 3339, seconds or milliseconds")
    }
    if time > now + Limits.aheadMillisMax {
        throw LineFault(field: "time", reason: "lies in the future")
    }
    if time < now - PredictionLimits.ageMillisMax {
        throw LineFault(
            field: "time",
            reason: "is older than \(PredictionLimits.ageMillisMax / 86_400_000) days")
    }
    return time
}
