// The robots of group chats in WeCom, DingTalk and Feishu (Lark). Each takes a little JSON at a URL that
// is a secret, answers 200 to everything, and says in the answer's body whether it took the message.
// DingTalk and Feishu may want a signature over the time of sending, so the courier adds it.

import Basics
import Bytes

/// What a robot says; the texts are templates.
public struct BotSettings: Sendable, Equatable {
    public enum Chat: String, Sendable { case wecom, dingtalk, feishu }

    public var chat: Chat
    public var title = #"{{ template "martlet.title" . }}"#
    public var text = #"{{ template "martlet.markdown" . }}"#
    /// With it messages are signed.
    public var secret: HTTPAccess.Source?
    /// Telephone numbers of those to be called by name; DingTalk and WeCom.
    public var mentions: [String] = []

    /// WeCom takes 4096 bytes, DingTalk 20,000, Feishu 30,000 for the whole request.
    var textBytesMax: Int {
        switch chat {
        case .wecom: 4_000
        case .dingtalk: 18_000
        case .feishu: 20_000
        }
    }

    public init(_ chat: Chat) { self.chat = chat }

    var templates: [String] { [title, text] }

    func body(_ texts: NotificationTexts) -> [UInt8] {
        let title = texts.expand(title)
        let picture =
            texts.pictureURL.isEmpty ? "" : "\n[\(texts.word("picture"))](\(texts.pictureURL))"
        let text = cut(texts.expand(text), to: textBytesMax - picture.utf8.count) + picture
        switch chat {
        case .wecom:
            let color = texts.isFiring ? "warning" : "info"
            let calls = mentions.map { "<@\($0)>" }.joined()
            let content = "<font color=\"\(color)\">\(title)</font>\n\(text)\(calls)"
            return JSON.object([
                ("msgtype", .string("markdown")),
                ("markdown", .object([("content", .string(content))])),
            ]).encoded
        case .dingtalk:
            let calls = mentions.map { "@\($0)" }.joined(separator: " ")
            return JSON.object([
                ("msgtype", .string("markdown")),
                (
                    "markdown",
                    .object([
                        ("title", .string(title)),
                        ("text", .string("### \(title)\n\(text)\n\(calls)")),
                    ])
                ),
                ("at", .object([("atMobiles", .array(mentions.map { .string($0) }))])),
            ]).encoded
        case .feishu:
            let color = texts.isFiring ? "red" : "green"
            let head: JSON = .object([
                ("title", .object([("tag", .string("plain_text")), ("content", .string(title))])),
                ("template", .string(color)),
            ])
            let part: JSON = .object([("tag", .string("markdown")), ("content", .string(text))])
            return JSON.object([
                ("msg_type", .string("interactive")),
                ("card", .object([("header", head), ("elements", .array([part]))])),
            ]).encoded
        }
    }

    /// What the robot's answer means: nil when it took the message.
    static func fault(in answer: [UInt8]) -> (code: Int, reason: String)? {
        guard let json = try? JSON(answer),
            let code = json["errcode"]?.int ?? json["code"]?.int ?? json["StatusCode"]?.int,
            code != 0
        else { return nil }
        return (code, json["errmsg"]?.text ?? json["msg"]?.text ?? "")
    }

    /// Codes that mean "too fast": WeCom 45009, DingTalk 130101 and -1, Feishu 9499, 11232 and 99991400.
    static let busyCodes: Set<Int> = [45_009, 130_101, -1, 9_499, 11_232, 99_991_400]
}

/// A text cut to a number of bytes at the end of a line, with a mark.
private func cut(_ text: String, to bytesMax: Int) -> String {
    if text.utf8.count <= bytesMax { return text }
    var kept = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if kept.utf8.count + line.utf8.count + 5 > bytesMax { break }
        kept += line + "\n"
    }
    return kept + "…"
}
