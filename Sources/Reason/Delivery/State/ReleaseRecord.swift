// A release with the seven steps of the release process (delivery facts A1): requirement, review,
// branch, test, deploy, monitor, documents; each with time, person and evidence. What is missing is
// listed, never assumed. Preparation (backup, plan) is kept beside them.

public import Basics

/// A step of a release.
public struct ReleaseStep: Sendable, Equatable {
    public var step: String
    public var time: Millis
    /// A pseudonym.
    public var person: String
    public var evidence: String
}

/// A release.
public struct ReleaseRecord: Sendable, Equatable {
    /// The seven steps in their order.
    public static let steps = [
        "requirement", "review", "branch", "test", "deploy", "monitor", "documents",
    ]
    /// What is to be ready before.
    public static let preparations = ["backup", "plan"]

    public var key: String
    public var version: String
    public var place: DeliveryPlace
    public var sha = ""
    public var model = ""
    public var dataVersion = ""
    /// When the version was first named.
    public var time: Millis
    public var entries: [ReleaseStep] = []

    /// The last entry of a step.
    public func entry(_ step: String) -> ReleaseStep? { entries.last { $0.step == step } }

    /// Steps and preparations without an entry, in their order.
    public var missing: [String] {
        (Self.preparations + Self.steps).filter { entry($0) == nil }
    }
}

extension [String: ReleaseRecord] {
    mutating func apply(_ event: Event) {
        guard let version = event.text("version") else { return }
        let owner = event.service.isEmpty ? event.repository : event.service
        let key = owner + "@" + version
        var row =
            self[key]
            ?? ReleaseRecord(
                key: key, version: version, place: DeliveryPlace(event), time: event.time)
        row.place.learn(event)
        row.sha = event.text("sha") ?? row.sha
        row.model = event.text("model") ?? row.model
        row.dataVersion = event.text("dataVersion") ?? row.dataVersion
        if let step = event.text("step") {
            row.entries.append(
                ReleaseStep(
                    step: step, time: event.time, person: event.text("person") ?? event.actor,
                    evidence: event.text("evidence") ?? ""))
        }
        self[key] = row
    }
}

/// A back-up that was made: a release event with the step `backup`, of a version or of none.
public struct BackupRecord: Sendable, Equatable {
    public var time: Millis
    public var place: DeliveryPlace
    public var evidence: String

    init?(_ event: Event) {
        guard event.text("step") == "backup" else { return nil }
        time = event.time
        place = DeliveryPlace(event)
        evidence = event.text("evidence") ?? ""
    }
}

extension DeliveryState {
    /// When the last back-up for a scope was made; one without a place was made of everything.
    public func lastBackup(scope: KPIScope, now: Millis) -> Millis? {
        backups.last { backup in
            backup.time <= now
                && (backup.place == DeliveryPlace(team: backup.place.team)
                    ? scope.team == nil || backup.place.team.isEmpty
                        || scope.team == backup.place.team
                    : scope.holds(backup.place))
        }?.time
    }
}
