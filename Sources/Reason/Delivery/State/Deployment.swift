// A deployment: one row per deployment id, whatever the number of commits or jobs in it (delivery
// facts B1). Its parts are the commits it brought, one per repository and attempt; a part that
// failed and was retried with success does not make the deployment a failure.

public import Basics

/// How far a deployment came.
public enum DeploymentStatus: String, Sendable, Equatable {
    case started, success, failure
    case rolledBack = "rolled_back"
}

/// One commit of one repository brought by a deployment.
public struct DeploymentPart: Sendable, Equatable {
    /// The id of the event that first told of it.
    public var id: String
    public var repository: String
    public var sha: String
    public var status: DeploymentStatus
    public var started: Millis
    public var finished: Millis
}

/// A stage of a gray release: how much traffic, from when, and how it stood.
public struct GrayStage: Sendable, Equatable {
    public var time: Millis
    /// 0…1.
    public var share: Double
    public var status: DeploymentStatus
}

/// One deployment.
public struct Deployment: Sendable, Equatable {
    public var key: String
    public var id: String
    public var place: DeliveryPlace
    public var environment = ""
    public var version = ""
    public var branch = ""
    public var parts: [DeploymentPart] = []
    public var stages: [GrayStage] = []
    public var started: Millis
    public var finished: Millis
    public var rollbackOf: String?
    public var isUnplanned = false
    /// True when a tag stands in for a deployment, because the source tells of none.
    public var isFromTag = false
    /// When it was rolled back, if it was.
    public var rolledBackAt: Millis?
    var lastStatus: DeploymentStatus

    /// The last word of every repository; without parts, the last word of all.
    public var status: DeploymentStatus {
        if rolledBackAt != nil { return .rolledBack }
        var last: [String: DeploymentPart] = [:]
        for part in parts {
            if let known = last[part.repository], known.finished > part.finished { continue }
            last[part.repository] = part
        }
        if last.isEmpty { return lastStatus }
        let all = last.values.map(\.status)
        if all.contains(.failure) { return .failure }
        return all.contains(.started) ? .started : .success
    }

    /// It reached production, whether or not it was taken back later.
    public var isDeployed: Bool { status == .success || status == .rolledBack }

    public var repositories: [String] {
        var names = Set(parts.map(\.repository))
        names.insert(place.repository)
        return names.filter { !$0.isEmpty }.sorted()
    }
}

extension [String: Deployment] {
    mutating func apply(_ event: Event) {
        let id = event.text("deployment") ?? event.id
        let key = event.source + "/" + id
        let status = event.text("status").flatMap { DeploymentStatus(rawValue: $0) } ?? .success
        let finished = event.time("finished") ?? event.time
        let started = event.time("started") ?? event.time
        var row =
            self[key]
            ?? Deployment(
                key: key, id: id, place: DeliveryPlace(event), started: started, finished: finished,
                lastStatus: status)
        row.place.learn(event)
        if let environment = event.text("environment") { row.environment = environment }
        if let version = event.text("version") { row.version = version }
        if let branch = event.text("branch") { row.branch = branch }
        if event.flag("isUnplanned") == true { row.isUnplanned = true }
        if let target = event.text("rollbackOf") { row.rollbackOf = target }
        row.started = Swift.min(row.started, started)
        if status == .rolledBack {
            row.rolledBackAt = row.rolledBackAt ?? finished
        } else {
            row.finished = row.lastStatus == .started ? finished : Swift.max(row.finished, finished)
            row.lastStatus = status
        }
        if let share = event.number("share") {
            row.stages.append(GrayStage(time: event.time, share: share, status: status))
        }
        if let sha = event.text("sha"), status != .rolledBack {
            row.learn(
                DeploymentPart(
                    id: event.id, repository: event.repository, sha: sha, status: status,
                    started: started, finished: finished))
        }
        self[key] = row
    }
}

extension Deployment {
    fileprivate mutating func learn(_ part: DeploymentPart) {
        let at = parts.firstIndex { $0.repository == part.repository && $0.sha == part.sha }
        if let at {
            parts[at].status = part.status
            parts[at].finished = part.finished
        } else {
            parts.append(part)
        }
    }
}

extension DeliveryState {
    /// For every part its predecessor.
    ///
    /// That is the last success before it of the same service, repository and environment, by
    /// start. Failed parts and unknown environments have none and are none.
    public var previousSuccess: [String: String] {
        var last: [[String]: String] = [:]
        var links: [String: String] = [:]
        let rows = deployments.values.flatMap { row in row.parts.map { (row, $0) } }
            .sorted { ($0.1.started, $0.1.id) < ($1.1.started, $1.1.id) }
        for (row, part) in rows where part.status == .success && !row.environment.isEmpty {
            let group = [row.place.service, part.repository, row.environment.lowercased()]
            links[part.id] = last[group]
            last[group] = part.id
        }
        return links
    }
}
