// A group as JSON, in which form it is kept at rest.

import Basics
import Bytes

extension NotificationGroup {
    /// The group as JSON.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("receiver", key.receiver)
        writer.key("labels")
        writer.labels(key.labels)
        writer.key("nextFlushAt")
        writer.number(Int(nextFlushAt))
        writer.key("seenAt")
        writer.number(Int(seenAt))
        writer.key("sent")
        writer.beginArray()
        for (webhook, record) in sent.sorted(by: { $0.key < $1.key }) {
            writer.beginObject()
            writer.key("webhook")
            writer.number(webhook)
            writer.key("at")
            writer.number(Int(record.at))
            for (name, prints) in [("firing", record.firing), ("resolved", record.resolved)] {
                writer.key(name)
                writer.beginArray()
                for print in prints.sorted() { writer.string(String(print, radix: 16)) }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
        writer.key("alerts")
        writer.beginArray()
        for alert in alerts.values.sorted(by: { $0.labels < $1.labels }) { write(alert, &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private func write(_ alert: Alert, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("labels")
        writer.labels(alert.labels)
        writer.key("annotations")
        writer.labels(alert.annotations)
        writer.key("startsAt")
        writer.number(Int(alert.startsAt))
        writer.key("endsAt")
        writer.number(Int(alert.endsAt))
        writer.field("generatorURL", alert.generatorURL)
        writer.endObject()
    }

    /// Reads ``encoded``; nil when it is damaged.
    public init?(encoded: [UInt8]) {
        guard let json = try? JSON(encoded), let receiver = json["receiver"]?.text,
            let nextFlushAt = json["nextFlushAt"]?.int, let seenAt = json["seenAt"]?.int
        else { return nil }
        self.init(
            key: Key(receiver: receiver, labels: Labels(json: json["labels"])),
            nextFlushAt: Millis(nextFlushAt), seenAt: Millis(seenAt))
        for item in json["sent"]?.items ?? [] {
            guard let webhook = item["webhook"]?.int, let at = item["at"]?.int else { return nil }
            func prints(_ name: String) -> Set<UInt64> {
                Set((item[name]?.items ?? []).compactMap { $0.text.flatMap { UInt64($0, radix: 16) } })
            }
            sent[webhook] = SentRecord(
                at: Millis(at), firing: prints("firing"), resolved: prints("resolved"))
        }
        for item in json["alerts"]?.items ?? [] {
            guard let startsAt = item["startsAt"]?.int, let endsAt = item["endsAt"]?.int else {
                return nil
            }
            let labels = Labels(json: item["labels"])
            alerts[labels] = Alert(
                labels: labels, annotations: Labels(json: item["annotations"]),
                startsAt: Millis(startsAt), endsAt: Millis(endsAt),
                generatorURL: item["generatorURL"]?.text ?? "")
        }
    }
}

extension Labels {
    /// The texts of a JSON object; anything else is no label.
    init(json: JSON?) {
        self.init((json?.fields ?? []).compactMap { field in field.value.text.map { (field.key, $0) } })
    }
}
