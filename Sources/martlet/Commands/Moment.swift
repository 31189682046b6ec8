// A moment as people give it on the command line.

import Basics

/// Reads seconds, RFC 3339, or a duration ago; nothing is now.
func parseMoment(_ text: String?, now: Millis) throws -> Millis {
    guard let text else { return now }
    if let ago = parseDuration(text), text != "0" { return now - ago }
    if let seconds = Double(text) { return Millis(seconds * 1000) }
    if let time = parseRFC3339(text) { return time }
    throw failure(
        "\(text) is not a time: give seconds, 2026-11-21T03:05:00Z, or 1h for an hour ago")
}
