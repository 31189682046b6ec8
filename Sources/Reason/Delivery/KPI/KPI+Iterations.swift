// Figures of closed iterations and of releases: each iteration or release is one row (delivery
// facts B1 rows 16 to 20 and 34). Points where anything is estimated, items otherwise; the report
// says which.

internal import Basics

extension KPIDefinition {
    static let iterations: [KPIDefinition] = [
        KPIDefinition("velocity", .points, .mean, .higher) { state, now in
            state.closedIterations(now) { ($0.completed.amount, 1) }
        },
        KPIDefinition("iteration_commitment", .points, .mean) { state, now in
            state.closedIterations(now) { ($0.committed.amount, 1) }
        },
        KPIDefinition("completion_rate", .share, .ratio, .higher) { state, now in
            state.closedIterations(now) { ($0.completedOfCommitted.amount, $0.committed.amount) }
        },
        KPIDefinition("capacity_accuracy", .share, .ratio) { state, now in
            state.closedIterations(now) { ($0.completed.amount, $0.committed.amount) }
        },
        KPIDefinition("scope_change_share", .share, .ratio, .lower) { state, now in
            state.closedIterations(now) { report in
                let moved =
                    report.added.amount + report.removed.amount + report.reestimatedAbsolute
                return (moved, report.committed.amount)
            }
        },
        KPIDefinition("iteration_days", .days, .mean) { state, now in
            state.closedIterations(now) { report in
                (hours((report.closed ?? report.started) - report.started) / 24, 1)
            }
        },
        KPIDefinition("planned_iteration_days", .days, .mean) { state, now in
            state.closedIterations(now) { report in
                guard let start = report.plannedStart, let end = report.plannedEnd else {
                    return nil
                }
                return (hours(end - start) / 24, 1)
            }
        },
    ]

    static let releases: [KPIDefinition] = [
        KPIDefinition("release_success_rate", .share, .share, .higher) { state, now in
            state.releaseOutcomes(now)
        },
        KPIDefinition("releases", .count, .count) { state, now in
            var material = KPIMaterial()
            for report in state.releaseReports(now: now) {
                material.rows.append(
                    KPIEvidence(
                        id: report.key, at: report.time, value: 1, place: report.place,
                        release: report.version))
            }
            return material
        },
    ]
}

extension DeliveryState {
    fileprivate func closedIterations(
        _ now: Millis, _ measure: (IterationReport) -> (Double, Double)?
    ) -> KPIMaterial {
        var material = KPIMaterial()
        for report in iterationReports(now: now) {
            guard let closed = report.closed else { continue }
            guard let (value, of) = measure(report), of > 0 else {
                material.excluded.append(
                    KPIExclusion(
                        id: report.id, at: closed, place: report.place, reason: "no_commitment"))
                continue
            }
            material.rows.append(
                KPIEvidence(
                    id: report.id, at: closed, value: value, of: of, place: report.place,
                    iteration: report.id))
        }
        return material
    }

    fileprivate func releaseOutcomes(_ now: Millis) -> KPIMaterial {
        var material = KPIMaterial()
        material.notes = tagNotes
        for report in releaseReports(now: now) {
            guard let succeeded = report.succeeded else {
                let reason = report.released == nil ? "not_released" : "window_open"
                material.open.append(
                    KPIExclusion(
                        id: report.key, at: report.time, place: report.place, reason: reason))
                continue
            }
            material.rows.append(
                KPIEvidence(
                    id: report.key, at: report.time, value: succeeded ? 1 : 0, place: report.place,
                    release: report.version, links: report.incidents))
        }
        return material
    }
}
