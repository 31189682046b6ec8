// The functions that Prometheus adds to the language for rules. `tmpl` is for consoles only and
// left out. Texts come out unescaped: the template is text, and whoever shows it escapes.

import Basics
import Query

extension TemplateFunctions {
    /// Prometheus' 29 functions for rule labels and annotations.
    public static let prometheus = TemplateFunctions(
        names: [
            "args", "externalURL", "first", "graphLink", "humanize", "humanize1024",
            "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "label", "match", "now",
            "parseDuration", "pathPrefix", "query", "reReplaceAll", "safeHtml", "sortByLabel",
            "stripDomain", "stripPort", "strvalue", "tableLink", "title", "toDuration", "toLower",
            "toTime", "toUpper", "urlQueryEscape", "value",
        ],
        call: callPrometheus)
}

@Sendable
private func callPrometheus(
    _ name: String, _ arguments: [TemplateValue], _ world: TemplateWorld
) throws(TemplateFault) -> TemplateValue {
    let counts = ["now": 0, "externalURL": 0, "pathPrefix": 0, "reReplaceAll": 3, "label": 2]
    let two: Set<String> = ["match", "sortByLabel"]
    let wanted = counts[name] ?? (two.contains(name) ? 2 : 1)
    guard name == "args" || arguments.count == wanted else {
        throw TemplateFault(
            "wrong number of args for \(name): want \(wanted) got \(arguments.count)")
    }
    switch name {
    case "args":
        let named = arguments.enumerated().map { ("arg\($0.offset)", $0.element) }
        return .map(Dictionary(uniqueKeysWithValues: named))
    case "now": return .float(Double(world.now) / 1000)
    case "externalURL": return .string(world.externalURL)
    case "pathPrefix": return .string(path(of: world.externalURL))
    case "query", "first", "label", "value", "strvalue", "sortByLabel":
        return try callOnVectors(name, arguments, world)
    case "match", "reReplaceAll": return try callOnPatterns(name, arguments)
    case "humanize", "humanize1024", "humanizeDuration", "humanizePercentage",
        "humanizeTimestamp", "toTime", "toDuration":
        return try callOnNumber(name, try number(arguments[0]))
    default: return try callOnText(name, try text(arguments[0]))
    }
}

// MARK: - Texts

private func callOnText(_ name: String, _ text: String) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "toUpper": return .string(text.uppercased())
    case "toLower": return .string(text.lowercased())
    case "title": return .string(titled(text))
    case "safeHtml": return .string(text)
    case "urlQueryEscape": return .string(queryEscaped(text))
    case "graphLink": return .string("/graph?g0.expr=\(queryEscaped(text))&g0.tab=0")
    case "tableLink": return .string(tableLink(text))
    case "stripPort": return .string(hostAndPort(text)?.host ?? text)
    case "stripDomain": return .string(withoutDomain(text))
    case "parseDuration":
        guard let millis = parseDuration(text) else {
            throw TemplateFault("not a valid duration string: \(goQuoted(text))")
        }
        return .float(Double(millis) / 1000)
    default: throw TemplateFault("function \(goQuoted(name)) not defined")
    }
}

/// The path at which an expression is shown as a table; what an alert's link points to.
public func tableLink(_ expression: String) -> String {
    "/graph?g0.expr=\(queryEscaped(expression))&g0.tab=1"
}

private func titled(_ text: String) -> String {
    var result = ""
    var startsWord = true
    for character in text {
        result += startsWord ? character.uppercased() : String(character)
        startsWord =
            !(character.isLetter || character.isNumber || character == "_" || character == "'")
    }
    return result
}

private func path(of url: String) -> String {
    guard let scheme = url.range(ofText: "://") else { return url }
    let rest = url[scheme...]
    return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? ""
}

/// Splits `host:port` and `[v6]:port`; nil when there is no port.
private func hostAndPort(_ text: String) -> (host: String, port: String)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = String(text[text.index(after: colon)...])
    let host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") {
        return (String(host.dropFirst().dropLast()), port)
    }
    return host.contains(":") || host.contains("[") ? nil : (String(host), port)
}

private func withoutDomain(_ text: String) -> String {
    let split = hostAndPort(text)
    let host = split?.host ?? text
    let isAddress =
        host.contains(":")
        || host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            UInt8($0) != nil
        }
    if isAddress { return text }
    let short = String(host.prefix { $0 != "." })
    return split.map { $0.port.isEmpty ? short : "\(short):\($0.port)" } ?? short
}

// MARK: - Numbers

private func callOnNumber(_ name: String, _ number: Double) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "humanize": return .string(humanized(number))
    case "humanize1024": return .string(humanized1024(number))
    case "humanizeDuration": return .string(humanizedDuration(number))
    case "humanizePercentage": return .string(humanizedPercentage(number))
    case "toDuration": return .duration(number)
    default:
        if !number.isFinite {
            return name == "toTime" ? .none : .string(floatText(number, "g", precision: 4))
        }
        // Nanoseconds must fit 64 bits, as in Prometheus.
        guard number.magnitude < 9_223_372_036 else {
            throw TemplateFault(
                "\(numberText(number)) cannot be represented as a nanoseconds timestamp since it "
                    + "overflows int64"
            )
        }
        return name == "toTime" ? .time(number) : .string(goTimeText(number))
    }
}

private func number(_ value: TemplateValue) throws(TemplateFault) -> Double {
    switch value {
    case .float(let number), .duration(let number): return number
    case .int(let number): return Double(number)
    case .string(let text):
        let special = ["+Inf": Double.infinity, "Inf": .infinity, "-Inf": -.infinity, "NaN": .nan]
        if let number = special[text] ?? Double(text) { return number }
        throw TemplateFault("strconv.ParseFloat: parsing \(goQuoted(text)): invalid syntax")
    default: throw TemplateFault("can't convert \(value.typeName) to float")
    }
}

