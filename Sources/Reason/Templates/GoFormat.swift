// Go's `printf` for the values that templates hold: verbs, flags, width, precision, explicit
// argument numbers, and Go's own way of complaining inside the text (`%!d(string=x)`). Floats are
// laid out by the C library, whose `%e`, `%f` and `%g` agree with Go's once a precision is given.

internal import Glibc

/// Formats one float with a C verb (`e`, `f`, `g`) and a precision.
func floatText(_ value: Double, _ verb: Character, precision: Int) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // 400 holds the longest double that `%f` writes, plus the digits asked for.
    var buffer = [CChar](repeating: 0, count: 400 + precision)
    let count = withVaList([Int32(precision), value]) {
        vsnprintf(&buffer, buffer.count, "%.*\(verb)", $0)
    }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Go's `Sprintf`.
func goFormat(_ format: String, _ arguments: [TemplateValue]) -> String {
    var formatter = GoFormatter(format: Array(format.utf8), arguments: arguments)
    return formatter.run()
}

private struct GoFormatter {
    /// Widths and precisions beyond this are ignored, as Go ignores those beyond a million.
    private static let sizeMax = 10_000

    let format: [UInt8]
    let arguments: [TemplateValue]
    private var index = 0
    private var next = 0
    private var reordered = false
    private var result = ""

    init(format: [UInt8], arguments: [TemplateValue]) {
        self.format = format
        self.arguments = arguments
    }

    private struct Directive {
        var minus = false
        var plus = false
        var sharp = false
        var space = false
        var zero = false
        var width: Int?
        var precision: Int?
    }

    mutating func run() -> String {
        while index < format.count {
            let start = index
            while index < format.count && format[index] != UInt8(ascii: "%") { index += 1 }
            result += String(decoding: format[start..<index], as: UTF8.self)
            guard index < format.count else { break }
            index += 1
            directive()
        }
        if !reordered && next < arguments.count {
            let extra = arguments[next...].map { "\($0.typeName)=\($0.text)" }
            result += "%!(EXTRA \(extra.joined(separator: ", ")))"
        }
        return result
    }

    private mutating func directive() {
        var options = Directive()
        flags: while index < format.count {
            switch format[index] {
            case UInt8(ascii: "-"): options.minus = true
            case UInt8(ascii: "+"): options.plus = true
            case UInt8(ascii: "#"): options.sharp = true
            case UInt8(ascii: " "): options.space = true
            case UInt8(ascii: "0"): options.zero = true
            default: break flags
            }
            index += 1
        }
        argumentNumber()
        options.width = size()
        if let width = options.width, width < 0 {
            options.minus = true
            options.width = -width
        }
        if index < format.count && format[index] == UInt8(ascii: ".") {
            index += 1
            argumentNumber()
            options.precision = size() ?? 0
        }
        argumentNumber()
        guard index < format.count else {
            result += "%!(NOVERB)"
            return
        }
        let length = utf8Length(format[index])
        let verb = String(
            decoding: format[index..<min(index + length, format.count)], as: UTF8.self)
        index += length
        if verb == "%" {
            result += "%"
            return
        }
        guard next < arguments.count else {
            result += "%!\(verb)(MISSING)"
            return
        }
        let value = arguments[next]
        next += 1
        result += text(value, verb, options)
    }

    private func utf8Length(_ byte: UInt8) -> Int {
        byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    }

    private mutating func argumentNumber() {
        guard index < format.count, format[index] == UInt8(ascii: "["),
            let close = format[index...].firstIndex(of: UInt8(ascii: "]")),
            let number = Int(String(decoding: format[(index + 1)..<close], as: UTF8.self)),
            number > 0
        else { return }
        next = number - 1
        reordered = true
        index = close + 1
    }

