// PagerDuty's Events API v2: one event a notification, with the group as the key under which PagerDuty
// opens, updates and closes its incident. The routing key is a secret, so it is not in the body that
// waits in the outbox; the courier puts it in.

import Basics
import Bytes

/// What an event says; every text is a template.
public struct PagerDutySettings: Sendable, Equatable {
    public var routingKey: HTTPAccess.Source
    public var summary = #"{{ template "martlet.title" . }}"#
    public var severity = #"{{ template "martlet.pagerduty.severity" . }}"#
    public var client = "Martlet"
    public var clientURL = #"{{ .ExternalURL }}/alerts"#
    public var component = ""
    public var group = ""
    public var eventClass = ""
    public var details: [(name: String, value: String)] = [
        ("firing", #"{{ template "martlet.lines" .Alerts.Firing }}"#),
        ("resolved", #"{{ template "martlet.lines" .Alerts.Resolved }}"#),
        ("num_firing", "{{ .Alerts.Firing | len }}"),
        ("num_resolved", "{{ .Alerts.Resolved | len }}"),
    ]

    /// PagerDuty cuts longer ones itself, in the middle of a character.
    static let summaryCharactersMax = 1024

    public init(routingKey: HTTPAccess.Source) { self.routingKey = routingKey }

    public static func == (left: PagerDutySettings, right: PagerDutySettings) -> Bool {
        left.routingKey == right.routingKey && left.templates == right.templates
            && left.details.map(\.name) == right.details.map(\.name)
    }

    var templates: [String] {
        [summary, severity, client, clientURL, component, group, eventClass] + details.map(\.value)
    }

    func body(_ texts: NotificationTexts) -> [UInt8] {
        var fields: [(key: String, value: JSON)] = [
            ("event_action", .string(texts.isFiring ? "trigger" : "resolve")),
            ("dedup_key", .string(texts.groupHash)),
            ("client", .string(texts.expand(client))),
            ("client_url", .string(texts.expand(clientURL))),
        ]
        if texts.isFiring {
            let summary = texts.expand(summary)
            var payload: [(key: String, value: JSON)] = [
                ("summary", .string(String(summary.prefix(Self.summaryCharactersMax)))),
                ("source", .string(texts.expand(client))),
                ("severity", .string(texts.expand(severity))),
            ]
            for (name, template) in [
                ("component", component), ("group", group), ("class", eventClass),
            ] where !template.isEmpty {
                payload.append((name, .string(texts.expand(template))))
            }
            let details = details.map { ($0.name, JSON.string(texts.expand($0.value))) }
            payload.append(("custom_details", .object(details)))
            fields.append(("payload", .object(payload)))
            if !texts.pictureURL.isEmpty {
                fields.append(
                    ("images", .array([.object([("src", .string(texts.pictureURL))])])))
            }
        }
        return JSON.object(fields).encoded
    }
}
