// Slack's incoming webhooks: one attachment with a colour, a title that leads to the alerts, a text.

import Basics
import Bytes

/// What a Slack message looks like; every text is a template.
public struct SlackSettings: Sendable, Equatable {
    public var channel = ""
    public var username = "Martlet"
    public var iconEmoji = ""
    public var color = #"{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}"#
    public var title = #"{{ template "martlet.title" . }}"#
    public var titleLink = #"{{ .ExternalURL }}/alerts"#
    public var text = Self.defaultText
    static let defaultText = #"{{ template "martlet.markdown" . }}"#
    public var pretext = ""
    public var fallback = #"{{ template "martlet.title" . }}"#
    public var imageURL = "{{ .PictureURL }}"

    public init() {}

    var templates: [String] {
        [
            channel, username, iconEmoji, color, title, titleLink, text, pretext, fallback,
            imageURL,
        ]
    }

    func body(_ texts: NotificationTexts) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        for (name, template) in [
            ("channel", channel), ("username", username), ("icon_emoji", iconEmoji),
        ] where !template.isEmpty {
            writer.field(name, texts.expand(template))
        }
        writer.key("attachments")
        writer.beginArray()
        writer.beginObject()
        for (name, template) in [
            ("title", title), ("title_link", titleLink), ("text", text), ("pretext", pretext),
            ("fallback", fallback), ("color", color), ("image_url", imageURL),
        ] {
            let expanded = texts.expand(template)
            let isDefault = template == SlackSettings.defaultText
            let text = isDefault ? slackMarkup(expanded) : expanded
            if !text.isEmpty { writer.field(name, text) }
        }
        writer.key("mrkdwn_in")
        writer.beginArray()
        for name in ["fallback", "pretext", "text"] { writer.string(name) }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

/// Markdown in Slack's own notation: `*bold*` and `<url|text>`.
private func slackMarkup(_ markdown: String) -> String {
    markdown.replacing("**", with: "*").replacing(/\[([^\]\n]*)\]\(([^)\n]*)\)/) { match in
        "<\(match.2)|\(match.1)>"
    }
}

/// Microsoft Teams through a workflow's webhook: an adaptive card.
public struct TeamsSettings: Sendable, Equatable {
    public var title = #"{{ template "martlet.title" . }}"#
    public var text = #"{{ template "martlet.markdown" . }}"#

    public init() {}

    var templates: [String] { [title, text] }

    func body(_ texts: NotificationTexts) -> [UInt8] {
        let color: JSON = .string(texts.isFiring ? "Attention" : "Good")
        var parts: [JSON] = [
            .object([
                ("type", .string("TextBlock")), ("text", .string(texts.expand(title))),
                ("weight", .string("Bolder")), ("size", .string("Medium")), ("wrap", .bool(true)),
                ("style", .string("heading")), ("color", color),
            ]),
            .object([
                ("type", .string("TextBlock")), ("text", .string(texts.expand(text))),
                ("wrap", .bool(true)),
            ]),
        ]
        if !texts.pictureURL.isEmpty {
            parts.append(
                .object([
                    ("type", .string("Image")), ("url", .string(texts.pictureURL)),
                    ("altText", .string(texts.expand(title))),
                ]))
        }
        let open: JSON = .object([
            ("type", .string("Action.OpenUrl")), ("title", .string("Martlet")),
            ("url", .string(texts.externalURL + "/alerts")),
        ])
        let card: JSON = .object([
            ("$schema", .string("http://adaptivecards.io/schemas/adaptive-card.json")),
            ("type", .string("AdaptiveCard")), ("version", .string("1.4")),
            ("body", .array(parts)), ("actions", .array([open])),
            ("msteams", .object([("width", .string("Full"))])),
        ])
        let attachment: JSON = .object([
            ("contentType", .string("application/vnd.microsoft.card.adaptive")),
            ("content", card),
        ])
        return JSON.object([
            ("type", .string("message")), ("attachments", .array([attachment])),
        ]).encoded
    }
}
