// Which deployment an incident is blamed on, and how sure that is (delivery facts B1 row 6). The
// answer depends on event times alone, never on when the data was collected, and one incident
// counts once.

internal import Basics

/// Why an incident is linked.
public enum LinkBasis: String, Sendable, Equatable {
    /// The incident names the deployment or its root-cause commit.
    case named
    /// A change request that fixes it leads to the deployment that it was fixed in.
    case fix
    /// The same service, shortly before.
    case time
}

/// Which share of certainty a link has.
public enum Confidence: String, Sendable, Equatable {
    case high, medium, low
}

/// An incident's link.
public struct IncidentLink: Sendable, Equatable {
    public var incident: String
    /// The deployment's key; nil when the incident is unlinked.
    public var deployment: String?
    public var basis: LinkBasis?
    public var confidence: Confidence
    /// Every deployment that could have been it, nearest first.
    public var candidates: [String]
}

extension DeliveryState {
    /// Works out the link of every incident, by the incident's key.
    func linkIncidents() -> [String: IncidentLink] {
        let rows = counted.rows.filter(\.isDeployed)
        return incidents.mapValues { link(of: $0, among: rows) }
    }

    private func link(of incident: Incident, among rows: [Deployment]) -> IncidentLink {
        func made(_ row: Deployment, _ basis: LinkBasis, _ confidence: Confidence) -> IncidentLink {
            IncidentLink(
                incident: incident.key, deployment: row.key, basis: basis, confidence: confidence,
                candidates: [row.key])
        }
        if let id = incident.deployment, let row = rows.last(where: { $0.id == id || $0.key == id })
        {
            return made(row, .named, .high)
        }
        if let sha = incident.rootCause, let row = rows.first(where: { contains($0, sha) }) {
            return made(row, .named, .high)
        }
        // A fix names the incident: what it repaired went out before the incident, whenever that
        // was.
        if let number = incident.change,
            let fix = changes.values.filter({ $0.number == number }).min(by: { $0.key < $1.key }),
            let row = rows.last(where: { row in
                row.finished <= incident.opened
                    && (row.repositories.contains(fix.place.repository)
                        || row.repositories.isEmpty)
            })
        {
            return made(row, .fix, .medium)
        }
        let near = rows.filter { row in
            row.finished <= incident.opened
                && incident.opened - row.finished <= settings.incidentWindowMillis
                && isSameService(row.place, incident.place)
        }.sorted { ($0.finished, $0.key) > ($1.finished, $1.key) }
        return IncidentLink(
            incident: incident.key, deployment: near.first?.key, basis: near.isEmpty ? nil : .time,
            confidence: near.count == 1 ? .medium : .low, candidates: near.map(\.key))
    }

    /// Known services must agree; where one of them is unknown, known repositories must.
    private func isSameService(_ left: DeliveryPlace, _ right: DeliveryPlace) -> Bool {
        if !left.service.isEmpty && !right.service.isEmpty { return left.service == right.service }
        if !left.repository.isEmpty && !right.repository.isEmpty {
            return left.repository == right.repository
        }
        return left.team.isEmpty || right.team.isEmpty || left.team == right.team
    }

    /// A deployment brought a commit when it names it, or is the first to reach past it.
    private func contains(_ row: Deployment, _ sha: String) -> Bool {
        if row.parts.contains(where: { $0.sha.hasPrefix(sha) || sha.hasPrefix($0.sha) }) {
            return true
        }
        return reach.deploymentOfCommit[sha] == row.key
    }
}
