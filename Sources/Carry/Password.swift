// Passwords as Prometheus' web.config keeps them: bcrypt hashes, checked by the system's libxcrypt.
// Base64 is here too, because HTTP's Basic scheme is the only thing that needs it at this height.

internal import CCrypt

/// True when the password has that hash; takes as long as the hash's cost says (10: about 50 ms).
public func passwordMatches(_ password: String, hash: String) -> Bool {
    var data = crypt_data()
    guard let result = crypt_r(password, hash, &data) else { return false }
    return constantTimeEqual(String(cString: result), hash)
}

/// Reads base64 with or without padding, standard or URL alphabet.
public func base64Decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for character in text.utf8 where character != UInt8(ascii: "=") {
        let value: UInt32
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(character) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(character) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        default: return nil
        }
        buffer = buffer << 6 | value
        bits += 6
        if bits >= 8 {
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            buffer &= (1 << UInt32(bits)) - 1
        }
    }
    return bytes
}

/// Writes base64 with padding.
public func base64Encoded(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    var index = 0
    while index < bytes.count {
        let group = (0..<3).map { index + $0 < bytes.count ? UInt32(bytes[index + $0]) : 0 }
        let word = group[0] << 16 | group[1] << 8 | group[2]
        let used = min(3, bytes.count - index)
        for position in 0..<4 {
            let shift = UInt32(18 - 6 * position)
            text.append(position <= used ? alphabet[Int(word >> shift & 63)] : UInt8(ascii: "="))
        }
        index += 3
    }
    return String(decoding: text, as: UTF8.self)
}
