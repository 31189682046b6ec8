// Bytes in a column, without Foundation: GRDB would have them as its Data. They go in as SQL's own
// literal (x'00ff') and come out through `hex()`; a payload is some 10 KB, so the detour is nothing.

/// Bytes as SQL writes them.
func blobLiteral(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text = Array("x'".utf8)
    text.reserveCapacity(bytes.count * 2 + 3)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    text.append(UInt8(ascii: "'"))
    return String(decoding: text, as: UTF8.self)
}

/// What `hex()` made of bytes.
func bytes(fromHex text: String) -> [UInt8] {
    func value(_ digit: UInt8) -> UInt8 { digit < 0x40 ? digit & 15 : (digit & 15) + 9 }
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        value(digits[$0]) << 4 | value(digits[$0 + 1])
    }
}
