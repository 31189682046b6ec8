// Figures of work items: cycle, lead and rework time, age and count of open work, flow efficiency
// (delivery facts B1 rows 22 to 28).

internal import Basics

extension KPIDefinition {
    static let items: [KPIDefinition] = [
        KPIDefinition("items_done", .count, .count, .higher) { state, now in
            state.finishedItems(now) { _, _ in 1 }
        },
        KPIDefinition("item_cycle_time_hours", .hours, .median, .lower) { state, now in
            state.finishedItems(now) { item, done in
                item.startTime(state.settings).map { hours(max(0, done - $0)) }
            }
        },
        KPIDefinition("item_lead_time_hours", .hours, .median, .lower) { state, now in
            state.finishedItems(now) { item, done in hours(done - item.created) }
        },
        KPIDefinition("item_rework_hours", .hours, .mean, .lower) { state, now in
            state.finishedItems(now) { item, done in
                hours(item.reworkMillis(state.settings, through: done))
            }
        },
        KPIDefinition("reopened_share", .share, .share, .lower) { state, now in
            state.finishedItems(now) { item, _ in item.reopenings(at: now) > 0 ? 1 : 0 }
        },
        KPIDefinition("flow_efficiency", .share, .ratio, .higher) { state, now in
            state.flowEfficiency(now)
        },
        KPIDefinition("item_age_days", .days, .median, .lower, isSnapshot: true) { state, now in
            state.openItems(now) { item in
                item.startTime(state.settings).map { hours(now - $0) / 24 }
            }
        },
        KPIDefinition("work_in_progress", .count, .count, .lower, isSnapshot: true) { state, now in
            state.openItems(now) { _ in 1 }
        },
    ]
}

extension WorkItem {
    /// The first entry to a started stage.
    func startTime(_ settings: DeliverySettings) -> Millis? {
        stages.first { settings.isStarted($0.value) }?.time
    }

    /// Rank of a stage: waiting, then the started ones in their order, then done.
    func rank(_ stage: String, _ settings: DeliverySettings) -> Int {
        if settings.isDone(stage) { return 1_000 }
        if !settings.isStarted(stage) { return -1 }
        let named = settings.stages.firstIndex { $0.lowercased() == stage.lowercased() }
        return named ?? 500
    }

    /// Time from each backward move until the item is again as far as it had been.
    func reworkMillis(_ settings: DeliverySettings, through: Millis) -> Millis {
        var furthest = -1
        var since: Millis?
        var total: Millis = 0
        for stage in stages where stage.time <= through {
            let rank = rank(stage.value, settings)
            if rank >= furthest {
                if let start = since { total += stage.time - start }
                since = nil
                furthest = rank
            } else if since == nil {
                since = stage.time
            }
        }
        if let since { total += through - since }
        return total
    }
}

extension DeliveryState {
    /// A row for each item that is done at a moment, at its last entry to done.
    func finishedItems(_ now: Millis, _ measure: (WorkItem, Millis) -> Double?) -> KPIMaterial {
        var material = KPIMaterial()
        for item in items.values where item.exists(at: now) {
            guard let done = item.doneTime(at: now) else { continue }
            if settings.isChild(item.type) {
                material.excluded.append(
                    KPIExclusion(id: item.key, at: done, place: item.place, reason: "child_item"))
            } else if let value = measure(item, done) {
                let iteration = item.iteration(at: done)
                material.rows.append(
                    KPIEvidence(
                        id: item.key, at: done, value: value, place: item.place,
                        iteration: iteration.isEmpty ? nil : iteration))
            } else {
                material.excluded.append(
                    KPIExclusion(id: item.key, at: done, place: item.place, reason: "not_measured"))
            }
        }
        return material
    }

    /// A row for each item in a started stage.
    func openItems(_ now: Millis, _ measure: (WorkItem) -> Double?) -> KPIMaterial {
        var material = KPIMaterial()
        for item in items.values
        where item.exists(at: now) && !item.isDone(at: now) && !settings.isChild(item.type) {
            guard settings.isStarted(item.stage(at: now)), let value = measure(item) else {
                continue
            }
            material.rows.append(
                KPIEvidence(id: item.key, at: now, value: value, place: item.place))
        }
        return material
    }

    /// Active stage time over cycle time.
    func flowEfficiency(_ now: Millis) -> KPIMaterial {
        var material = finishedItems(now) { _, _ in 0 }
        material.rows = material.rows.compactMap { row in
            guard let item = items[row.id], let start = item.startTime(settings), row.at > start
            else { return nil }
            var active: Millis = 0
            for (index, stage) in item.stages.enumerated() where stage.time < row.at {
                let until = index + 1 < item.stages.count ? item.stages[index + 1].time : row.at
                if settings.isStarted(stage.value) && !settings.isIdle(stage.value) {
                    active += min(until, row.at) - stage.time
                }
            }
            var result = row
            result.value = hours(active)
            result.of = hours(row.at - start)
            return result
        }
        return material
    }
}
