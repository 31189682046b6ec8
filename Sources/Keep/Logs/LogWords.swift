// How text becomes words. SQLite's own tokenizers cannot find 超时 in 请求超时: unicode61 takes a run
// of Han as one word, trigram needs three characters. So each Han, Kana and Hangul character is a word
// of its own here, and what a person types is cut by the same rule and searched as a phrase: adjacent
// characters, in order, anywhere in a run. Everything else is a run of letters and digits, in lower
// case, full-width forms made narrow. The index is fed the words with spaces between, which FTS5's
// plainest tokenizer (`ascii`) takes as they are.

internal import Basics

/// Bytes of a word; the rest of a longer one (base64, a hash of hashes) is not indexed.
private let wordBytesMax = 128

/// Appends the words of a text, each followed by a space.
func appendWords(of text: String, to words: inout [UInt8]) {
    var text = text
    text.withUTF8 { bytes in
        var wordStart = words.count
        var index = 0
        func end(_ words: inout [UInt8]) {
            if words.count > wordStart { words.append(0x20) }
            wordStart = words.count
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                index += 1
                let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
                if isLetter || byte >= 0x30 && byte <= 0x39 {
                    if words.count - wordStart < wordBytesMax {
                        words.append(isLetter ? byte | 0x20 : byte)
                    }
                } else {
                    end(&words)
                }
                continue
            }
            let scalar = decodeScalar(bytes, &index)
            switch kind(of: scalar) {
            case .single:
                end(&words)
                words.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
                end(&words)
            case .part:
                if words.count - wordStart < wordBytesMax { appendLowered(scalar, to: &words) }
            case .gap:
                end(&words)
            }
        }
        end(&words)
    }
}

/// The words of a text.
func words(of text: String) -> [String] {
    var bytes: [UInt8] = []
    appendWords(of: text, to: &bytes)
    return bytes.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
}

private enum ScalarKind { case single, part, gap }

private func kind(of scalar: Unicode.Scalar) -> ScalarKind {
    switch scalar.value {
    case 0x3005...0x3007, 0x3041...0x3096, 0x30a1...0x30fa, 0x30fc...0x30ff, 0x31f0...0x31ff,
        0x3400...0x4dbf, 0x4e00...0x9fff, 0xac00...0xd7a3, 0xf900...0xfaff, 0xff66...0xff9f,
        0x20000...0x3ffff:
        return .single
    case 0x2000...0x206f, 0x3000...0x303f, 0xfffd: return .gap
    default: break
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
        return .part
    default: return .gap
    }
}

private func appendLowered(_ scalar: Unicode.Scalar, to words: inout [UInt8]) {
    // Full-width ASCII, common in Chinese text, becomes ASCII.
    if (0xff01...0xff5e).contains(scalar.value) {
        let narrow = UInt8(scalar.value - 0xfee0)
        words.append(narrow >= 0x41 && narrow <= 0x5a ? narrow | 0x20 : narrow)
    } else {
        words.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    }
}

/// Reads one scalar of valid UTF-8 and moves past it.
private func decodeScalar(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int
) -> Unicode.Scalar {
    let first = UInt32(bytes[index])
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    var value = first & (length == 4 ? 0x07 : length == 3 ? 0x0f : 0x1f)
    for offset in 1..<length where index + offset < bytes.count {
        value = value << 6 | UInt32(bytes[index + offset] & 0x3f)
    }
    index += length
    return Unicode.Scalar(value) ?? "\u{fffd}"
}
