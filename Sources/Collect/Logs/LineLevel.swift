// The level of a line that has no field for it: a word in capitals near its start (`ERROR`,
// `WARNING`), a word in brackets or before a colon in any case (`[error]`, `error: …`), or what only
// a failing program prints (`Traceback`, `panic:`). Words further in are prose.

internal import Basics

/// Finds the level of a text.
///
/// - Parameter start: where the text behind the time begins.
/// - Returns: ``Severity/unknown`` when none is named.
func levelWords(_ bytes: [UInt8], from start: Int) -> Severity {
    // Time, thread and logger take some 100 bytes in the widest usual layouts.
    let end = min(bytes.count, start + 160)
    var index = start
    var words = 0
    while index < end {
        guard isLetter(bytes[index]) else {
            index += 1
            continue
        }
        let wordStart = index
        while index < end, isAlphanumeric(bytes[index]) || bytes[index] == 0x5f { index += 1 }
        words += 1
        let word = bytes[wordStart..<index]
        guard word.count >= 3, word.count <= 11, let level = severities[fold(word)] else {
            continue
        }
        let before = wordStart > 0 ? bytes[wordStart - 1] : 0x20
        let after = index < bytes.count ? bytes[index] : 0x20
        // Within a path or a name (`/error/`, `error.html`, `my-error`) it is no level.
        let standsAlone = !"/.-\\@".utf8.contains(before) && !"/.-\\@(".utf8.contains(after)
        let isCapital = word.allSatisfy { $0 < 0x61 }
        let isBracketed = before == 0x5b && after == 0x5d || before == 0x3c && after == 0x3e
        // At the start of the text, or of the part behind a program's name (`sshd[7]: error: …`).
        let opens = words <= 2 || wordStart > 1 && [0x3a, 0x5d].contains(bytes[wordStart - 2])
        let isLabel = opens && after == 0x3a
        let isFirst = words == 1 && word.first.map { $0 < 0x61 } == true && after != 0x20
        if standsAlone && isCapital || isBracketed || isLabel || isFirst && standsAlone {
            return level
        }
    }
    return failures.contains { bytes[start...].starts(with: $0.utf8) } ? .error : .unknown
}

private func fold(_ word: ArraySlice<UInt8>) -> [UInt8] { word.map { $0 | 0x20 } }

private let severities: [[UInt8]: Severity] = {
    let names = [
        "trace", "debug", "info", "notice", "warn", "warning", "error", "fatal", "critical", "crit",
        "emerg", "panic", "alert",
    ]
    var table: [[UInt8]: Severity] = [:]
    for name in names { table[Array(name.utf8)] = Severity(name: name) }
    table[Array("err".utf8)] = .error
    table[Array("severe".utf8)] = .error
    table[Array("exception".utf8)] = .error
    table[Array("fine".utf8)] = .debug
    return table
}()

private let failures = [
    "Traceback (most recent call last)", "panic: ", "Exception in thread", "Unhandled exception",
    "Segmentation fault", "fatal error: ", "Killed",
]
