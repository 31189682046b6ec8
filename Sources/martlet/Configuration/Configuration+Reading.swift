// From YAML to a configuration: one function per section, every problem with its place, nothing taken
// unless all of it can be.

import Basics
import Bytes
import Carry
import Collect
import Foundation
import Keep
import Reason
import Send

/// A configuration that cannot be used; its problems, errors and warnings together.
struct ConfigurationError: Error, CustomStringConvertible {
    var problems: [Problem]

    var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Configuration {
    /// The file that is read when none is named: `./martlet.yml`, then `/etc/martlet/martlet.yml`.
    static func standardFile() -> String? {
        ["martlet.yml", "/etc/martlet/martlet.yml"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    /// Reads a file; without one, the standard places, then the defaults.
    static func load(_ named: String?) throws -> Configuration {
        guard let file = named ?? standardFile() else {
            var configuration = Configuration()
            let notify = NotificationConfig.standardFile
            if FileManager.default.fileExists(atPath: notify) {
                let problems = configuration.notifications.read(notify)
                if problems.contains(where: { $0.level == .error }) {
                    throw ConfigurationError(problems: problems)
                }
            }
            return configuration
        }
        let text: String
        do {
            text = try readText(file)
        } catch {
            throw StartError("\(error.description); start without --config to use the defaults")
        }
        var configuration = try parse(text, file: file)
        configuration.file = file
        return configuration
    }

    /// Reads the text of a file.
    static func parse(_ text: String, file: String) throws(ConfigurationError) -> Configuration {
        let root: YAML
        do {
            root = try YAML.parse(text)
        } catch {
            let problem = Problem(
                .error, file: file, line: error.line, column: error.column, text: error.reason)
            throw ConfigurationError(problems: [problem])
        }
        let problems = Problems(file: file)
        let section = Section(root, path: "", problems: problems)
        var configuration = Configuration()
        configuration.read(section)
        if problems.hasErrors { throw ConfigurationError(problems: problems.all) }
        configuration.warnings = problems.all
        return configuration
    }

    private mutating func read(_ root: Section) {
        if let text = root.string("listen") {
            if let address = ListenAddress(text) {
                listen = address
            } else {
                root.error("listen", "must be HOST:PORT, for example 127.0.0.1:9797")
            }
        }
        data = root.string("data") ?? data
        externalURL = root.string("external_url")
        language = root.string("language") ?? language
        if !["en", "zh"].contains(language) { root.error("language", "must be en or zh") }
        if let global = root.section("global") { read(global: global) }
        if let host = root.section("host") {
            hostIsEnabled = host.bool("enabled") ?? true
            hostIntervalMillis = positive(host, "interval") ?? hostIntervalMillis
            host.finish()
        }
        scrapes = ScrapeConfig.read(root, defaults: scrapeDefaults, folder: folder(of: root))
        logs = LogSourceConfig.read(root.sections("logs") ?? [])
        ruleFiles = root.strings("rule_files")
        notifications = NotificationConfig(root: root, folder: folder(of: root))
        slos = SLO.read(root, check: checkExpression)
        capacity = CapacityWatch.read(root, check: checkExpression)
        if let section = root.section("web") { web = WebConfig(section) }
        if let section = root.section("storage") { read(storage: section) }
        if let section = root.section("archive") { read(archive: section) }
        if let section = root.section("log_storage") {
            storage.logRetentionMillis =
                positive(section, "retention") ?? storage.logRetentionMillis
            storage.logRetentionBytes = section.bytes("retention_size")
            section.finish()
        }
        if let section = root.section("query") { read(query: section) }
        delivery = DeliveryConfig(root: root, folder: folder(of: root))
        models = ModelsConfig(root: root, folder: folder(of: root))
        if let section = root.section("anomalies") { anomalies = AnomalyConfig(section) }
        rehearsals = RehearsalConfig.read(root)
        gray = GrayConfig.read(root)
        root.finish(foreign: [
            "remote_write", "remote_read", "scrape_config_files", "tracing", "otlp",
            "runtime",
        ])
    }

    private mutating func read(global: Section) {
        scrapeDefaults = ScrapeDefaults(global)
        evaluationIntervalMillis =
            positive(global, "evaluation_interval") ?? evaluationIntervalMillis
        externalLabels = global.texts("external_labels") ?? []
        if let scheme = global.string("metric_name_validation_scheme") {
            if let known = NameValidation(rawValue: scheme) {
                nameValidation = known
            } else {
                global.error("metric_name_validation_scheme", "must be utf8 or legacy")
            }
        }
        global.finish(foreign: [
            "query_log_file", "scrape_failure_log_file", "rule_query_offset",
            "metric_name_escaping_scheme",
            "scrape_native_histograms",
            "convert_classic_histograms_to_nhcb", "always_scrape_classic_histograms",
            "extra_scrape_metrics",
        ])
    }

    private mutating func read(storage section: Section) {
        storage.retentionMillis = positive(section, "retention") ?? storage.retentionMillis
        storage.retentionBytes = section.bytes("retention_size")
        storage.headWindowMillis = positive(section, "head_window") ?? storage.headWindowMillis
        switch section.string("fsync") {
        case nil, "interval": break
        case "every-batch": storage.syncsEveryBatch = true
        default: section.error("fsync", "must be interval or every-batch")
        }
        storage.seriesMax = section.int("series_limit") ?? storage.seriesMax
        section.finish(foreign: ["tsdb", "exemplars"])
    }

    private mutating func read(archive section: Section) {
        storage.archiveMatch = section.strings("match") ?? []
        storage.archiveSeriesMax = section.int("series_limit") ?? storage.archiveSeriesMax
        section.finish()
    }

    private mutating func read(query section: Section) {
        query.samplesMax = section.int("max_samples") ?? query.samplesMax
        query.timeoutMillis = positive(section, "timeout") ?? query.timeoutMillis
        query.lookbackMillis = positive(section, "lookback_delta") ?? query.lookbackMillis
        query.concurrency = section.int("max_concurrency") ?? query.concurrency
        query.experimentalFunctions =
            section.bool("experimental_functions") ?? query.experimentalFunctions
        if query.concurrency < 1 { section.error("max_concurrency", "must be at least 1") }
        section.finish()
    }

    /// Where relative paths of the file start.
    private func folder(of root: Section) -> String {
        let path = root.problems.file
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func positive(_ section: Section, _ key: String) -> Millis? {
        guard let millis = section.duration(key) else { return nil }
        if millis <= 0 { section.error(key, "must be longer than nothing") }
        return millis
    }
}
