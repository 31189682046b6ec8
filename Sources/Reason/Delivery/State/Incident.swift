// Incidents and feedback: what users felt. An incident that was re-opened ends with its last
// resolution.

public import Basics

/// An incident.
public struct Incident: Sendable, Equatable {
    public var key: String
    public var id: String
    public var place: DeliveryPlace
    public var opened: Millis
    public var acknowledged: Millis?
    /// The last resolution; nil while it is open.
    public var resolved: Millis?
    public var severity = ""
    /// The deployment it names, if it names one.
    public var deployment: String?
    /// The commit it names as its root cause.
    public var rootCause: String?
    /// The change request that names it as fixed, or that it names.
    public var change: String?
}

extension [String: Incident] {
    mutating func apply(_ event: Event) {
        let id = event.text("incident") ?? event.id
        let key = event.source + "/" + id
        var row =
            self[key]
            ?? Incident(key: key, id: id, place: DeliveryPlace(event), opened: event.time)
        row.place.learn(event)
        switch event.text("action") ?? "opened" {
        case "acknowledged": row.acknowledged = row.acknowledged ?? event.time
        case "resolved": row.resolved = event.time
        case "reopened": row.resolved = nil
        default: break
        }
        row.severity = event.text("severity") ?? row.severity
        row.deployment = event.text("deployment") ?? row.deployment
        row.rootCause = event.text("rootCause") ?? row.rootCause
        row.change = event.text("change") ?? row.change
        self[key] = row
    }
}

/// One answer of a user.
public struct FeedbackEntry: Sendable, Equatable {
    public var id: String
    public var time: Millis
    public var place: DeliveryPlace
    public var score: Double?
    public var scale: Double?
    /// True for up, false for down.
    public var isUp: Bool?
    public var model: String
    public var version: String

    init(_ event: Event) {
        id = event.id
        time = event.time
        place = DeliveryPlace(event)
        score = event.number("score")
        scale = event.number("scale")
        isUp = event.text("thumbs").map { $0 == "up" }
        model = event.text("model") ?? ""
        version = event.text("version") ?? ""
    }
}
