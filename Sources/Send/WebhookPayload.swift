// The bodies of notifications: for each kind its own, and for webhooks version 4, byte for byte as
// Alertmanager writes it: the order of fields, the receiver's name quoted for regular expressions (a quirk
// that receivers rely on), times without trailing zeros, an end of year 1 while an alert fires, and a line
// break behind it all.

import Basics
import Bytes
import Reason

extension Notification {
    /// The message for an integration of its receiver.
    ///
    /// - Parameter fields: of a webhook's body, behind Alertmanager's.
    func message(
        to integration: Integration, _ world: TextWorld, library: TemplateLibrary,
        fields: JSON = .object([])
    ) -> OutgoingMessage {
        OutgoingMessage(
            target: Receiver.target(receiver, self.integration), groupKey: groupKey,
            payload: body(integration, world, library: library, fields: fields), createdAt: at)
    }

    /// The body for an integration, without what is secret in it.
    func body(
        _ integration: Integration, _ world: TextWorld, library: TemplateLibrary,
        fields: JSON = .object([])
    ) -> [UInt8] {
        if integration.kind == .webhook {
            return payload(externalURL: world.externalURL, fields: fields)
        }
        let texts = NotificationTexts(self, world, library: library)
        switch integration.kind {
        case .webhook: return []
        case .slack(let slack): return slack.body(texts)
        case .pagerDuty(let duty): return duty.body(texts)
        case .teams(let teams): return teams.body(texts)
        case .bot(let bot): return bot.body(texts)
        case .mail(let mail): return mail.body(texts, pictures: pictures(world))
        }
    }

    /// A message with more pictures is not read.
    private static let picturesMax = 3

    /// Pictures of the alerts that fire, each expression once.
    private func pictures(_ world: TextWorld) -> [(name: String, png: [UInt8])] {
        var drawn: Set<String> = []
        var pictures: [(name: String, png: [UInt8])] = []
        for alert in alerts where !alert.isResolved(at: at) && pictures.count < Self.picturesMax {
            guard drawn.insert(alert.generatorURL).inserted else { continue }
            if let png = world.picture(alert, at) {
                pictures.append(("alert-\(pictures.count + 1)", png))
            }
        }
        return pictures
    }

    /// The body of a webhook.
    ///
    /// - Parameters:
    ///   - externalURL: where people reach this server.
    ///   - fields: further ones, behind Alertmanager's.
    func payload(externalURL: String, fields: JSON = .object([])) -> [UInt8] {
        let isFiring = alerts.contains { !$0.isResolved(at: at) }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.field("receiver", regexQuoted(receiver))
        writer.field("status", isFiring ? "firing" : "resolved")
        writer.key("alerts")
        writer.beginArray()
        for alert in alerts { write(alert, &writer) }
        writer.endArray()
        writer.key("groupLabels")
        writer.labels(groupLabels)
        writer.key("commonLabels")
        writer.labels(common(alerts.map(\.labels)))
        writer.key("commonAnnotations")
        writer.labels(common(alerts.map(\.annotations)))
        writer.field("externalURL", externalURL)
        writer.field("version", "4")
        writer.field("groupKey", groupKey)
        writer.key("truncatedAlerts")
        writer.number(truncatedAlerts)
        for (name, value) in fields.fields ?? [] {
            writer.key(name)
            writer.write(value)
        }
        writer.endObject()
        return writer.bytes + [0x0a]
    }

    private func write(_ alert: Alert, _ writer: inout JSONWriter) {
        let isResolved = alert.isResolved(at: at)
        writer.beginObject()
        writer.field("status", isResolved ? "resolved" : "firing")
        writer.key("labels")
        writer.labels(alert.labels)
        writer.key("annotations")
        writer.labels(alert.annotations)
        writer.field("startsAt", goTime(alert.startsAt))
        writer.field("endsAt", isResolved ? goTime(alert.endsAt) : "0001-01-01T00:00:00Z")
        writer.field("generatorURL", alert.generatorURL)
        writer.field("fingerprint", alert.labels.fingerprintText)
        writer.endObject()
    }
}

/// A time as Go writes it: RFC 3339 with only the decimals that are not zero.
func goTime(_ time: Millis) -> String {
    var text = CivilTime(time).rfc3339.dropLast()
    while text.last == "0" && text.contains(".") { text = text.dropLast() }
    if text.last == "." { text = text.dropLast() }
    return text + "Z"
}

/// A text in which nothing has a meaning to a regular expression.
func regexQuoted(_ text: String) -> String {
    var result = ""
    for character in text {
        if #"\.+*?()|[]{}^$"#.contains(character) { result += "\\" }
        result.append(character)
    }
    return result
}
