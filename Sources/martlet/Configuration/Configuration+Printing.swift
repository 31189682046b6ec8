// What is in force, as YAML that could be read back; secrets are left out, and so is what a section
// holds beyond what one looks for here.

import Basics
import Collect
import Keep
import Reason
import Send

extension Configuration {
    /// The configuration as text.
    var text: String {
        var lines = [
            "# \(file.map { "read from \($0)" } ?? "no file: the built-in defaults")",
            "listen: \(listen)",
            "data: \(data)",
            "external_url: \(publicURL)",
            "language: \(language)",
            "global:",
            "  scrape_interval: \(durationText(scrapeDefaults.intervalMillis))",
            "  scrape_timeout: \(durationText(scrapeDefaults.timeoutMillis))",
            "  evaluation_interval: \(durationText(evaluationIntervalMillis))",
        ]
        if !externalLabels.isEmpty {
            lines.append("  external_labels:")
            lines += externalLabels.map { "    \($0.key): \(quoted($0.value))" }
        }
        lines += [
            "host:", "  enabled: \(hostIsEnabled)",
            "  interval: \(durationText(hostIntervalMillis))",
            scrapes.isEmpty ? "scrape_configs: []" : "scrape_configs:",
        ]
        for job in scrapes {
            lines += [
                "  - job_name: \(job.jobName)", "    metrics_path: \(job.metricsPath)",
                "    scrape_interval: \(durationText(job.intervalMillis))",
            ]
        }
        lines.append(logs.isEmpty ? "logs: []" : "logs:")
        for source in logs {
            let paths = source.paths.map(quoted).joined(separator: ", ")
            lines += ["  - source: \(source.source)", "    paths: [\(paths)]"]
        }
        lines.append(rehearsals.isEmpty ? "rehearsals: []" : "rehearsals:")
        lines += rehearsals.flatMap(\.lines)
        lines.append(gray.isEmpty ? "gray: []" : "gray:")
        lines += gray.flatMap(\.lines)
        lines.append(delivery.hooks.isEmpty ? "hooks: []" : "hooks:")
        for hook in delivery.hooks {
            lines.append("  - {kind: \(hook.kind.rawValue), name: \(hook.name)}")
        }
        lines.append(delivery.sources.isEmpty ? "sources: []" : "sources:")
        for source in delivery.sources {
            let name = source.source.source
            lines += [
                "  - source: \(name)", "    url: \(source.url)", "    project: \(source.project)",
                "    interval: \(durationText(source.intervalMillis))",
            ]
        }
        lines.append(models.models.isEmpty ? "models: []" : "models:")
        for model in models.models {
            lines.append("  - name: \(quoted(model.name))")
            lines += model.server.map { ["    server: \($0)"] } ?? []
            lines += model.reference.map { ["    reference: \(quoted($0))"] } ?? []
        }
        lines += [
            "predictions:", "  retention: \(models.storage.daysMax)d",
            "  profile_retention: \(models.profileDays)d", "drift_response:",
            "  share_loss_max: \(numberText(models.response.shareLossMax))",
            "  error_rise_max: \(numberText(models.response.errorRiseMax))",
            "  labels_min: \(models.response.labelsMin)",
            "  suspect: \(durationText(models.response.suspectMillis))",
        ]
        let environments = delivery.settings.productionEnvironments.map(quoted)
        lines += [
            "delivery:",
            "  production_environments: [\(environments.joined(separator: ", "))]",
        ]
        lines += anomalies.lines
        let rules = ruleFiles.map { "[\($0.map(quoted).joined(separator: ", "))]" }
        lines += [
            "rule_files: \(rules ?? "[]  # those that come with Martlet")",
            "receivers: [\(receiverNames.joined(separator: ", "))]",
            "notify_file: \(notifications.notifyFile ?? "\"\"  # none")",
            "slos: [\(slos.map { quoted($0.name) }.joined(separator: ", "))]",
            "capacity: [\(capacity.map { quoted($0.name) }.joined(separator: ", "))]",
            "storage:",
            "  retention: \(durationText(storage.retentionMillis))",
            "  head_window: \(durationText(storage.headWindowMillis))",
            "  fsync: \(storage.syncsEveryBatch ? "every-batch" : "interval")",
            "  series_limit: \(storage.seriesMax)",
            "archive:", "  series_limit: \(storage.archiveSeriesMax)  # \(archiveSizeText)",
            "log_storage:", "  retention: \(durationText(storage.logRetentionMillis))",
            "query:", "  max_samples: \(query.samplesMax)",
            "  timeout: \(durationText(query.timeoutMillis))",
            "  lookback_delta: \(durationText(query.lookbackMillis))",
            "  max_concurrency: \(query.concurrency)",
            "  experimental_functions: \(query.experimentalFunctions)",
        ]
        return lines.joined(separator: "\n")
    }

    /// The disk that a full archive takes: it is known before the first sample.
    var archiveSizeText: String {
        var options = SeriesKeeperOptions()
        options.archiveSeriesMax = storage.archiveSeriesMax
        let megabytes = (options.archiveBytesMax + 999_999) / 1_000_000
        return
            "archive: up to \(storage.archiveSeriesMax) series, at most \(megabytes) MB of RRD files"
    }
}
