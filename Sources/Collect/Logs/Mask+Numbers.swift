// Numbers that belong to a person: Chinese mobile numbers (1, then 3 to 9, eleven digits), Chinese
// identity numbers (GB 11643: 17 digits with a birth date and a check character, ISO 7064 mod 11-2),
// payment cards (ISO/IEC 7812: an issuer's prefix and Luhn's check digit). Written together, or in
// the groups that people use. Spared: part of a hexadecimal identifier, of a decimal fraction, and a
// count with its unit.

extension MaskScanner {
    /// Looks at the number that begins at a digit; returns where to go on.
    mutating func number(at start: Int) -> Int {
        let end = end(of: isDigit, from: start)
        let length = end - start
        let isFraction = at(start - 1) == UInt8(ascii: ".") && isDigit(at(start - 2))
        if isFraction || start < free { return end }
        if [2, 3, 4, 6].contains(length), let end = grouped(from: start, firstEnd: end) {
            return end
        }
        guard length >= 11, length <= 19 else { return end }
        let digits = Array(bytes[start..<end])
        if length == 17, at(end) | 0x20 == UInt8(ascii: "x"), !isAlphanumeric(at(end + 1)),
            isIdentity(digits + [at(end)])
        {
            return match(start..<(end + 1), .id)
        }
        if isPartOfHex(start..<end) { return end }
        if length == 18, isIdentity(digits) { return match(start..<end, .id) }
        if isMobile(digits[...])
            || length == 13 && digits.starts(with: "86".utf8) && isMobile(digits[2...])
            || length == 15 && digits.starts(with: "0086".utf8) && isMobile(digits[4...])
        {
            return isQuantity(start..<end) ? end : match(start..<end, .mobile)
        }
        // `blk_-4111…` and `job_4111…` are numbers of things.
        let isNumbered = at(start - 1) == UInt8(ascii: "_") || has("_-", at: start - 2)
        if !isNumbered, isCard(digits) { return match(start..<end, .card) }
        return end
    }

    /// `138-0013-8000`, `4111 1111 1111 1111`, `110101 19900307 7715`: one separator throughout.
    private mutating func grouped(from start: Int, firstEnd: Int) -> Int? {
        let separator = at(firstEnd)
        guard separator == UInt8(ascii: "-") || separator == 0x20, isDigit(at(firstEnd + 1)),
            !isAlphanumeric(at(start - 1))
        else { return nil }
        // Dates and columns of numbers end here: the second group of the forms below has 3, 4, 6, 8.
        let second = self.end(of: isDigit, from: firstEnd + 1) - firstEnd - 1
        guard [3, 4, 6, 8].contains(second) else { return nil }
        var digits = Array(bytes[start..<firstEnd])
        var lengths = [firstEnd - start]
        var end = firstEnd
        while lengths.count < 5, at(end) == separator, isDigit(at(end + 1)) {
            let next = self.end(of: isDigit, from: end + 1)
            digits += bytes[(end + 1)..<next]
            lengths.append(next - end - 1)
            end = next
            if lengths == [3, 4, 4], isMobile(digits[...]) { return match(start..<end, .mobile) }
            if lengths == [2, 3, 4, 4], digits.starts(with: "86".utf8), isMobile(digits[2...]) {
                return match(start..<end, .mobile)
            }
            if lengths == [6, 8, 4], isIdentity(digits) { return match(start..<end, .id) }
            if lengths == [6, 8, 3], at(end) | 0x20 == UInt8(ascii: "x"),
                isIdentity(digits + [at(end)])
            {
                return match(start..<(end + 1), .id)
            }
            let isLast = !(at(end) == separator && isDigit(at(end + 1)))
            let isCardShape =
                lengths == [4, 4, 4, 4] && (isLast || digits.count == 16) || lengths == [4, 6, 5]
                || lengths == [4, 4, 4, 4, 3]
            if isCardShape, isCard(digits) { return match(start..<end, .card) }
        }
        return nil
    }

    /// True inside an identifier such as `3f13800138000b…`: twelve hexadecimal digits or more, with a
    /// letter among them.
    private func isPartOfHex(_ range: Range<Int>) -> Bool {
        func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }
        var start = range.lowerBound
        while isHex(at(start - 1)) { start -= 1 }
        let end = end(of: isHex, from: range.upperBound)
        return end - start >= 12 && end - start > range.count && !isLetter(at(start - 1))
            && !isLetter(at(end))
    }

    /// True for a number with a unit behind it or the name of a quantity before it: 17179869184 bytes.
    private func isQuantity(_ range: Range<Int>) -> Bool {
        if at(range.upperBound) == UInt8(ascii: "."), isDigit(at(range.upperBound + 1)) {
            return true
        }
        let unit = range.upperBound + (at(range.upperBound) == 0x20 ? 1 : 0)
        let unitEnd = end(of: isLetter, from: unit)
        let units: [StaticString] = ["bytes", "byte", "B", "ns", "us", "ms"]
        if units.contains(where: { $0.utf8CodeUnitCount == unitEnd - unit && has($0, at: unit) }) {
            return true
        }
        var nameEnd = range.lowerBound
        while nameEnd > 0, range.lowerBound - nameEnd < 3,
            [0x20, 0x22, 0x3a, 0x3d].contains(bytes[nameEnd - 1])
        {
            nameEnd -= 1
        }
        let names: [StaticString] = ["bytes", "size", "_ns", "nanos", "micros", "memory", "_us"]
        return nameEnd < range.lowerBound
            && names.contains { has($0, at: nameEnd - $0.utf8CodeUnitCount) }
    }
}

private func isMobile(_ digits: ArraySlice<UInt8>) -> Bool {
    digits.count == 11 && digits[digits.startIndex] == UInt8(ascii: "1")
        && digits[digits.startIndex + 1] >= UInt8(ascii: "3")
}

/// Eighteen characters, checked: province, birth date, check character.
private func isIdentity(_ characters: [UInt8]) -> Bool {
    let values = characters.map { Int($0 | 0x20 == 0x78 ? 10 : $0 &- 0x30) }
    let province = values[0] * 10 + values[1]
    let year = values[6] * 1000 + values[7] * 100 + values[8] * 10 + values[9]
    let month = values[10] * 10 + values[11]
    let day = values[12] * 10 + values[13]
    guard (11...91).contains(province), (1900...2099).contains(year), (1...12).contains(month),
        (1...31).contains(day)
    else { return false }
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1]
    return zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } % 11 == 1
}

/// An issuer's prefix with a length it uses, and Luhn's check digit.
private func isCard(_ digits: [UInt8]) -> Bool {
    let values = digits.map { Int($0 &- 0x30) }
    let four = values[0] * 1000 + values[1] * 100 + values[2] * 10 + values[3]
    let isKnown =
        switch values.count {
        case 13: four / 1000 == 4
        case 14: [36, 38].contains(four / 100) || (300...305).contains(four / 10)
        case 15: [34, 37].contains(four / 100)
        case 16:
            four / 1000 == 4 || (51...55).contains(four / 100) || (2221...2720).contains(four)
                || four == 6011 || four / 100 == 65 || (644...649).contains(four / 10)
                || (3528...3589).contains(four) || four / 100 == 62
        case 17...19: four / 100 == 62
        default: false
        }
    guard isKnown else { return false }
    var sum = 0
    for (index, value) in values.reversed().enumerated() {
        let doubled = index % 2 == 1 ? value * 2 : value
        sum += doubled > 9 ? doubled - 9 : doubled
    }
    return sum % 10 == 0
}
