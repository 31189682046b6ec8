// What one scrape job is told: Prometheus' `scrape_configs` entry, as values. Reading it from YAML is
// in ScrapeConfig+Reading; how to reach the target is in ScrapeClient.

public import Basics

/// The limits of a job; 0 means none.
///
/// A breach fails the whole scrape, as in Prometheus, so that half a target is never mistaken for all
/// of it.
public struct ScrapeLimits: Sendable, Equatable {
    public var bodyBytes = 0
    public var samples = 0
    /// Series of one target; what is new beyond it is left out, the rest goes on.
    public var series = 0
    public var labels = 0
    public var labelNameBytes = 0
    public var labelValueBytes = 0
    public var targets = 0

    public init() {}
}

/// A text format that a job may ask for.
public enum ScrapeProtocol: String, Sendable, CaseIterable {
    case openMetrics100 = "OpenMetricsText1.0.0"
    case openMetrics001 = "OpenMetricsText0.0.1"
    case text100 = "PrometheusText1.0.0"
    case text004 = "PrometheusText0.0.4"

    var format: ExpositionFormat {
        switch self {
        case .openMetrics100: .openMetrics
        case .openMetrics001: ExpositionFormat(isOpenMetrics: true, version: "0.0.1")
        case .text100: ExpositionFormat(isOpenMetrics: false, version: "1.0.0")
        case .text004: .text
        }
    }

    fileprivate var mediaType: String {
        switch self {
        case .openMetrics100:
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"
        case .openMetrics001: "application/openmetrics-text;version=0.0.1"
        case .text100: "text/plain;version=1.0.0;escaping=allow-utf-8"
        case .text004: "text/plain;version=0.0.4"
        }
    }
}

/// The `Accept` header that asks for protocols in order of preference.
public func acceptHeader(_ protocols: [ScrapeProtocol]) -> String {
    // Falling tenths, so that "anything else" keeps the last one.
    var parts = protocols.prefix(8).enumerated().map { index, wanted in
        "\(wanted.mediaType);q=0.\(min(protocols.count, 8) + 1 - index)"
    }
    parts.append("*/*;q=0.1")
    return parts.joined(separator: ",")
}

/// What the `global` section sets for all jobs.
public struct ScrapeDefaults: Sendable, Equatable {
    public var intervalMillis: Millis = 60_000
    public var timeoutMillis: Millis = 10_000
    public var limits = ScrapeLimits()
    public var protocols = ScrapeProtocol.allCases

    public init() {}
}

/// Addresses with labels that they share: an entry of `static_configs` or of a file.
public struct TargetGroup: Sendable, Equatable {
    public var targets: [String]
    public var labels: Labels

    public init(targets: [String], labels: Labels = .empty) {
        self.targets = targets
        self.labels = labels
    }
}

/// Files that list targets, read again when they change.
public struct FileDiscovery: Sendable, Equatable {
    /// Paths whose last part may hold one `*`.
    public var patterns: [String]
    public var refreshMillis: Millis

    public init(patterns: [String], refreshMillis: Millis = 300_000) {
        self.patterns = patterns
        self.refreshMillis = refreshMillis
    }
}

/// One scrape job.
public struct ScrapeConfig: Sendable, Equatable {
    /// A parameter of the URL's query.
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var values: [String]

        public init(name: String, values: [String]) {
            self.name = name
            self.values = values
        }
    }

    public var jobName: String
    public var intervalMillis: Millis
    public var timeoutMillis: Millis
    public var metricsPath = "/metrics"
    public var scheme = "http"
    public var params: [Parameter] = []
    /// True keeps the target's own labels where they collide with the job's.
    public var honorsLabels = false
    public var honorsTimestamps = true
    /// True writes stale markers also for series with explicit timestamps.
    public var tracksTimestampStaleness = false
    public var limits: ScrapeLimits
    public var protocols: [ScrapeProtocol]
    /// What an answer without a usable `Content-Type` is read as; nil fails the scrape.
    public var fallbackProtocol: ScrapeProtocol?
    public var client = ScrapeClient()
    public var staticGroups: [TargetGroup] = []
    public var fileDiscoveries: [FileDiscovery] = []
    public var relabelRules: [RelabelRule] = []
    public var metricRelabelRules: [RelabelRule] = []

    public init(jobName: String, defaults: ScrapeDefaults = ScrapeDefaults()) {
        self.jobName = jobName
        intervalMillis = defaults.intervalMillis
        timeoutMillis = min(defaults.timeoutMillis, defaults.intervalMillis)
        limits = defaults.limits
        protocols = defaults.protocols
    }
}
