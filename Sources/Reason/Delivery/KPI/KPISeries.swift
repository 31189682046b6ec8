// The history of figures in buckets, as series. A late event re-opens the buckets that it can
// touch: everything from the first event of what it belongs to on, less the windows that look back.
// What is earlier cannot change, and is not worked out again.

public import Basics

/// One value of a figure's history.
public struct KPIPoint: Sendable, Equatable {
    /// `__name__` is `delivery_<id>`; then the parts of the scope that are set.
    public var labels: Labels
    public var bucketStart: Millis
    public var bucketMillis: Millis
    public var value: Double
    public var n: Int
}

extension DeliveryState {
    /// The history of every figure and scope in the buckets that a range touches, as of `now`.
    public func history(
        _ definitions: [KPIDefinition] = KPIDefinition.all, range: TimeRange, bucketMillis: Millis,
        now: Millis
    ) -> [KPIPoint] {
        let starts = bucketStarts(range, bucketMillis, now)
        guard let first = starts.first else { return [] }
        var points: [KPIPoint] = []
        let scopes = scopes
        for definition in definitions {
            var material = KPIMaterial()
            if definition.isSnapshot {
                for start in starts {
                    let moment = min(start + bucketMillis - 1, now)
                    var taken = definition.material(self, moment).rows
                    for index in taken.indices { taken[index].at = moment }
                    material.rows += taken
                }
            } else {
                material = definition.material(self, now)
            }
            let rows = material.rows.filter { $0.at >= first && $0.at <= now }
            for scope in scopes {
                let inside = rows.filter { scope.holds($0) }
                let groups = Dictionary(grouping: inside) {
                    settings.bucketStart($0.at, bucketMillis)
                }
                // Once something was counted, a bucket without it is 0; before that it is unknown.
                let isCount = definition.aggregate == .count || definition.aggregate == .daysPerWeek
                let seen =
                    isCount && !definition.isSnapshot
                    ? material.rows.filter { scope.holds($0) }.map(\.at).min() : nil
                for start in starts {
                    guard let group = groups[start] else {
                        if let seen, seen < start {
                            let labels = definition.labels(scope)
                            points.append(
                                KPIPoint(
                                    labels: labels, bucketStart: start, bucketMillis: bucketMillis,
                                    value: 0, n: 0))
                        }
                        continue
                    }
                    var part = KPIMaterial()
                    part.rows = group
                    if let point = point(definition, part, scope, start, bucketMillis, now) {
                        points.append(point)
                    }
                }
            }
        }
        return points
    }

    private func bucketStarts(_ range: TimeRange, _ size: Millis, _ now: Millis) -> [Millis] {
        var start = settings.bucketStart(range.from, size)
        var starts: [Millis] = []
        while start <= min(range.through, now) {
            starts.append(start)
            start += size
        }
        return starts
    }

    private func point(
        _ definition: KPIDefinition, _ material: KPIMaterial, _ scope: KPIScope, _ start: Millis,
        _ size: Millis, _ now: Millis
    ) -> KPIPoint? {
        let window = TimeRange(from: start, through: start + size - 1)
        var definition = definition
        var material = material
        if definition.aggregate == .daysPerWeek {
            // In a bucket: days with a deployment, brought to a week.
            let days = Set(material.rows.map { settings.dayStart($0.at) })
            definition.aggregate = .count
            material.rows = Array(material.rows.prefix(1))
            if let row = material.rows.first {
                let weeks = max(Double(size) / 604_800_000, 1.0 / 7)
                material.rows = [row]
                material.rows[0].value = Double(days.count) / weeks
                material.rows[0].at = start
            }
        }
        let kpi = definition.kpi(material, settings, scope, window, now)
        guard let value = kpi.value else { return nil }
        return KPIPoint(
            labels: definition.labels(scope), bucketStart: start, bucketMillis: size, value: value,
            n: kpi.n)
    }

    /// The earliest moment whose figures events at these times can have changed; nil for none.
    public func recomputeFrom(changed times: [Millis]) -> Millis? {
        let touched = Set(times)
        guard var from = times.min() else { return nil }
        // Whatever an event belongs to may have moved as a whole.
        var keys: Set<String> = []
        for event in events where touched.contains(event.time) { keys.formUnion(event.subjects) }
        for event in events where event.time < from && !keys.isDisjoint(with: event.subjects) {
            from = min(from, event.time)
        }
        for (key, link) in incidentLinks {
            guard let incident = incidents[key], incident.opened >= from,
                let row = link.deployment.flatMap({ name in counted.rows.first { $0.key == name } })
            else { continue }
            from = min(from, row.finished)
        }
        return from - max(settings.incidentWindowMillis, settings.releaseWindowMillis)
    }
}

extension KPIDefinition {
    /// Labels of its series for a scope.
    public func labels(_ scope: KPIScope) -> Labels {
        Labels([(Labels.metricName, seriesName)] + scope.labels)
    }
}

extension Event {
    /// Keys of what an event speaks of.
    var subjects: Set<String> {
        var keys: Set<String> = []
        for field in [
            "deployment", "incident", "item", "iteration", "build", "version", "rollbackOf",
        ] {
            if let id = text(field) {
                keys.insert("\(field == "rollbackOf" ? "deployment" : field)/\(id)")
            }
        }
        if let number = text("change") { keys.insert("change/\(number)") }
        for field in ["sha", "rootCause"] {
            if let sha = text(field) { keys.insert("sha/\(sha)") }
        }
        // What a commit descends from may have gone out with another deployment than was thought.
        for sha in fields["parentShas"]?.list ?? [] { keys.insert("sha/\(sha)") }
        return keys
    }
}
