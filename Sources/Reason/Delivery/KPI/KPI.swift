// A figure with everything that lets a reader open it: formula, rows behind it, rows left out and
// why, how many, how sure. A figure without data is nil with a reason, never 0 and never a pass.

public import Basics

/// What a figure is measured in.
public enum KPIUnit: String, Sendable, Equatable {
    case hours, minutes, days, count, share, points, lines, score
    case perWeek = "per_week"
    case perItem = "per_item"
    case perThousandLines = "per_1000_lines"
}

/// Which part of the work a figure is about; nil parts mean all.
public struct KPIScope: Sendable, Hashable {
    public var team: String?
    public var repository: String?
    public var service: String?
    public var iteration: String?
    public var release: String?

    public init(
        team: String? = nil, repository: String? = nil, service: String? = nil,
        iteration: String? = nil, release: String? = nil
    ) {
        self.team = team
        self.repository = repository
        self.service = service
        self.iteration = iteration
        self.release = release
    }

    /// True when a row lies inside.
    public func holds(_ row: KPIEvidence) -> Bool {
        holds(row.place, repositories: row.repositories)
            && (iteration == nil || iteration == row.iteration)
            && (release == nil || release == row.release)
    }

    /// True when a place lies inside; the repositories of a thing made of several count too.
    public func holds(_ place: DeliveryPlace, repositories: [String] = []) -> Bool {
        (team == nil || team == place.team)
            && (service == nil || service == place.service)
            && (repository == nil || repository == place.repository
                || repositories.contains { $0 == repository })
    }

    /// Labels of the series of this scope: only the parts that are set.
    public var labels: [(String, String)] {
        [("team", team), ("repository", repository), ("service", service)]
            .compactMap { name, value in value.map { (name, $0) } }
    }
}

/// One row behind a figure.
public struct KPIEvidence: Sendable, Equatable {
    /// The id of the deployment, change, item, … that the row is about.
    public var id: String
    /// When it counts.
    public var at: Millis
    public var value: Double
    /// The denominator of ratios; 1 elsewhere.
    public var of: Double
    public var place: DeliveryPlace
    public var repositories: [String]
    public var iteration: String?
    public var release: String?
    /// For figures of the last of each kind: what is one kind.
    public var group: String
    /// The group of rows that rest on a tag standing in for a deployment.
    public static let tagGroup = "tag"
    /// Ids of what it was worked out from, for links.
    public var links: [String]

    public init(
        id: String, at: Millis, value: Double, of: Double = 1, place: DeliveryPlace,
        repositories: [String] = [], iteration: String? = nil, release: String? = nil,
        group: String = "", links: [String] = []
    ) {
        self.id = id
        self.at = at
        self.value = value
        self.of = of
        self.place = place
        self.repositories = repositories
        self.iteration = iteration
        self.release = release
        self.group = group
        self.links = links
    }
}

/// A row left out, and why.
public struct KPIExclusion: Sendable, Equatable {
    public var id: String
    public var at: Millis
    public var place: DeliveryPlace
    public var reason: Phrase

    public init(id: String, at: Millis, place: DeliveryPlace, reason: String) {
        self.id = id
        self.at = at
        self.place = place
        self.reason = Phrase("kpi.excluded.\(reason)")
    }
}

/// A range that holds the true value with a stated chance.
public struct KPIInterval: Sendable, Equatable {
    public var low: Double
    public var high: Double
    /// 0.95 unless said otherwise.
    public var level: Double

    public init(low: Double, high: Double, level: Double = 0.95) {
        self.low = low
        self.high = high
        self.level = level
    }
}

/// One figure.
public struct KPI: Sendable, Equatable {
    public var id: String
    public var unit: KPIUnit
    /// The formula in words: `kpi.formula.<id>`.
    public var formula: Phrase
    public var scope: KPIScope
    public var window: TimeRange
    /// nil without data; `missing` then says why.
    public var value: Double?
    public var missing: Phrase?
    /// How many rows (weeks, for the deployment frequency) the value is made of.
    public var n: Int
    public var interval: KPIInterval?
    /// The value that 85 % of the rows stay under, for medians.
    public var p85: Double?
    /// What the reader must know: tags stand in, windows are still open, and the like.
    public var notes: [Phrase]
    /// The rows behind it, by time.
    public var rows: [KPIEvidence]
    public var excluded: [KPIExclusion]
    /// Rows that cannot be judged yet: they are neither good nor bad.
    public var open: [KPIExclusion]
}
