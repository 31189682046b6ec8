// What templates of notifications see (Alertmanager's data, and per alert a summary, what to do, and what
// was learnt from earlier ones), and their expansion. A template that fails puts its error where its text
// would be: a notification with a bad sentence still has to arrive.

public import Basics
public import Reason

/// What all notifications share: the language, the templates, and what is known of earlier alerts.
public struct TextWorld: Sendable {
    public var language = "en"
    public var externalURL = ""
    /// Templates of the configuration, above the defaults.
    public var library = TemplateLibrary()
    /// What was learnt from earlier alerts like this one; empty for nothing.
    public var past: @Sendable (Labels) -> String = { _ in "" }
    /// Draws the expression of an alert; nil when there is nothing to draw.
    public var picture: @Sendable (Alert, Millis) -> [UInt8]? = { _, _ in nil }

    public init() {}

    /// The default templates of the language with those of the configuration above them.
    func wholeLibrary() -> TemplateLibrary {
        var library = TemplateLibrary()
        do throws(TemplateError) {
            try library.add(
                DefaultTexts.templates(language), file: "defaults", functions: .notifications)
        } catch {
            // The defaults are tested to parse; without them each use says what is missing.
            return self.library
        }
        library.merge(self.library)
        return library
    }
}

/// The texts of one notification.
struct NotificationTexts {
    let notification: Notification
    let world: TextWorld
    private let library: TemplateLibrary
    private let data: TemplateValue
    private let markedData: TemplateValue

    init(_ notification: Notification, _ world: TextWorld, library: TemplateLibrary) {
        self.notification = notification
        self.world = world
        self.library = library
        data = Self.data(notification, world) { $0 }
        markedData = Self.data(notification, world, escapedMarkup)
    }

    var isFiring: Bool { notification.alerts.contains { !$0.isResolved(at: notification.at) } }
    var time: Millis { notification.at }
    var externalURL: String { world.externalURL }

    /// A key of fixed length for the group, as PagerDuty wants it; four rounds of 64-bit FNV-1a.
    var groupHash: String {
        (0..<4).map { round in
            Labels([("round", "\(round)"), ("key", notification.groupKey)]).fingerprintText
        }.joined()
    }

    /// Where a picture of the first firing alert can be fetched; empty when there is none.
    var pictureURL: String {
        guard let alert = notification.alerts.first(where: { !$0.isResolved(at: time) }) else {
            return ""
        }
        return Self.pictureURL(alert, world, at: time)
    }

    func word(_ key: String) -> String { DefaultTexts.word(key, world.language) }

    /// Expands a template; plain texts come back as they are.
    func expand(_ source: String) -> String { expand(source, data) }

    /// Expands a template whose values are escaped for HTML.
    func expandHTML(_ source: String) -> String { expand(source, markedData) }

    private func expand(_ source: String, _ data: TemplateValue) -> String {
        do throws(TemplateError) {
            let template = try Template(
                source, name: "notification", functions: .notifications, library: library)
            return try template.expand(data, world: TemplateWorld(now: notification.at))
        } catch {
            return "<error expanding template: \(error)>"
        }
    }

    // MARK: - The data

    private static func data(
        _ notification: Notification, _ world: TextWorld, _ escape: (String) -> String
    ) -> TemplateValue {
        let alerts = notification.alerts
        let isFiring = alerts.contains { !$0.isResolved(at: notification.at) }
        func set(_ labels: Labels) -> TemplateValue {
            .labels(Labels(labels.map { ($0.name, escape($0.value)) }))
        }
        let first = alerts.first { !$0.isResolved(at: notification.at) }
        return .record([
            ("Receiver", .string(notification.receiver)),
            ("Status", .string(isFiring ? "firing" : "resolved")),
            ("Alerts", .list(alerts.map { alert($0, notification.at, world, escape) })),
            ("GroupLabels", set(notification.groupLabels)),
            ("CommonLabels", set(common(alerts.map(\.labels)))),
            ("CommonAnnotations", set(common(alerts.map(\.annotations)))),
            ("ExternalURL", .string(world.externalURL)),
            ("TruncatedAlerts", .int(notification.truncatedAlerts)),
            ("PictureURL", .string(first.map { pictureURL($0, world, at: notification.at) } ?? "")),
        ])
    }

    private static func alert(
        _ alert: Alert, _ now: Millis, _ world: TextWorld, _ escape: (String) -> String
    ) -> TemplateValue {
        let isResolved = alert.isResolved(at: now)
        func note(_ name: String) -> String {
            escape(alert.annotation(name, language: world.language))
        }
        let name = escape(alert.labels["alertname"] ?? "")
        let summary = [note("summary"), note("description"), name].first { !$0.isEmpty } ?? ""
        func set(_ labels: Labels) -> TemplateValue {
            .labels(Labels(labels.map { ($0.name, escape($0.value)) }))
        }
        return .record([
            ("Status", .string(isResolved ? "resolved" : "firing")),
            ("Labels", set(alert.labels)), ("Annotations", set(alert.annotations)),
            ("StartsAt", .time(Double(alert.startsAt) / 1000)),
            ("EndsAt", .time(isResolved ? Double(alert.endsAt) / 1000 : -62_135_596_800)),
            ("GeneratorURL", .string(alert.generatorURL)),
            ("Fingerprint", .string(alert.labels.fingerprintText)),
            ("Summary", .string(summary)), ("Action", .string(note("action"))),
            ("Past", .string(isResolved ? "" : escape(world.past(alert.labels)))),
        ])
    }

    private static func pictureURL(_ alert: Alert, _ world: TextWorld, at now: Millis) -> String {
        guard !world.externalURL.isEmpty, let expression = alert.escapedExpression else {
            return ""
        }
        return "\(world.externalURL)/api/martlet/v1/graph?expr=\(expression)&end=\(now / 1000)"
    }
}

extension Alert {
    /// The expression of its rule, percent-encoded, from the link that every rule gives its alerts; nil
    /// for alerts from elsewhere.
    public var escapedExpression: String? {
        guard let range = generatorURL.firstRange(of: "/graph?g0.expr=") else { return nil }
        let text = generatorURL[range.upperBound...].prefix { $0 != "&" }
        return text.isEmpty ? nil : String(text)
    }
}

/// The pairs that all sets have.
func common(_ sets: [Labels]) -> Labels {
    guard let first = sets.first else { return .empty }
    return Labels(
        first.compactMap { label in
            let isCommon = sets.dropFirst().allSatisfy {
                $0[label.name].map { $0.utf8.elementsEqual(label.value.utf8) } ?? false
            }
            return isCommon ? (label.name, label.value) : nil
        })
}

private func escapedMarkup(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&#34;")
}
