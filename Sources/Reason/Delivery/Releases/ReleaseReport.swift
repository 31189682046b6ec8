// What became of a release: when it went out, what was missing from its record, which incidents are
// blamed on it, whether it was taken back or hot-fixed, and so whether it succeeded. A release
// whose window is still open has not succeeded yet, nor failed.

public import Basics

/// The case study's release success rate; it gives no definition, so it is a reference line only.
public let caseStudySuccessRate = 0.98

/// A release and its outcome.
public struct ReleaseReport: Sendable, Equatable {
    public var key: String
    public var version: String
    /// nil when the name is not recognised.
    public var name: VersionName?
    public var place: DeliveryPlace
    /// When it went out; the naming of the version until then.
    public var time: Millis
    /// Finish of its first production deployment; the tag where tags stand in.
    public var released: Millis?
    public var record: ReleaseRecord?
    /// Steps and preparations that neither the record nor events tell of.
    public var missingSteps: [String]
    /// Steps that events tell of without an entry in the record, with the id of the evidence.
    public var toldSteps: [String: String]
    public var deployments: [String]
    /// Keys of incidents inside the window, or named later.
    public var incidents: [String]
    /// The least sure of its links.
    public var confidence: Confidence?
    public var rolledBackAt: Millis?
    /// The unplanned deployment or patch release inside the window.
    public var hotfix: String?
    /// nil while its window is open or it is not out.
    public var succeeded: Bool?
}

extension DeliveryState {
    /// All releases, oldest first, as of a moment.
    public func releaseReports(now: Millis) -> [ReleaseReport] {
        var byVersion: [String: [Deployment]] = [:]
        for row in counted.rows where row.isDeployed && row.finished <= now && !row.version.isEmpty
        {
            let owner = row.place.service.isEmpty ? row.place.repository : row.place.service
            byVersion[owner + "@" + row.version, default: []].append(row)
        }
        let blamed = incidentsByDeployment
        let fixes = fixDeployments
        let evidence = StepEvidence(self, now: now)
        var keys = Set(byVersion.keys)
        for (key, record) in releases where record.time <= now { keys.insert(key) }
        let reports = keys.compactMap { key -> ReleaseReport? in
            report(key, byVersion[key] ?? [], blamed, fixes, evidence, now)
        }
        return reports.sorted { ($0.time, $0.key) < ($1.time, $1.key) }
    }

    private func report(
        _ key: String, _ rows: [Deployment], _ blamed: [String: [Incident]], _ fixes: Set<String>,
        _ evidence: StepEvidence, _ now: Millis
    ) -> ReleaseReport? {
        let record = releases[key]
        guard let version = record?.version ?? rows.first?.version,
            let place = record?.place ?? rows.first?.place
        else { return nil }
        let released = rows.map(\.finished).min()
        let end = released.map { $0 + settings.releaseWindowMillis }
        let causes = rows.flatMap { blamed[$0.key] ?? [] }.filter { $0.opened <= now }
        let counting = causes.filter { incident in
            incidentLinks[incident.key]?.basis != .time || incident.opened <= end ?? .max
        }
        let backs = rows.compactMap { row in row.rolledBackAt ?? rollback(of: row, now)?.finished }
            .filter { $0 <= now }
        let hotfix = released.flatMap { self.hotfix(after: $0, place, rows, fixes, now) }
        let isBad = !counting.isEmpty || !backs.isEmpty || hotfix != nil
        let succeeded: Bool? =
            released == nil ? nil : isBad ? false : (end ?? .max) <= now ? true : nil
        let told = evidence.steps(record, rows, watched: settings.watchMillis, now: now)
        let missing = record?.missing ?? ReleaseRecord.preparations + ReleaseRecord.steps
        let links = counting.compactMap { incidentLinks[$0.key]?.confidence }
        return ReleaseReport(
            key: key, version: version, name: VersionName(version), place: place,
            time: released ?? record?.time ?? now, released: released, record: record,
            missingSteps: missing.filter { told[$0] == nil }, toldSteps: told,
            deployments: rows.map(\.key), incidents: counting.map(\.key),
            confidence: links.contains(.low)
                ? .low : links.contains(.medium) ? .medium : links.first,
            rolledBackAt: backs.min(), hotfix: hotfix, succeeded: succeeded)
    }

    /// The first unplanned deployment of another version of the same place inside the window.
    private func hotfix(
        after released: Millis, _ place: DeliveryPlace, _ own: [Deployment], _ fixes: Set<String>,
        _ now: Millis
    ) -> String? {
        let keys = Set(own.map(\.key))
        return counted.rows.first { row in
            row.finished > released && row.finished <= now
                && row.finished - released <= settings.releaseWindowMillis
                && !keys.contains(row.key) && row.isDeployed
                && row.place.service == place.service
                && (place.repository.isEmpty || row.repositories.contains(place.repository))
                && isRework(row, fixes)
        }?.key
    }

    /// Version names of releases that are not recognised.
    public var unrecognisedVersions: [String] {
        orderedVersions(releases.values.map(\.version)).unrecognised
    }
}