    private mutating func size() -> Int? {
        if index < format.count && format[index] == UInt8(ascii: "*") {
            index += 1
            guard next < arguments.count, case .int(let size) = arguments[next] else { return nil }
            next += 1
            return abs(size) > Self.sizeMax ? nil : size
        }
        let digits = format[index...].prefix { $0 >= 0x30 && $0 <= 0x39 }
        index += digits.count
        let size = Int(String(decoding: digits, as: UTF8.self))
        return size.map { $0 > Self.sizeMax ? nil : $0 } ?? nil
    }

    private func text(_ value: TemplateValue, _ verb: String, _ options: Directive) -> String {
        if verb == "T" { return padded(value.typeName, options) }
        let bad = "%!\(verb)(\(value.typeName)=\(value.text))"
        switch value {
        case .int(let number): return whole(number, verb, options) ?? bad
        case .float(let number): return fraction(number, verb, options) ?? bad
        case .string(let text): return string(text, verb, options) ?? bad
        case .bool(let flag):
            return verb == "t" || verb == "v" ? padded(flag ? "true" : "false", options) : bad
        case .none: return verb == "v" ? padded("<nil>", options) : "%!\(verb)(<nil>)"
        default:
            return ["v", "s"].contains(verb) ? padded(value.text, options) : bad
        }
    }

    private func padded(_ text: String, _ options: Directive, zeros: Bool = false) -> String {
        guard let width = options.width else { return text }
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if options.minus { return text + String(repeating: " ", count: missing) }
        guard zeros && options.zero else { return String(repeating: " ", count: missing) + text }
        let sign = text.first.map { "+- ".contains($0) } == true ? String(text.prefix(1)) : ""
        return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }

    private func sign(_ isNegative: Bool, _ options: Directive) -> String {
        isNegative ? "-" : options.plus ? "+" : options.space ? " " : ""
    }

    private func whole(_ number: Int, _ verb: String, _ options: Directive) -> String? {
        let radix: (Int, String, Bool)
        switch verb {
        case "d", "v": radix = (10, "", false)
        case "x": radix = (16, "0x", false)
        case "X": radix = (16, "0X", true)
        case "o": radix = (8, "0", false)
        case "O": return sign(number < 0, options) + "0o" + String(number.magnitude, radix: 8)
        case "b": radix = (2, "0b", false)
        case "c", "q", "U":
            guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
                return nil
            }
            if verb == "c" { return padded(String(Character(scalar)), options) }
            if verb == "q" { return padded("'\(Character(scalar))'", options) }
            let hex = String(number, radix: 16, uppercase: true)
            return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        default: return nil
        }
        var digits = String(number.magnitude, radix: radix.0, uppercase: radix.2)
        if let precision = options.precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        if options.sharp { digits = radix.1 + digits }
        return padded(sign(number < 0, options) + digits, options, zeros: options.precision == nil)
    }

    private func fraction(_ number: Double, _ verb: String, _ options: Directive) -> String? {
        var text: String
        switch verb {
        case "v", "g", "G":
            text =
                options.precision.map { floatText(number, "g", precision: max($0, 1)) }
                ?? TemplateValue.float(number).text
        case "f", "F": text = floatText(number, "f", precision: options.precision ?? 6)
        case "e", "E": text = floatText(number, "e", precision: options.precision ?? 6)
        default: return nil
        }
        if verb == "E" || verb == "G" { text = text.uppercased() }
        if number.isInfinite && number > 0 && !options.plus { text = "+Inf" }
        if !text.hasPrefix("-") && !text.hasPrefix("+") { text = sign(false, options) + text }
        return padded(text, options, zeros: number.isFinite)
    }

    private func string(_ text: String, _ verb: String, _ options: Directive) -> String? {
        var cut = text
        if let precision = options.precision {
            cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
        }
        switch verb {
        case "s", "v": return padded(cut, options)
        case "q": return padded(goQuoted(cut), options)
        case "x", "X":
            let hex = cut.utf8.map { byte in
                let digits = String(byte, radix: 16, uppercase: verb == "X")
                return digits.count == 1 ? "0" + digits : digits
            }
            return padded(hex.joined(), options)
        default: return nil
        }
    }
}
