// `/api/v1/rules` and `/api/v1/alerts`, in Prometheus' shapes, over the ruler's snapshots.

internal import Basics
internal import Bytes
public import Carry
public import Reason

/// The end points that show rules and alerts.
public struct RulesAPI: Sendable {
    private let snapshots: @Sendable () -> [RuleGroupSnapshot]

    public init(snapshots: @escaping @Sendable () -> [RuleGroupSnapshot]) {
        self.snapshots = snapshots
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/v1/rules", .slow) { rules($0) },
            Route(["GET"], "/api/v1/alerts", .slow) { _ in alerts() },
        ]
    }

    private func rules(_ request: HTTPRequest) -> HTTPResponse {
        let kind = request.parameter("type") ?? ""
        if !["", "alert", "record"].contains(kind) {
            return .error(
                400, "bad_data", "invalid parameter \"type\": not supported value \(quoted(kind))")
        }
        let names = Set(request.values("rule_name[]"))
        let groups = Set(request.values("rule_group[]"))
        let files = Set(request.values("file[]"))
        return success(capacity: 32 << 10) { writer in
            writer.beginObject()
            writer.key("groups")
            writer.beginArray()
            for snapshot in snapshots() {
                let group = snapshot.group
                if !groups.isEmpty && !groups.contains(group.name) { continue }
                if !files.isEmpty && !files.contains(group.file) { continue }
                let rules = snapshot.rules.filter { rule in
                    (kind.isEmpty || (kind == "alert") == rule.rule.isAlerting)
                        && (names.isEmpty || names.contains(rule.rule.name))
                }
                if rules.isEmpty && !(names.isEmpty && kind.isEmpty) { continue }
                write(snapshot, rules, to: &writer)
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func alerts() -> HTTPResponse {
        success { writer in
            writer.beginObject()
            writer.key("alerts")
            writer.beginArray()
            for snapshot in snapshots() {
                for rule in snapshot.rules {
                    for alert in rule.alerts { write(alert, to: &writer) }
                }
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func write(
        _ snapshot: RuleGroupSnapshot, _ rules: [RuleSnapshot], to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("name", snapshot.group.name)
        writer.field("file", snapshot.group.file)
        writer.key("rules")
        writer.beginArray()
        for rule in rules { write(rule, to: &writer) }
        writer.endArray()
        writer.key("interval")
        writer.seconds(snapshot.intervalMillis)
        writer.key("limit")
        writer.number(snapshot.group.limit)
        writer.key("evaluationTime")
        writer.number(snapshot.evaluationSeconds)
        writer.field("lastEvaluation", timeText(snapshot.lastEvaluationAt))
        writer.endObject()
    }

    private func write(_ snapshot: RuleSnapshot, to writer: inout JSONWriter) {
        let rule = snapshot.rule
        writer.beginObject()
        if rule.isAlerting { writer.field("state", snapshot.state.rawValue) }
        writer.field("name", rule.name)
        writer.field("query", rule.expression)
        writer.key("labels")
        write(rule.labels, to: &writer)
        if rule.isAlerting {
            writer.key("duration")
            writer.seconds(rule.holdMillis)
            writer.key("keepFiringFor")
            writer.seconds(rule.keepFiringMillis)
            writer.key("annotations")
            write(rule.annotations, to: &writer)
            writer.key("alerts")
            writer.beginArray()
            for alert in snapshot.alerts { write(alert, to: &writer) }
            writer.endArray()
        }
        writer.field("health", snapshot.health == .unknown ? "unknown" : snapshot.health.rawValue)
        if let error = snapshot.lastError { writer.field("lastError", error) }
        writer.key("evaluationTime")
        writer.number(snapshot.evaluationSeconds)
        writer.field("lastEvaluation", timeText(snapshot.lastEvaluationAt))
        writer.field("type", rule.isAlerting ? "alerting" : "recording")
        writer.endObject()
    }

    private func write(_ texts: [RuleText], to writer: inout JSONWriter) {
        writer.beginObject()
        for text in texts { writer.field(text.name, text.source) }
        writer.endObject()
    }

    private func write(_ alert: ActiveAlert, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("labels")
        writer.labels(alert.labels)
        writer.key("annotations")
        writer.labels(alert.annotations)
        writer.field("state", alert.state.rawValue)
        writer.field("activeAt", CivilTime(alert.activeAt).rfc3339)
        if let since = alert.keepFiringSince {
            writer.field("keepFiringSince", CivilTime(since).rfc3339)
        }
        writer.field("value", numberText(alert.value))
        writer.endObject()
    }

    /// A time, or Go's zero time for one that has not been.
    private func timeText(_ time: Millis?) -> String {
        time.map { CivilTime($0).rfc3339 } ?? "0001-01-01T00:00:00Z"
    }
}
