// The primitives of proving: keyed digests over the bytes as they came, compared in constant time.
// Texts are compared by their digests, so that neither content nor length shows in the time taken.

internal import Crypto
internal import FoundationEssentials

/// One secret that a source accepts; several stand side by side while one replaces another.
public struct DeliverySecret: Sendable, Equatable, CustomStringConvertible {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public init(text: String) { bytes = Array(text.utf8) }

    /// Never the secret.
    public var description: String { "‹secret of \(bytes.count) bytes›" }
}

/// True when the texts are equal; takes the same time wherever they differ.
func isEqualInConstantTime(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    SHA256.hash(data: Data(left)) == SHA256.hash(data: Data(right))
}

func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
}

func sha256(_ message: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: message)) }

/// True when `code` is the HMAC-SHA256 of the message under one of the keys.
func isHMACSHA256(_ code: [UInt8], of message: [UInt8], keys: [[UInt8]]) -> Bool {
    // Every key is tried, so that the time does not tell which one fitted.
    keys.reduce(false) { found, key in
        HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: message, using: SymmetricKey(data: key)) || found
    }
}

/// The same for HMAC-SHA1, which Trello signs with.
func isHMACSHA1(_ code: [UInt8], of message: [UInt8], keys: [[UInt8]]) -> Bool {
    keys.reduce(false) { found, key in
        HMAC<Insecure.SHA1>.isValidAuthenticationCode(
            code, authenticating: message, using: SymmetricKey(data: key)) || found
    }
}

/// Reads hexadecimal digits of either case; nil for anything else.
func bytes(hex text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else {
            return nil
        }
        bytes.append(high << 4 | low)
    }
    return bytes
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
}

func hexText(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}

func bytes(base64 text: some StringProtocol) -> [UInt8]? {
    Data(base64Encoded: String(text)).map { Array($0) }
}
