// How work flows now: which open items grow old, which stage holds most of the time, which holds
// more than it may, what an item usually takes (with the share of times that this held), and what
// each pseudonym holds, in order of names: load is shown to balance work, never ranked.

public import Basics

/// An open item's age against what items usually take.
public struct AgeingItem: Sendable, Equatable {
    public var key: String
    public var stage: String
    public var ageMillis: Millis
    /// Percentile line that it has crossed: 0, 50 or 85.
    public var over: Int
}

/// What a stage holds.
public struct StageLoad: Sendable, Equatable {
    public var stage: String
    public var count: Int
    /// The limit, if one is set.
    public var countMax: Int?
    /// Share of all cycle time of the window that items spent here.
    public var timeShare: Double
    public var arrivals: Int
    public var departures: Int

    public var isBreached: Bool { countMax.map { count > $0 } ?? false }
}

/// What one person holds.
public struct Workload: Sendable, Equatable {
    public var pseudonym: String
    public var openItems: Int
    public var openPoints: Double
    public var openReviews: Int
}

/// A promise about the time of items, and how often it was kept.
public struct ServiceLevel: Sendable, Equatable {
    /// 85 % of items finish within this time.
    public var p85Millis: Millis
    public var p50Millis: Millis
    public var n: Int
    /// Share of items that finished within the P85 of the (up to 200) items before them.
    public var hitRate: Double?
    public var hitCount: Int
}

extension DeliveryState {
    /// Times of finished items, with the promise's hit rate rolled over the past; needs 20 items.
    public func serviceLevel(scope: KPIScope = KPIScope(), now: Millis) -> ServiceLevel? {
        let rows = (KPIDefinition.named("item_cycle_time_hours")?.material(self, now).rows ?? [])
            .filter { scope.holds($0) }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        let values = rows.map(\.value)
        guard values.count >= 20 else { return nil }
        var hits = 0
        var asked = 0
        for index in 20..<values.count {
            let past = values[max(0, index - 200)..<index].sorted()
            guard let limit = Statistic.quantile(past, 0.85) else { continue }
            asked += 1
            if values[index] <= limit { hits += 1 }
        }
        let last = values.suffix(200).sorted()
        func millis(_ share: Double) -> Millis {
            Millis((Statistic.quantile(last, share) ?? 0) * 3_600_000)
        }
        return ServiceLevel(
            p85Millis: millis(0.85), p50Millis: millis(0.5), n: last.count,
            hitRate: asked > 0 ? Double(hits) / Double(asked) : nil, hitCount: asked)
    }

    /// Open items in started stages, oldest first.
    public func ageing(scope: KPIScope = KPIScope(), now: Millis) -> [AgeingItem] {
        let finished =
            (KPIDefinition.named("item_cycle_time_hours")?.material(self, now).rows ?? [])
            .filter { scope.holds($0) }.map(\.value).sorted()
        let p50 = Statistic.quantile(finished, 0.5)
        let p85 = Statistic.quantile(finished, 0.85)
        return openItems(now) { _ in 0 }.rows.filter { scope.holds($0) }.compactMap { row in
            guard let item = items[row.id], let start = item.startTime(settings) else { return nil }
            let age = now - start
            let over =
                p85.map { hours(age) > $0 } == true
                ? 85 : p50.map { hours(age) > $0 } == true ? 50 : 0
            return AgeingItem(
                key: item.key, stage: item.stage(at: now), ageMillis: age, over: over)
        }.sorted { ($1.ageMillis, $0.key) < ($0.ageMillis, $1.key) }
    }

    /// What every started stage holds now and held over a window, in the order of the stages.
    public func stageLoads(scope: KPIScope = KPIScope(), window: TimeRange) -> [StageLoad] {
        var loads: [String: StageLoad] = [:]
        var times: [String: Millis] = [:]
        for item in items.values where scope.holds(item.place) && !settings.isChild(item.type) {
            for (index, stage) in item.stages.enumerated() where settings.isStarted(stage.value) {
                let next = index + 1 < item.stages.count ? item.stages[index + 1].time : nil
                let end = min(next ?? .max, item.deleted ?? .max)
                let from = max(stage.time, window.from)
                let until = min(end, window.through)
                var load =
                    loads[stage.value]
                    ?? StageLoad(
                        stage: stage.value, count: 0,
                        countMax: settings.workInProgressMax[stage.value], timeShare: 0,
                        arrivals: 0, departures: 0)
                if until > from { times[stage.value, default: 0] += until - from }
                if window.contains(stage.time) { load.arrivals += 1 }
                if window.contains(end) { load.departures += 1 }
                if stage.time <= window.through && end > window.through { load.count += 1 }
                loads[stage.value] = load
            }
        }
        let whole = times.values.reduce(0, +)
        return loads.values.map { load in
            var load = load
            load.timeShare = whole > 0 ? Double(times[load.stage] ?? 0) / Double(whole) : 0
            return load
        }.sorted { (rank($0.stage), $0.stage) < (rank($1.stage), $1.stage) }
    }

    private func rank(_ stage: String) -> Int {
        settings.stages.firstIndex { $0.lowercased() == stage.lowercased() } ?? .max
    }

    /// The stage in which items spent most of the time of a window; nil when nothing was under way.
    public func bottleneck(scope: KPIScope = KPIScope(), window: TimeRange) -> StageLoad? {
        stageLoads(scope: scope, window: window).filter { $0.timeShare > 0 }
            .max { ($0.timeShare, $1.stage) < ($1.timeShare, $0.stage) }
    }

    /// Open work by pseudonym, in order of names.
    public func workloads(scope: KPIScope = KPIScope(), now: Millis) -> [Workload] {
        var loads: [String: Workload] = [:]
        func edit(_ name: String, _ change: (inout Workload) -> Void) {
            var load =
                loads[name]
                ?? Workload(pseudonym: name, openItems: 0, openPoints: 0, openReviews: 0)
            change(&load)
            loads[name] = load
        }
        for item in items.values
        where scope.holds(item.place) && item.exists(at: now) && !item.isDone(at: now) {
            let name = item.assignee(at: now)
            guard !name.isEmpty, settings.isStarted(item.stage(at: now)) else { continue }
            edit(name) {
                $0.openItems += 1
                $0.openPoints += item.estimate(at: now) ?? 0
            }
        }
        for change in changes.values where scope.holds(change.place) && change.opened ?? .max <= now
        {
            guard change.merged == nil, change.closed == nil else { continue }
            for name in Set(change.humanReviews.map(\.actor)) where !name.isEmpty {
                edit(name) { $0.openReviews += 1 }
            }
        }
        return loads.values.sorted { $0.pseudonym < $1.pseudonym }
    }
}
