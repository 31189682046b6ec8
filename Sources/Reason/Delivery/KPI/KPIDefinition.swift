// One definition a figure: its unit, how rows become a number, where the rows come from. The list
// below is the only one; pages, series, rules and the reference of figures are made from it.

public import Basics

/// Rows of a figure before scope and window cut them.
public struct KPIMaterial: Sendable, Equatable {
    public var rows: [KPIEvidence] = []
    public var excluded: [KPIExclusion] = []
    public var open: [KPIExclusion] = []
    public var notes: [Phrase] = []

    public init() {}
}

/// How a figure is made.
public struct KPIDefinition: Sendable {
    /// Whether less or more is better; neither for sizes and counts.
    public enum Direction: String, Sendable { case lower, higher, neither }

    public var id: String
    public var unit: KPIUnit
    public var aggregate: KPIAggregate
    public var better: Direction
    /// True when the rows are a picture of one moment (open items), not things that happened in a
    /// window.
    public var isSnapshot: Bool
    /// Rows as of a moment.
    public var material: @Sendable (DeliveryState, Millis) -> KPIMaterial

    init(
        _ id: String, _ unit: KPIUnit, _ aggregate: KPIAggregate, _ better: Direction = .neither,
        isSnapshot: Bool = false,
        _ material: @escaping @Sendable (DeliveryState, Millis) -> KPIMaterial
    ) {
        self.id = id
        self.unit = unit
        self.aggregate = aggregate
        self.better = better
        self.isSnapshot = isSnapshot
        self.material = material
    }

    /// The name of its series: `delivery_<id>`.
    public var seriesName: String { "delivery_\(id)" }

    /// Every figure.
    public static let all: [KPIDefinition] =
        deployments + changes + builds + incidents + items + iterations + releases

    /// The figure of an id.
    public static func named(_ id: String) -> KPIDefinition? { all.first { $0.id == id } }
}

extension KPIDefinition {
    /// The figure of a scope and window, as of `now`.
    public func kpi(
        _ state: DeliveryState, scope: KPIScope = KPIScope(), window: TimeRange, now: Millis
    ) -> KPI {
        // A picture is taken at the window's end; what happened in it is judged by what is known
        // now.
        let moment = isSnapshot ? min(now, window.through) : now
        return kpi(material(state, moment), state.settings, scope, window, now)
    }

    func kpi(
        _ material: KPIMaterial, _ settings: DeliverySettings, _ scope: KPIScope,
        _ window: TimeRange, _ now: Millis
    ) -> KPI {
        let rows = material.rows.filter { scope.holds($0) && window.contains($0.at) }
            .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        func cut(_ list: [KPIExclusion]) -> [KPIExclusion] {
            list.filter { scope.holds($0.place) && window.contains($0.at) }
                .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        }
        var kpi = KPI(
            id: id, unit: unit, formula: Phrase("kpi.formula.\(id)"), scope: scope, window: window,
            value: nil, missing: nil, n: rows.count, interval: nil, p85: nil, notes: material.notes,
            rows: rows, excluded: cut(material.excluded), open: cut(material.open))
        if !kpi.open.isEmpty {
            kpi.notes.append(Phrase("kpi.note.open", ["count": String(kpi.open.count)]))
        }
        if !rows.contains(where: { $0.group == KPIEvidence.tagGroup }) {
            kpi.notes.removeAll { $0.key == Phrase.tagsStandIn.key }
        }
        if aggregate == .daysPerWeek {
            setDaysPerWeek(&kpi, material, settings, scope)
        } else {
            set(&kpi)
        }
        // Nothing counts as 0 only where something of its kind was seen before.
        let isSeen = material.rows.contains { scope.holds($0) && $0.at < window.from }
        if aggregate == .count && rows.isEmpty && isSeen { kpi.value = 0 }
        if kpi.value == nil && kpi.missing == nil {
            let reason = kpi.open.isEmpty ? "rows" : "decided"
            kpi.missing = Phrase(
                "kpi.missing.\(reason)", ["kpi": id, "count": String(kpi.open.count)])
        }
        return kpi
    }

    private func set(_ kpi: inout KPI) {
        let values = kpi.rows.map(\.value)
        switch aggregate {
        case .count: kpi.value = values.isEmpty ? nil : values.reduce(0, +)
        case .median:
            let sorted = values.sorted()
            kpi.value = Statistic.quantile(sorted, 0.5)
            kpi.p85 = Statistic.quantile(sorted, 0.85)
            kpi.interval = Statistic.medianInterval(sorted)
        case .mean:
            kpi.value = Statistic.mean(values)
            kpi.interval = Statistic.meanInterval(values)
        case .share:
            kpi.value = Statistic.mean(values)
            kpi.interval = Statistic.shareInterval(values.reduce(0, +), of: Double(values.count))
        case .ratio: kpi.value = ratio(kpi.rows)
        case .last:
            var last: [String: KPIEvidence] = [:]
            for row in kpi.rows { last[row.group] = row }
            kpi.value = ratio(Array(last.values))
            kpi.n = last.count
        case .daysPerWeek: break
        }
    }

    private func ratio(_ rows: [KPIEvidence]) -> Double? {
        let whole = rows.reduce(0) { $0 + $1.of }
        return whole > 0 ? rows.reduce(0) { $0 + $1.value } / whole : nil
    }

    /// Median over the last 12 full weeks of the days with a deployment, weeks without one counted
    /// as 0.
    ///
    /// Weeks that began before the first row ever seen are unknown, not 0.
    private func setDaysPerWeek(
        _ kpi: inout KPI, _ material: KPIMaterial, _ settings: DeliverySettings, _ scope: KPIScope
    ) {
        let week: Millis = 604_800_000
        let end = settings.weekStart(kpi.window.through)
        let all = material.rows.filter { scope.holds($0) && $0.at < end }
        guard let first = all.map(\.at).min() else {
            kpi.n = 0
            return
        }
        // The week of the first deployment counts: it shows one.
        let start = max(end - 12 * week, settings.weekStart(first))
        let weeks = Int((end - start) / week)
        guard weeks > 0 else {
            kpi.n = 0
            kpi.missing = Phrase("kpi.missing.full_weeks")
            return
        }
        var days = Array(repeating: Set<Millis>(), count: weeks)
        kpi.rows = all.filter { $0.at >= start }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        for row in kpi.rows { days[Int((row.at - start) / week)].insert(settings.dayStart(row.at)) }
        let counts = days.map { Double($0.count) }
        kpi.value = Statistic.median(counts)
        kpi.interval = Statistic.medianInterval(counts.sorted())
        kpi.n = weeks
    }
}

extension DeliveryState {
    /// Every figure of a scope and window.
    public func kpis(scope: KPIScope = KPIScope(), window: TimeRange, now: Millis) -> [KPI] {
        KPIDefinition.all.map { $0.kpi(self, scope: scope, window: window, now: now) }
    }

    /// Scopes that events tell of: all, then every team, repository and service.
    public var scopes: [KPIScope] {
        func names(_ path: KeyPath<Event, String>) -> [String] {
            Set(events.map { $0[keyPath: path] }).filter { !$0.isEmpty }.sorted()
        }
        return [KPIScope()] + names(\.team).map { KPIScope(team: $0) }
            + names(\.repository).map { KPIScope(repository: $0) }
            + names(\.service).map { KPIScope(service: $0) }
    }
}
