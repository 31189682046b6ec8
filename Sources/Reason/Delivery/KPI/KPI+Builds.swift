// Figures of builds and tests (delivery facts B1 rows 12 to 15). Aborted and not-built say nothing
// about the code and are listed; a run without tests or lines has no rate.

public import Basics

extension KPIDefinition {
    static let builds: [KPIDefinition] = [
        KPIDefinition("build_success_rate", .share, .share, .higher) { state, now in
            state.built(now) { build in build.status == "success" ? 1 : 0 }
        },
        KPIDefinition("build_duration_minutes", .minutes, .median, .lower) { state, now in
            state.built(now) { build in build.lengthMillis.map { Double($0) / 60_000 } }
        },
        KPIDefinition("build_queue_minutes", .minutes, .median, .lower) { state, now in
            state.built(now) { build in build.queuedMillis.map { Double($0) / 60_000 } }
        },
        KPIDefinition("test_pass_rate", .share, .ratio, .higher) { state, now in
            state.tested(now) { run in
                run.passed.map { ($0, $0 + run.failed + run.errors) }
            }
        },
        KPIDefinition("flaky_rate", .share, .ratio, .lower) { state, now in
            state.tested(now) { run in
                run.passed.map { (run.flaky, $0 + run.failed + run.errors) }
            }
        },
        KPIDefinition("line_coverage", .share, .last, .higher) { state, now in
            state.tested(now) { run in
                guard let covered = run.linesCovered, let valid = run.linesValid else { return nil }
                return (covered, valid)
            }
        },
        KPIDefinition("branch_coverage", .share, .last, .higher) { state, now in
            state.tested(now) { run in
                guard let covered = run.branchesCovered, let valid = run.branchesValid else {
                    return nil
                }
                return (covered, valid)
            }
        },
    ]
}

extension DeliveryState {
    func built(_ now: Millis, _ measure: (BuildRun) -> Double?) -> KPIMaterial {
        var material = KPIMaterial()
        for build in builds.values where build.time <= now {
            func left(_ reason: String) -> KPIExclusion {
                KPIExclusion(id: build.key, at: build.time, place: build.place, reason: reason)
            }
            guard build.isFinished else {
                if build.status == "queued" || build.status == "running" {
                    material.open.append(left("build_running"))
                } else {
                    material.excluded.append(left("build_\(build.status)"))
                }
                continue
            }
            guard let value = measure(build) else {
                material.excluded.append(left("missing_time"))
                continue
            }
            material.rows.append(
                KPIEvidence(
                    id: build.key, at: build.time, value: value, place: build.place,
                    group: build.job, links: build.sha.isEmpty ? [] : [build.sha]))
        }
        return material
    }

    func tested(_ now: Millis, _ measure: (TestReport) -> (Double, Double)?) -> KPIMaterial {
        var material = KPIMaterial()
        for run in testRuns where run.time <= now {
            guard let (value, of) = measure(run) else { continue }
            if of <= 0 {
                material.excluded.append(
                    KPIExclusion(id: run.id, at: run.time, place: run.place, reason: "empty_run"))
            } else {
                let group = "\(run.place.repository)|\(run.place.service)|\(run.suite)"
                material.rows.append(
                    KPIEvidence(
                        id: run.id, at: run.time, value: value, of: of, place: run.place,
                        group: group, links: run.sha.isEmpty ? [] : [run.sha]))
            }
        }
        return material
    }

    /// The change of line coverage of the last run against the run before it, of each suite.
    public func coverageChanges(now: Millis) -> [(suite: String, before: Double, after: Double)] {
        let rows = KPIDefinition.named("line_coverage")?.material(self, now).rows ?? []
        let groups = Dictionary(
            grouping: rows.sorted { ($0.at, $0.id) < ($1.at, $1.id) }, by: \.group)
        return groups.keys.sorted().compactMap { name in
            guard let runs = groups[name], runs.count >= 2 else { return nil }
            let (before, after) = (runs[runs.count - 2], runs[runs.count - 1])
            return (name, before.value / before.of, after.value / after.of)
        }
    }
}
