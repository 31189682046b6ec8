// Numbers straight from bytes. Most values of an exposition are short, and a short decimal is exact
// by one multiplication or division of two exact doubles (Clinger 1990): a mantissa up to 2^53 and a
// power of ten up to 10^22. The rest goes to the standard library. What Go's ParseFloat takes is
// taken, but for hexadecimal and underscores, which the formats forbid.

/// Reads a number at `index` and moves behind it.
///
/// - Returns: nil when there is no number or its magnitude overflows; the caller checks what follows.
func scanNumber(_ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int) -> Double? {
    let start = index
    var isNegative = false
    if index < end && (bytes[index] == 0x2d || bytes[index] == 0x2b) {
        isNegative = bytes[index] == 0x2d
        index += 1
    }
    var mantissa: UInt64 = 0
    var significant = 0
    var digits = 0
    var exponent = 0
    while index < end {
        let digit = bytes[index] &- 0x30
        if digit > 9 { break }
        if mantissa != 0 || digit != 0 { significant += 1 }
        if significant <= 19 { mantissa = mantissa &* 10 &+ UInt64(digit) } else { exponent += 1 }
        digits += 1
        index += 1
    }
    if index < end && bytes[index] == 0x2e {
        index += 1
        while index < end {
            let digit = bytes[index] &- 0x30
            if digit > 9 { break }
            if mantissa != 0 || digit != 0 { significant += 1 }
            if significant <= 19 {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                exponent -= 1
            }
            digits += 1
            index += 1
        }
    }
    if digits == 0 {
        index = start
        return scanSpecial(bytes, &index, end)
    }
    if index < end && bytes[index] | 0x20 == 0x65 {
        guard let written = scanExponent(bytes, &index, end) else { return nil }
        exponent += written
    }
    if significant <= 19 && mantissa <= 1 << 53 && exponent >= -22 && exponent <= 22 {
        let exact = Double(mantissa)
        let value = exponent < 0 ? exact / powersOfTen[-exponent] : exact * powersOfTen[exponent]
        return isNegative ? -value : value
    }
    return convert(bytes + start, index - start)
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

/// The digits of an exponent; capped, because beyond 10^400 every double has overflowed.
private func scanExponent(_ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int) -> Int? {
    index += 1
    var isNegative = false
    if index < end && (bytes[index] == 0x2d || bytes[index] == 0x2b) {
        isNegative = bytes[index] == 0x2d
        index += 1
    }
    let first = index
    var exponent = 0
    while index < end, bytes[index] &- 0x30 <= 9 {
        exponent = min(exponent * 10 + Int(bytes[index] - 0x30), 100_000)
        index += 1
    }
    guard index > first else { return nil }
    return isNegative ? -exponent : exponent
}

/// `NaN` without a sign, `Inf` and `Infinity` with or without one, in any case.
private func scanSpecial(_ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int) -> Double? {
    func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard index + length <= end else { return false }
        for offset in 0..<length where bytes[index + offset] | 0x20 != word.utf8Start[offset] {
            return false
        }
        index += length
        return true
    }
    if take("nan") { return Double.nan }
    guard index < end else { return nil }
    let isNegative = bytes[index] == 0x2d
    if isNegative || bytes[index] == 0x2b { index += 1 }
    guard take("infinity") || take("inf") else { return nil }
    return isNegative ? -Double.infinity : Double.infinity
}

/// The standard library's conversion: exact, and blind to the process's locale.
private func convert(_ text: UnsafePointer<UInt8>, _ length: Int) -> Double? {
    let digits = String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF8.self)
    guard let value = Double(digits), value.isFinite else { return nil }
    return value
}

/// Reads a text that is nothing but a number.
func parseNumber(_ text: String) -> Double? {
    var text = text
    return text.withUTF8 { buffer in
        guard let base = buffer.baseAddress else { return nil }
        var index = 0
        guard let value = scanNumber(base, &index, buffer.count), index == buffer.count else {
            return nil
        }
        return value
    }
}