private func text(_ value: TemplateValue) throws(TemplateFault) -> String {
    guard case .string(let text) = value else {
        throw TemplateFault("wrong type for value; expected string; got \(value.typeName)")
    }
    return text
}

// MARK: - Vectors

private func callOnVectors(
    _ name: String, _ arguments: [TemplateValue], _ world: TemplateWorld
) throws(TemplateFault) -> TemplateValue {
    switch name {
    case "query":
        let query = try text(arguments[0])
        do throws(QueryError) {
            let samples = try world.query(query, world.now)
            return .list(samples.map { .sample($0.labels, $0.value) })
        } catch {
            throw TemplateFault(error.text(in: query))
        }
    case "first":
        guard let first = try vector(arguments[0]).first else {
            throw TemplateFault("first() called on vector with no elements")
        }
        return first
    case "value": return try member("Value", of: arguments[0])
    case "strvalue": return .string(try labels(of: arguments[0])["__value__"] ?? "")
    case "label": return .string(try labels(of: arguments[1])[try text(arguments[0])] ?? "")
    default:
        let key = try text(arguments[0])
        var keyed: [(String, TemplateValue)] = []
        for item in try vector(arguments[1]) {
            keyed.append((try labels(of: item)[key] ?? "", item))
        }
        let sorted = keyed.enumerated().sorted { left, right in
            let (a, b) = (left.element.0, right.element.0)
            return a == b ? left.offset < right.offset : a.utf8.lexicographicallyPrecedes(b.utf8)
        }
        return .list(sorted.map(\.element.1))
    }
}

private func vector(_ value: TemplateValue) throws(TemplateFault) -> [TemplateValue] {
    guard case .list(let items) = value else {
        throw TemplateFault("wrong type for value; expected a vector; got \(value.typeName)")
    }
    return items
}

private func member(
    _ name: String, of sample: TemplateValue
) throws(TemplateFault) -> TemplateValue {
    guard case .record(let fields) = sample, let field = fields.first(where: { $0.name == name })
    else { throw TemplateFault("can't handle \(sample.text) for arg of type sample") }
    return field.value
}

private func labels(of sample: TemplateValue) throws(TemplateFault) -> Labels {
    guard case .labels(let labels) = try member("Labels", of: sample) else { return .empty }
    return labels
}

// MARK: - Patterns

private func callOnPatterns(
    _ name: String, _ arguments: [TemplateValue]
) throws(TemplateFault) -> TemplateValue {
    do {
        let pattern = try Pattern(try text(arguments[0]), anchored: false)
        if name == "match" { return .bool(try pattern.matches(try text(arguments[1]))) }
        return .string(
            try replaced(pattern, in: try text(arguments[2]), by: try text(arguments[1])))
    } catch let error as TemplateFault {
        throw error
    } catch {
        throw TemplateFault("\(error)")
    }
}

/// Replaces every match; `$1`, `${1}` and `${name}` stand for groups, `$$` for a dollar.
private func replaced(
    _ pattern: Pattern, in text: String, by replacement: String
) throws(PatternError) -> String {
    let bytes = Array(text.utf8)
    let names = pattern.groupNames
    var result: [UInt8] = []
    var offset = 0
    while offset <= bytes.count {
        let attempt = bytes.withUnsafeBytes { (raw) -> Result<[Range<Int>?]?, PatternError> in
            Result { () throws(PatternError) in try pattern.firstMatch(in: raw, from: offset) }
        }
        guard let groups = try attempt.get(), let whole = groups.first ?? nil else { break }
        result += bytes[offset..<whole.lowerBound]
        expand(Array(replacement.utf8), bytes, groups, names, into: &result)
        if whole.isEmpty {
            if whole.lowerBound < bytes.count { result.append(bytes[whole.lowerBound]) }
            offset = whole.upperBound + 1
        } else {
            offset = whole.upperBound
        }
    }
    if offset < bytes.count { result += bytes[offset...] }
    return String(decoding: result, as: UTF8.self)
}

private func expand(
    _ replacement: [UInt8], _ bytes: [UInt8], _ groups: [Range<Int>?], _ names: [String: Int],
    into result: inout [UInt8]
) {
    var index = 0
    func isWord(_ byte: UInt8) -> Bool {
        byte == 0x5f || byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
    }
    while index < replacement.count {
        let byte = replacement[index]
        index += 1
        guard byte == UInt8(ascii: "$"), index < replacement.count else {
            result.append(byte)
            continue
        }
        if replacement[index] == UInt8(ascii: "$") {
            result.append(byte)
            index += 1
            continue
        }
        var name = replacement[index...].prefix(while: isWord)
        var end = index + name.count
        if replacement[index] == UInt8(ascii: "{") {
            guard let close = replacement[index...].firstIndex(of: UInt8(ascii: "}")) else {
                result.append(byte)
                continue
            }
            name = replacement[(index + 1)..<close]
            end = close + 1
        }
        guard !name.isEmpty else {
            result.append(byte)
            continue
        }
        let text = String(decoding: name, as: UTF8.self)
        if let number = Int(text) ?? names[text], groups.indices.contains(number),
            let range = groups[number]
        {
            result += bytes[range]
        }
        index = end
    }
}

extension String {
    /// The index behind the first occurrence of a text.
    fileprivate func range(ofText wanted: String) -> Index? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(wanted) { return index(rest.startIndex, offsetBy: wanted.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
