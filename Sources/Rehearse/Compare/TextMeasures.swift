// How near two texts are without a model. Tokens are words of letters and digits, and every Han or kana
// character by itself, because Chinese writes no spaces: a measure by spaces would call any two Chinese
// sentences wholly different. ROUGE-L is the F1 of the longest common subsequence (Lin 2004); edit
// similarity is 1 − Levenshtein ÷ the longer one. Both in rows, so memory is linear.

internal import Glibc

/// Tokens of more than these are cut: two thousand words of agreement say enough.
private let tokensMax = 2_000

/// The tokens of a text, lower case.
func textTokens(_ text: String) -> [String] {
    if let tokens = plainTokens(text) { return tokens }
    var tokens: [String] = []
    var word = ""
    for scalar in text.lowercased().unicodeScalars {
        if isIdeograph(scalar) {
            if !word.isEmpty { tokens.append(word) }
            word = ""
            tokens.append(String(scalar))
        } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
            word.unicodeScalars.append(scalar)
        } else if !word.isEmpty && scalar != "'" && scalar != "’" {
            tokens.append(word)
            word = ""
        }
        if tokens.count >= tokensMax { return tokens }
    }
    if !word.isEmpty { tokens.append(word) }
    return tokens
}

/// The tokens of a text of ASCII alone, by bytes: the tables of Unicode are slow; nil for another text.
private func plainTokens(_ text: String) -> [String]? {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
    var tokens: [String] = []
    var word: [UInt8] = []
    for byte in bytes {
        switch byte {
        case 0x61...0x7a, 0x30...0x39: word.append(byte)
        case 0x41...0x5a: word.append(byte | 0x20)
        case UInt8(ascii: "'"): continue
        default:
            if word.isEmpty { continue }
            tokens.append(String(decoding: word, as: UTF8.self))
            word.removeAll(keepingCapacity: true)
            if tokens.count >= tokensMax { return tokens }
        }
    }
    if !word.isEmpty { tokens.append(String(decoding: word, as: UTF8.self)) }
    return tokens
}

private func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3041...0x30ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfaff, 0x20000...0x3ffff:
        true
    default: false
    }
}

/// The text with case, punctuation and runs of space made equal.
func normalisedText(_ text: String) -> String { textTokens(text).joined(separator: " ") }

/// 1 − edit distance ÷ the longer length; 1 for two empty ones.
func tokenSimilarity(_ a: [String], _ b: [String]) -> Double {
    if a == b { return 1 }
    let (a, b) = numbered(a, b)
    let longer = max(a.count, b.count)
    var row = Array(0...b.count)
    for (index, token) in a.enumerated() {
        var corner = row[0]
        row[0] = index + 1
        for column in b.indices {
            let cost = corner + (b[column] == token ? 0 : 1)
            corner = row[column + 1]
            row[column + 1] = min(cost, corner + 1, row[column] + 1)
        }
    }
    return 1 - Double(row[b.count]) / Double(longer)
}

/// ROUGE-L: the F1 of the longest common subsequence; 1 for two empty ones.
func rougeL(_ a: [String], _ b: [String]) -> Double {
    if a == b { return 1 }
    let (a, b) = numbered(a, b)
    var row = [Int](repeating: 0, count: b.count + 1)
    for token in a {
        var corner = 0
        for column in b.indices {
            let above = row[column + 1]
            row[column + 1] = b[column] == token ? corner + 1 : max(above, row[column])
            corner = above
        }
    }
    return 2 * Double(row[b.count]) / Double(a.count + b.count)
}

/// Tokens as numbers: comparing integers in the inner loop instead of strings.
private func numbered(_ a: [String], _ b: [String]) -> ([Int], [Int]) {
    var numbers: [String: Int] = [:]
    func number(_ token: String) -> Int {
        if let known = numbers[token] { return known }
        numbers[token] = numbers.count
        return numbers.count - 1
    }
    return (a.prefix(tokensMax).map(number), b.prefix(tokensMax).map(number))
}

/// The cosine of two vectors; 0 when they cannot be compared.
public func cosine(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count, !a.isEmpty else { return 0 }
    var (dot, left, right) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
        dot += x * y
        left += x * x
        right += y * y
    }
    let lengths = (left * right).squareRoot()
    return lengths > 0 ? dot / lengths : 0
}
