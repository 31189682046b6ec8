// Mail: a message in MIME with a text, the same in HTML, and the pictures of the firing alerts as
// attachments that the HTML shows. Built once, when the notification is made, so that every attempt
// sends the same message under the same id.

import Basics
import Reason

/// To whom, from whom, and through which server.
public struct MailSettings: Sendable, Equatable {
    public var to: [String]
    public var from: String
    /// What we call ourselves to the server.
    public var hello = "localhost"
    public var user = ""
    public var password: HTTPAccess.Source?
    /// Refuses to send without TLS.
    public var requiresTLS = true
    public var subject = #"{{ template "martlet.title" . }}"#
    public var html = #"{{ template "martlet.html" . }}"#
    public var text = #"{{ template "martlet.text" . }}"#
    public var headers: [String: String] = [:]

    public init(to: [String], from: String) {
        self.to = to
        self.from = from
    }

    var templates: [String] { [subject, html, text] }

    /// The message.
    ///
    /// - Parameter pictures: PNG files by the name under which the HTML shows them.
    func body(_ texts: NotificationTexts, pictures: [(name: String, png: [UInt8])]) -> [UInt8] {
        let time = texts.time
        let seed = "\(texts.groupHash.prefix(24))\(time)"
        let outer = "martlet-m-\(seed)"
        let inner = "martlet-a-\(seed)"
        let host =
            from.split(separator: "@").last.map { String($0.filter { $0 != ">" }) } ?? "localhost"
        var head = [
            ("From", from), ("To", to.joined(separator: ", ")),
            ("Subject", encodedWord(oneLine(texts.expand(subject)))), ("Date", mailDate(time)),
            ("Message-ID", "<martlet.\(seed)@\(host)>"), ("MIME-Version", "1.0"),
            ("Content-Type", "multipart/related; boundary=\"\(outer)\""),
        ]
        head += headers.sorted { $0.key < $1.key }.map { ($0.key, encodedWord(oneLine($0.value))) }
        var lines = head.map { "\($0.0): \($0.1)" }
        lines += [
            "", "--\(outer)", "Content-Type: multipart/alternative; boundary=\"\(inner)\"", "",
        ]
        let shown = pictures.map { "<p><img src=\"cid:\($0.name)\" alt=\"\"></p>" }.joined()
        for (type, content) in [
            ("text/plain", texts.expand(text)), ("text/html", texts.expandHTML(html) + shown),
        ] {
            lines += [
                "--\(inner)", "Content-Type: \(type); charset=utf-8",
                "Content-Transfer-Encoding: base64", "", wrapped(base64(Array(content.utf8))),
            ]
        }
        lines.append("--\(inner)--")
        for (name, png) in pictures {
            lines += [
                "--\(outer)", "Content-Type: image/png; name=\"\(name).png\"",
                "Content-Disposition: inline; filename=\"\(name).png\"", "Content-ID: <\(name)>",
                "Content-Transfer-Encoding: base64", "", wrapped(base64(png)),
            ]
        }
        lines += ["--\(outer)--", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }
}

/// A header's text in RFC 2047's base64 words, where it is not plain ASCII.
func encodedWord(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    var words: [String] = []
    var part: [UInt8] = []
    for character in text {
        // An encoded word is 75 characters at most, and never ends inside a character.
        if part.count + character.utf8.count > 42 {
            words.append("=?utf-8?B?\(base64(part))?=")
            part = []
        }
        part += Array(character.utf8)
    }
    words.append("=?utf-8?B?\(base64(part))?=")
    return words.joined(separator: "\r\n ")
}

private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

private func wrapped(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return stride(from: 0, to: bytes.count, by: 76).map {
        String(decoding: bytes[$0..<min($0 + 76, bytes.count)], as: UTF8.self)
    }.joined(separator: "\r\n")
}

/// `Sat, 21 Nov 2026 03:05:11 +0000`.
func mailDate(_ time: Millis) -> String {
    let parts = CivilTime(time)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = [parts.hour, parts.minute, parts.second].map(two).joined(separator: ":")
    return
        "\(days[CivilTime.weekday(time)]), \(two(parts.day)) \(months[parts.month - 1]) \(parts.year) \(clock) +0000"
}
