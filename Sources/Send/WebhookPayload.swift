// The body of a webhook, version 4, byte for byte as Alertmanager writes it: the order of fields,
// the receiver's name quoted for regular expressions (a quirk that receivers rely on), times
// without trailing zeros, an end of year 1 while an alert fires, and a line break behind it all.

import Basics
import Bytes

extension Notification {
    /// The body to post.
    ///
    /// - Parameter externalURL: where people reach this server.
    func payload(externalURL: String) -> [UInt8] {
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

    private func common(_ sets: [Labels]) -> Labels {
        guard let first = sets.first else { return .empty }
        return Labels(
            first.compactMap { label in
                let isCommon = sets.dropFirst().allSatisfy {
                    $0[label.name].map { $0.utf8.elementsEqual(label.value.utf8) } ?? false
                }
                return isCommon ? (label.name, label.value) : nil
            })
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
