// Deployment figures: frequency, lead time of commits, change fail rate, recovery time, rework rate
// (delivery facts B1 rows 1 to 5). Where a source tells of no deployments, tags count and a note
// says so.

internal import Basics

extension KPIDefinition {
    static let deployments: [KPIDefinition] = [
        KPIDefinition("deployment_frequency", .perWeek, .daysPerWeek, .higher) { state, now in
            state.deployed(now)
        },
        KPIDefinition("deployments", .count, .count, .higher) { state, now in state.deployed(now) },
        KPIDefinition("change_lead_time_hours", .hours, .median, .lower) { state, now in
            state.leadTimes(now)
        },
        KPIDefinition("change_fail_rate", .share, .share, .lower) { state, now in
            state.failures(now)
        },
        KPIDefinition("recovery_time_hours", .hours, .median, .lower) { state, now in
            state.recoveries(now)
        },
        KPIDefinition("rework_rate", .share, .share, .lower) { state, now in state.rework(now) },
    ]
}

extension DeliveryState {
    var tagNotes: [Phrase] {
        counted.isFromTags ? [.tagsStandIn] : []
    }

    func evidence(_ row: Deployment, _ value: Double, links: [String] = []) -> KPIEvidence {
        KPIEvidence(
            id: row.key, at: row.finished, value: value, place: row.place,
            repositories: row.repositories, release: row.version.isEmpty ? nil : row.version,
            group: row.isFromTag ? KPIEvidence.tagGroup : "", links: links)
    }

    fileprivate func material(_ now: Millis) -> (KPIMaterial, [Deployment]) {
        var material = KPIMaterial()
        material.notes = tagNotes
        for row in deployments.values where row.finished <= now && row.environment.isEmpty {
            material.excluded.append(
                KPIExclusion(
                    id: row.key, at: row.finished, place: row.place, reason: "unknown_environment"))
        }
        let rows = counted.rows.filter { $0.finished <= now && $0.status != .started }
        // A deployment that never reached production changed nothing there.
        for row in rows where !row.isDeployed {
            material.excluded.append(
                KPIExclusion(
                    id: row.key, at: row.finished, place: row.place, reason: "failed_deployment"))
        }
        return (material, rows.filter(\.isDeployed))
    }

    func deployed(_ now: Millis) -> KPIMaterial {
        var (material, rows) = material(now)
        material.rows = rows.map { evidence($0, 1) }
        return material
    }

    func leadTimes(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        material.notes = tagNotes
        let rows = Dictionary(
            counted.rows.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        for (key, commit) in commits where commit.committed <= now {
            func left(_ reason: String) -> KPIExclusion {
                KPIExclusion(id: key, at: commit.committed, place: commit.place, reason: reason)
            }
            if commit.isMerge {
                material.excluded.append(left("merge_commit"))
            } else if let row = reach.deploymentOfCommit[commit.sha].flatMap({ rows[$0] }),
                let arrival = reach.arrival[commit.sha], arrival <= now
            {
                if reach.beforeFirst.contains(commit.sha) {
                    material.excluded.append(left("first_deployment"))
                } else if arrival < commit.committed {
                    material.excluded.append(left("negative_span"))
                } else {
                    var evidence = evidence(
                        row, hours(arrival - commit.committed), links: [row.key])
                    evidence.id = key
                    evidence.at = arrival
                    evidence.place = commit.place
                    if evidence.place.service.isEmpty { evidence.place.service = row.place.service }
                    evidence.repositories = []
                    material.rows.append(evidence)
                }
            } else {
                material.open.append(left("not_deployed_yet"))
            }
        }
        return material
    }

    /// Incidents blamed on each deployment, by its key.
    var incidentsByDeployment: [String: [Incident]] {
        var blamed: [String: [Incident]] = [:]
        for (key, link) in incidentLinks {
            if let row = link.deployment, let incident = incidents[key] {
                blamed[row, default: []].append(incident)
            }
        }
        return blamed.mapValues { $0.sorted { ($0.opened, $0.key) < ($1.opened, $1.key) } }
    }

    func failures(_ now: Millis) -> KPIMaterial {
        var (material, rows) = material(now)
        let blamed = incidentsByDeployment
        for row in rows {
            let causes = (blamed[row.key] ?? []).filter { $0.opened <= now }
            let isRolledBack = (row.rolledBackAt ?? .max) <= now || isRolledBack(row, now)
            let isFailed = isRolledBack || !causes.isEmpty
            if !isFailed && now - row.finished < settings.incidentWindowMillis {
                material.open.append(
                    KPIExclusion(
                        id: row.key, at: row.finished, place: row.place, reason: "window_open"))
            } else {
                material.rows.append(evidence(row, isFailed ? 1 : 0, links: causes.map(\.key)))
            }
        }
        return material
    }

    /// A later deployment says that it took this one back.
    func isRolledBack(_ row: Deployment, _ now: Millis) -> Bool { rollback(of: row, now) != nil }

    func rollback(of row: Deployment, _ now: Millis) -> Deployment? {
        guard let at = counted.rollbacks[row.key] ?? counted.rollbacks[row.id] else { return nil }
        let back = counted.rows[at]
        return back.finished <= now ? back : nil
    }

    func recoveries(_ now: Millis) -> KPIMaterial {
        var (material, rows) = material(now)
        let blamed = incidentsByDeployment
        for row in rows {
            let causes = (blamed[row.key] ?? []).filter { $0.opened <= now }
            // The failure is over when the last of its incidents is, or when it was taken back.
            var ends = causes.map { $0.resolved ?? .max }
            if let back = row.rolledBackAt ?? rollback(of: row, now)?.finished {
                ends = [min(back, ends.max() ?? back)]
            }
            guard let end = ends.max() else { continue }
            if end > now {
                material.open.append(
                    KPIExclusion(
                        id: row.key, at: row.finished, place: row.place, reason: "still_failing"))
            } else if end < row.finished {
                material.excluded.append(
                    KPIExclusion(
                        id: row.key, at: row.finished, place: row.place, reason: "negative_span"))
            } else {
                var evidence = evidence(
                    row, hours(end - row.finished), links: causes.map(\.key))
                evidence.at = end
                material.rows.append(evidence)
            }
        }
        return material
    }

    func rework(_ now: Millis) -> KPIMaterial {
        var (material, rows) = material(now)
        let fixes = fixDeployments
        for row in rows {
            material.rows.append(evidence(row, isRework(row, fixes) ? 1 : 0))
        }
        return material
    }

    /// Keys of deployments that brought the fix of an incident.
    var fixDeployments: Set<String> {
        var keys: Set<String> = []
        for incident in incidents.values {
            guard let number = incident.change else { continue }
            for change in changes.values where change.number == number {
                guard let merged = change.merged, merged >= incident.opened else { continue }
                if let key = reach.deploymentOfChange[change.key] { keys.insert(key) }
            }
        }
        return keys
    }

    /// Said to be unplanned, from a hotfix branch, or the fix of an incident.
    func isRework(_ row: Deployment, _ fixes: Set<String>) -> Bool {
        let branches =
            row.parts.compactMap {
                commits[$0.repository + "@" + $0.sha]?.branch
            } + [row.branch]
        return row.isUnplanned || fixes.contains(row.key)
            || branches.contains { name in settings.hotfixPrefixes.contains { name.hasPrefix($0) } }
    }
}

extension Phrase {
    /// No deployments are told of here, so release tags count as such.
    static let tagsStandIn = Phrase("kpi.note.tags_as_deployments")
}

func hours(_ span: Millis) -> Double { Double(span) / 3_600_000 }
