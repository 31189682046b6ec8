// The watch after a release: the same figures in windows of equal length before and after it,
// aligned on weekdays, with an interval of the difference. A verdict needs data on both sides. It
// opens by itself: every release or nameless deployment that goes out is watched until its window
// is over or the next one of its place takes its turn.

public import Basics
internal import Glibc

/// How a figure moved over a release.
public struct WatchRow: Sendable, Equatable {
    /// What the difference says.
    public enum Verdict: String, Sendable, Equatable {
        case better, worse, same
        case notEnoughData = "not_enough_data"
        /// The interval of the difference holds 0.
        case unclear
    }

    public var kpi: String
    public var before: Double?
    public var after: Double?
    public var nBefore: Int
    public var nAfter: Int
    public var difference: Double?
    public var interval: KPIInterval?
    public var verdict: Verdict
}

/// The watch of one release.
public struct ReleaseWatch: Sendable, Equatable {
    public var release: String
    /// Its version; the deployment's id where it has none.
    public var version: String
    public var place: DeliveryPlace
    /// When it went out.
    public var released: Millis
    public var before: TimeRange
    public var after: TimeRange
    /// True once the after-window is over.
    public var isComplete: Bool
    /// Other releases of the same place inside the windows, which blur the comparison.
    public var overlapping: [String]
    public var rows: [WatchRow]

    /// Worse when any figure is, better when some are and none is worse.
    public var verdict: WatchRow.Verdict {
        for verdict in [WatchRow.Verdict.worse, .better, .same, .unclear]
        where rows.contains(where: { $0.verdict == verdict }) { return verdict }
        return .notEnoughData
    }
}

extension DeliveryState {
    /// Figures watched by default.
    public static let watchedFigures = [
        "incidents", "change_fail_rate", "build_success_rate", "test_pass_rate", "satisfaction",
        "thumbs_up_share", "recovery_time_hours",
    ]

    /// The watch of a release; nil before it is out.
    public func watch(
        _ release: ReleaseReport, figures: [String] = watchedFigures, now: Millis
    ) -> ReleaseWatch? {
        guard let time = release.released, time <= now else { return nil }
        return watch(
            release.key, release.version, release.place, from: time, figures: figures, now: now)
    }

    /// The watches that run, the newest first.
    ///
    /// Of every place its newest release, or deployment without a version, whose window after it
    /// is not over.
    public func openWatches(scope: KPIScope = KPIScope(), now: Millis) -> [ReleaseWatch] {
        let since = now - settings.watchMillis
        var newest: [DeliveryPlace: Deployment] = [:]
        // A way back to a version that was good is no release of it.
        for row in counted.rows
        where row.isDeployed && row.finished > since && row.finished <= now
            && row.rollbackOf == nil && scope.holds(row.place, repositories: row.repositories)
        { newest[row.place] = row }
        return newest.values.sorted { ($1.finished, $0.key) < ($0.finished, $1.key) }.map { row in
            let owner = row.place.service.isEmpty ? row.place.repository : row.place.service
            let isNamed = !row.version.isEmpty
            return watch(
                isNamed ? owner + "@" + row.version : row.key, isNamed ? row.version : row.id,
                row.place, from: row.finished, figures: Self.watchedFigures, now: now)
        }
    }

    private func watch(
        _ key: String, _ version: String, _ place: DeliveryPlace, from time: Millis,
        figures: [String], now: Millis
    ) -> ReleaseWatch {
        let span = settings.watchMillis
        let before = TimeRange(from: time - span, through: time - 1)
        let after = TimeRange(from: time, through: min(now, time + span - 1))
        let scope = KPIScope(
            repository: place.service.isEmpty && !place.repository.isEmpty
                ? place.repository : nil,
            service: place.service.isEmpty ? nil : place.service)
        let others = releaseReports(now: now).filter { other in
            guard let out = other.released, other.key != key else { return false }
            return other.place.service == place.service
                && other.place.repository == place.repository
                && out >= before.from && out <= after.through
        }
        let rows = figures.compactMap { id in
            comparison(
                id, scope: scope, before: before,
                after: TimeRange(from: time, through: time + span - 1), now: now)
        }
        return ReleaseWatch(
            release: key, version: version, place: place, released: time, before: before,
            after: after, isComplete: now >= time + span,
            overlapping: others.map(\.key), rows: rows)
    }

    /// How a figure moved between two windows, such as this iteration and the last; the default
    /// comparison of a team is with its own past.
    public func comparison(
        _ id: String, scope: KPIScope = KPIScope(), before: TimeRange, after: TimeRange, now: Millis
    ) -> WatchRow? {
        guard let definition = KPIDefinition.named(id) else { return nil }
        return compare(
            definition, definition.kpi(self, scope: scope, window: before, now: now),
            definition.kpi(self, scope: scope, window: after, now: now),
            isWhole: after.through <= now)
    }

    private func compare(
        _ definition: KPIDefinition, _ before: KPI, _ after: KPI, isWhole: Bool
    ) -> WatchRow {
        var row = WatchRow(
            kpi: definition.id, before: before.value, after: after.value, nBefore: before.n,
            nAfter: after.n, difference: nil, interval: nil, verdict: .notEnoughData)
        var values = (before.value, after.value)
        if definition.aggregate == .count {
            // Counts of a whole window may be 0 where the kind was seen on the other side.
            guard before.n + after.n > 0, isWhole else { return row }
            values = (before.value ?? 0, after.value ?? 0)
        }
        guard let was = values.0, let isNow = values.1 else { return row }
        let difference = isNow - was
        row.difference = difference
        guard let half = halfWidth(definition.aggregate, before, after, was, isNow) else {
            return row
        }
        let interval = KPIInterval(low: difference - half, high: difference + half)
        row.interval = interval
        if interval.low <= 0 && interval.high >= 0 {
            row.verdict = .unclear
        } else {
            switch definition.better {
            case .neither: row.verdict = .same
            case .higher: row.verdict = difference > 0 ? .better : .worse
            case .lower: row.verdict = difference < 0 ? .better : .worse
            }
        }
        return row
    }

    /// Half of a 95 % interval of the difference, from the two sides' own intervals or counts.
    private func halfWidth(
        _ aggregate: KPIAggregate, _ before: KPI, _ after: KPI, _ was: Double, _ isNow: Double
    ) -> Double? {
        // Two Poisson counts: the variance of their difference is their sum.
        if aggregate == .count { return 1.96 * sqrt(max(1, was + isNow)) }
        if aggregate == .ratio || aggregate == .last {
            let of = (
                before.rows.reduce(0) { $0 + $1.of }, after.rows.reduce(0) { $0 + $1.of }
            )
            // Shares of fewer than 10 say nothing either way.
            guard of.0 >= 10, of.1 >= 10 else { return nil }
            let wide = (
                Statistic.shareInterval(was * of.0, of: of.0),
                Statistic.shareInterval(isNow * of.1, of: of.1)
            )
            return half(wide.0, wide.1)
        }
        guard before.n >= 5, after.n >= 5 else { return nil }
        return half(before.interval, after.interval)
    }

    private func half(_ left: KPIInterval?, _ right: KPIInterval?) -> Double? {
        guard let left, let right else { return nil }
        let (a, b) = ((left.high - left.low) / 2, (right.high - right.low) / 2)
        return sqrt(a * a + b * b)
    }
}
