// What is in force: every section with its default. A configuration is read whole or not at all; a
// value here has been checked.

import Basics
import Bytes
import Carry
import Collect
import Keep
import Reason
import Send

/// The agent's configuration.
struct Configuration: Sendable {
    /// The file it came from; nil for the built-in defaults.
    var file: String?
    var listen = ListenAddress.standard
    var data = "./data"
    var externalURL: String?
    var language = "en"
    var externalLabels: [(key: String, value: String)] = []
    var evaluationIntervalMillis: Millis = 15_000
    var scrapeDefaults = ScrapeDefaults()
    var scrapes: [ScrapeConfig] = []
    var hostIsEnabled = true
    var hostIntervalMillis: Millis = 15_000
    var logs: [LogSourceConfig] = []
    /// Patterns of rule files; nil means the rules that come with Martlet.
    var ruleFiles: [String]?
    /// Which letters names in rule files may have.
    var nameValidation = NameValidation.utf8
    var notifications = NotificationConfig()
    var slos: [SLO] = []
    var capacity: [CapacityWatch] = []
    var web = WebConfig()
    var storage = StorageConfig()
    var query = QueryConfig()
    var delivery = DeliveryConfig()
    var models = ModelsConfig()
    var anomalies = AnomalyConfig()
    var rehearsals: [RehearsalConfig] = []
    var gray: [GrayConfig] = []
    /// Remarks that came with reading it.
    var warnings: [Problem] = []

    /// How long and how much is kept.
    struct StorageConfig: Sendable {
        var retentionMillis: Millis = 15 * 86_400_000
        var retentionBytes: Int?
        var headWindowMillis: Millis = 3 * 3_600_000
        var syncsEveryBatch = false
        var seriesMax = Limits.seriesMax
        var archiveMatch: [String] = []
        var archiveSeriesMax = 1000
        var logRetentionMillis: Millis = 14 * 86_400_000
        var logRetentionBytes: Int?
    }

    /// What a query may use.
    struct QueryConfig: Sendable {
        var samplesMax = 50_000_000
        var timeoutMillis: Millis = 120_000
        var lookbackMillis: Millis = 300_000
        var concurrency = 4
        /// Functions and aggregations that Prometheus keeps behind a feature flag.
        var experimentalFunctions = false
    }

    /// The address that links use.
    var publicURL: String {
        let url = externalURL ?? listen.url(isTLS: web.isTLS)
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
