// Named, dated yardsticks for DORA's figures (delivery facts B2). One table makes both the test and
// the text beside it, so they cannot disagree. DORA itself warns against goals and against
// comparing unlike applications; the default comparison is the team with its own past.

internal import Basics

/// A limit of a level.
public enum YardstickLimit: Sendable, Equatable {
    case below(Double)
    case atMost(Double)
    case atLeast(Double)

    /// True when a value is within.
    public func holds(_ value: Double) -> Bool {
        switch self {
        case .below(let limit): value < limit
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        }
    }

    /// `< 24`, `≤ 0.15`, `≥ 5`.
    public var text: String {
        switch self {
        case .below(let limit): "< " + numberText(limit, .plain)
        case .atMost(let limit): "≤ " + numberText(limit, .plain)
        case .atLeast(let limit): "≥ " + numberText(limit, .plain)
        }
    }
}

/// A published yardstick.
public struct Yardstick: Sendable, Equatable {
    /// Such as `dora-2023`.
    public var name: String
    public var year: Int
    public var source: String
    /// Limits from the best level down, by figure; what meets none is `levels.last`.
    public var limits: [String: [YardstickLimit]]
    /// Names from the best level down.
    public var levels = ["elite", "high", "medium", "low"]

    /// The level of a figure; nil when the yardstick does not speak of it or there is no value.
    public func level(_ kpi: String, _ value: Double?) -> String? {
        guard let value, let limits = limits[kpi] else { return nil }
        let at = limits.firstIndex { $0.holds(value) } ?? limits.count
        return at < levels.count ? levels[at] : levels.last
    }

    /// The limits in words, from the same table: `elite ≥ 5, high ≥ 1, medium ≥ 0.23, low
    /// otherwise`.
    public func text(_ kpi: String) -> String? {
        guard let limits = limits[kpi] else { return nil }
        let named = zip(levels, limits).map { "\($0) \($1.text)" }
        let rest = limits.count < levels.count ? ["\(levels[limits.count]) otherwise"] : []
        return (named + rest).joined(separator: ", ")
    }

    /// Every yardstick.
    ///
    /// Frequencies are in deployment days a week (once a month is 12/52, once in six
    /// months 2/52, once a year 1/52), times in hours (a month 720, six months 4380).
    public static let all: [Yardstick] = [
        Yardstick(
            name: "dora-2021", year: 2021, source: "DORA 2021 as DevLake computes it",
            limits: [
                "deployment_frequency": [.atLeast(7), .atLeast(0.23), .atLeast(0.038)],
                "change_lead_time_hours": [.below(1), .below(168), .below(4380)],
                "change_fail_rate": [.atMost(0.15), .atMost(0.20), .atMost(0.30)],
                "recovery_time_hours": [.below(1), .below(24), .below(168)],
            ]),
        Yardstick(
            name: "dora-2023", year: 2023, source: "DORA 2023 as DevLake computes it",
            limits: [
                "deployment_frequency": [.atLeast(5), .atLeast(1), .atLeast(0.23)],
                "change_lead_time_hours": [.below(24), .below(168), .below(720)],
                "change_fail_rate": [.atMost(0.05), .atMost(0.10), .atMost(0.15)],
                "recovery_time_hours": [.below(1), .below(24), .below(168)],
            ]),
        Yardstick(
            name: "four-keys-2019", year: 2019, source: "Four Keys, buckets of 2019",
            limits: [
                "deployment_frequency": [.atLeast(3), .atLeast(1), .atLeast(0.23)],
                "change_lead_time_hours": [.below(24), .below(168), .below(720)],
                "change_fail_rate": [.atMost(0.15), .atMost(0.45), .atMost(0.60)],
                "recovery_time_hours": [.below(24), .below(168), .below(720)],
            ]),
        // The change fail rates of 2024's clusters are no scale (medium fails less than high): left
        // out.
        Yardstick(
            name: "dora-2024", year: 2024, source: "DORA 2024, secondary reports",
            limits: [
                "deployment_frequency": [.atLeast(5), .atLeast(1), .atLeast(0.23)],
                "change_lead_time_hours": [.below(24), .below(168), .below(720)],
                "recovery_time_hours": [.below(1), .below(24), .below(168)],
            ]),
    ]

    /// The yardstick of a name.
    public static func named(_ name: String) -> Yardstick? { all.first { $0.name == name } }
}
