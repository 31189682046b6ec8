// Which deployment first brought a commit to production. Where events tell parents, the graph says
// so; elsewhere the main line is read as time: a deployment of commit S holds the commits of its
// repository that were on the main line by S. A commit that belongs to a change request is on the
// main line from its merge, not from its committing. Where S itself is not known, the start of the
// deployment stands in.

public import Basics

/// What first reached production in which deployment.
public struct Reach: Sendable, Equatable {
    /// Deployment key by sha.
    public var deploymentOfCommit: [String: String] = [:]
    /// Deployment key by change key.
    public var deploymentOfChange: [String: String] = [:]
    /// When it arrived there, by sha or change key: the finish of its repository's part.
    public var arrival: [String: Millis] = [:]
    /// Commits and changes that only the first deployment of their line could hold: it has no
    /// predecessor, so when they were new is unknown.
    public var beforeFirst: Set<String> = []
}

/// Deployments that count, or the tags that stand in for them.
struct CountedDeployments: Sendable, Equatable {
    var rows: [Deployment] = []
    var isFromTags = false
    /// Index of the first deployment that took another one back, by that one's key or id.
    var rollbacks: [String: Int] = [:]
}

extension DeliveryState {
    /// Production deployments; for repositories and services that tell of none in any environment,
    /// their recognised release tags that are no pre-releases.
    func countDeployments() -> CountedDeployments {
        var known: Set<String> = []
        for row in deployments.values { known.formUnion(row.repositories + [row.place.service]) }
        known.remove("")
        let tags = releases.values.filter { release in
            VersionName(release.version)?.isPreRelease == false
                && (deployments.isEmpty || release.place != DeliveryPlace(team: release.place.team))
                && !known.contains(release.place.repository)
                && (release.place.service.isEmpty || !known.contains(release.place.service))
        }
        let stand = tags.map { release in
            var row = Deployment(
                key: release.key, id: release.version, place: release.place,
                started: release.time, finished: release.time, lastStatus: .success)
            row.version = release.version
            row.isFromTag = true
            if !release.sha.isEmpty {
                row.parts = [
                    DeploymentPart(
                        id: release.key, repository: release.place.repository, sha: release.sha,
                        status: .success, started: release.time, finished: release.time)
                ]
            }
            return row
        }
        let rows = (productionDeployments + stand)
            .sorted { ($0.finished, $0.key) < ($1.finished, $1.key) }
        var rollbacks: [String: Int] = [:]
        for (index, row) in rows.enumerated() where row.isDeployed {
            if let target = row.rollbackOf, rollbacks[target] == nil { rollbacks[target] = index }
        }
        return CountedDeployments(rows: rows, isFromTags: !stand.isEmpty, rollbacks: rollbacks)
    }

    /// Works out which deployment first held each commit and each merged change.
    func workOutReach() -> Reach {
        var reach = Reach()
        let mergeTimes = changes.compactMapValues(\.merged)
        var lines = Dictionary(grouping: commits.values, by: \.place.repository)
            .mapValues { CommitLine($0) { onMainLine($0, mergeTimes) } }
        let arrivals = arrivals(mergeTimes)
        for (repository, line) in arrivals {
            for (index, entry) in line.enumerated() {
                for sha in lines[repository]?.take(entry.sha, holds: entry.holds) ?? [] {
                    reach.deploymentOfCommit[sha] = entry.key
                    reach.arrival[sha] = entry.finished
                    if index == 0 { reach.beforeFirst.insert(sha) }
                }
            }
        }
        for change in changes.values {
            guard let merged = change.merged else { continue }
            let repository = change.place.repository
            let commit = change.mergeSha.flatMap { commits[repository + "@" + $0] }
            if let sha = commit?.sha, lines[repository]?.isGraphed(sha) == true {
                // The graph knows whether it went out, and with which.
                guard let key = reach.deploymentOfCommit[sha] else { continue }
                reach.deploymentOfChange[change.key] = key
                reach.arrival[change.key] = reach.arrival[sha]
                if reach.beforeFirst.contains(sha) { reach.beforeFirst.insert(change.key) }
                continue
            }
            let at = commit.map { max($0.committed, merged) } ?? merged
            guard let line = arrivals[repository], let index = line.first(holding: at) else {
                continue
            }
            reach.deploymentOfChange[change.key] = line[index].key
            reach.arrival[change.key] = line[index].finished
            if index == 0 { reach.beforeFirst.insert(change.key) }
        }
        return reach
    }

    /// Deployments of each repository by their finish, with what they hold of the main line.
    private func arrivals(_ mergeTimes: [String: Millis]) -> [String: [Arrival]] {
        var lines: [String: [Arrival]] = [:]
        for row in counted.rows where row.isDeployed {
            for part in row.parts where part.status == .success {
                let commit = commits[part.repository + "@" + part.sha]
                let holds =
                    commit.map { onMainLine($0, mergeTimes) } ?? min(part.started, part.finished)
                lines[part.repository, default: []].append(
                    Arrival(holds: holds, finished: part.finished, key: row.key, sha: part.sha))
            }
            if row.parts.isEmpty {
                lines[row.place.repository, default: []].append(
                    Arrival(
                        holds: min(row.started, row.finished), finished: row.finished,
                        key: row.key, sha: ""))
            }
        }
        // By finish, and what a deployment holds can only grow: a later deployment of an older
        // commit is a way back and brings nothing new.
        return lines.mapValues { entries in
            var line = entries.sorted { ($0.finished, $0.key) < ($1.finished, $1.key) }
            for index in line.indices.dropFirst() {
                line[index].holds = max(line[index].holds, line[index - 1].holds)
            }
            return line
        }
    }

    private func onMainLine(_ commit: DeliveredCommit, _ mergeTimes: [String: Millis]) -> Millis {
        guard let number = commit.change,
            let merged = mergeTimes[commit.place.repository + "#" + number]
        else { return commit.committed }
        return max(commit.committed, merged)
    }
}

/// A deployment as one repository sees it.
private struct Arrival {
    /// What was on the main line by then is in it.
    var holds: Millis
    var finished: Millis
    var key: String
    var sha: String
}

extension [Arrival] {
    /// The first that holds what was on the main line at a time; `holds` never falls.
    fileprivate func first(holding time: Millis) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].holds >= time { high = middle } else { low = middle + 1 }
        }
        return low < count ? low : nil
    }
}
