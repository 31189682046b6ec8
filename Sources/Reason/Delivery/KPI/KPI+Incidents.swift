// Figures of incidents, defects and satisfaction (delivery facts B1 rows 30 to 33 and 38).

internal import Basics

extension KPIDefinition {
    static let incidents: [KPIDefinition] = [
        KPIDefinition("incidents", .count, .count, .lower) { state, now in
            state.happened(now) { _ in 1 }
        },
        KPIDefinition("unlinked_incident_share", .share, .share, .lower) { state, now in
            state.happened(now) { state.incidentLinks[$0.key]?.deployment == nil ? 1 : 0 }
        },
        KPIDefinition("acknowledge_minutes", .minutes, .median, .lower) { state, now in
            state.happened(now) { incident in
                incident.acknowledged.map { Double($0 - incident.opened) / 60_000 }
            }
        },
        KPIDefinition("defect_rate", .perItem, .ratio, .lower) { state, now in
            state.defects(now, against: state.completions(now))
        },
        KPIDefinition("defects_per_1000_lines", .perThousandLines, .ratio, .lower) { state, now in
            state.defects(now, against: state.changedLines(now))
        },
        KPIDefinition("open_defect_age_days", .days, .median, .lower, isSnapshot: true) {
            state, now in
            state.openDefects(now)
        },
        KPIDefinition("defect_fix_hours", .hours, .median, .lower) { state, now in
            state.finishedItems(now) { item, done in
                state.settings.isDefect(item.type) ? hours(done - item.created) : nil
            }
        },
        KPIDefinition("satisfaction", .score, .mean, .higher) { state, now in
            state.answers(now) { answer in
                // Scores of different scales are brought to 0…1.
                guard let score = answer.score else { return nil }
                guard let scale = answer.scale, scale > 0 else { return score }
                return score / scale
            }
        },
        KPIDefinition("thumbs_up_share", .share, .share, .higher) { state, now in
            state.answers(now) { $0.isUp.map { $0 ? 1 : 0 } }
        },
    ]
}

extension DeliveryState {
    func happened(_ now: Millis, _ measure: (Incident) -> Double?) -> KPIMaterial {
        var material = KPIMaterial()
        for incident in incidents.values where incident.opened <= now {
            guard let value = measure(incident) else {
                material.open.append(
                    KPIExclusion(
                        id: incident.key, at: incident.opened, place: incident.place,
                        reason: "not_acknowledged"))
                continue
            }
            let link = incidentLinks[incident.key]
            material.rows.append(
                KPIEvidence(
                    id: incident.key, at: incident.opened, value: value, place: incident.place,
                    links: link?.deployment.map { [$0] } ?? []))
        }
        return material
    }

    /// Defects as numerators beside the denominators of `base`, all dated.
    func defects(_ now: Millis, against base: KPIMaterial) -> KPIMaterial {
        var material = base
        for item in items.values where settings.isDefect(item.type) && item.exists(at: now) {
            material.rows.append(
                KPIEvidence(id: item.key, at: item.created, value: 1, of: 0, place: item.place))
        }
        return material
    }

    /// Completed items as denominators.
    func completions(_ now: Millis) -> KPIMaterial {
        var material = finishedItems(now) { _, _ in 0 }
        for index in material.rows.indices { material.rows[index].of = 1 }
        return material
    }

    /// Thousands of changed lines of human commits as denominators.
    ///
    /// Where nobody tells of items, nobody knows of defects: lines count only in places that items
    /// are told of too, and in none without a tracker.
    func changedLines(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        if items.isEmpty { return material }
        let repositories = Set(items.values.map(\.place.repository))
        let services = Set(items.values.map(\.place.service))
        let teams = Set(items.values.map(\.place.team))
        for (key, commit) in commits where commit.committed <= now && !commit.isBot {
            guard let added = commit.linesAdded, let deleted = commit.linesDeleted else { continue }
            var place = commit.place
            if !repositories.contains(place.repository) { place.repository = "" }
            if !services.contains(place.service) { place.service = "" }
            if !teams.contains(place.team) { place.team = "" }
            material.rows.append(
                KPIEvidence(
                    id: key, at: commit.committed, value: 0, of: Double(added + deleted) / 1000,
                    place: place))
        }
        return material
    }

    func openDefects(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        for item in items.values
        where settings.isDefect(item.type) && item.exists(at: now) && !item.isDone(at: now) {
            material.rows.append(
                KPIEvidence(
                    id: item.key, at: now, value: hours(now - item.created) / 24, place: item.place)
            )
        }
        return material
    }

    func answers(_ now: Millis, _ measure: (FeedbackEntry) -> Double?) -> KPIMaterial {
        var material = KPIMaterial()
        for answer in feedback where answer.time <= now {
            guard let value = measure(answer) else { continue }
            material.rows.append(
                KPIEvidence(
                    id: answer.id, at: answer.time, value: value, place: answer.place,
                    release: answer.version.isEmpty ? nil : answer.version))
        }
        return material
    }
}
