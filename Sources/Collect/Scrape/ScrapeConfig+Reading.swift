// A scrape job from YAML, with Prometheus' keys, defaults and refusals. What Prometheus knows and
// nobody here serves (the discovery of clouds, native histograms) is a warning.

internal import Basics
public import Bytes

extension ScrapeDefaults {
    /// Takes the keys that concern scraping from a `global` section; the caller takes the others and
    /// finishes it.
    public init(_ global: Section) {
        self.init()
        if let interval = global.duration("scrape_interval") { intervalMillis = interval }
        timeoutMillis = min(timeoutMillis, intervalMillis)
        if let timeout = global.duration("scrape_timeout") { timeoutMillis = timeout }
        if intervalMillis <= 0 { global.error("scrape_interval", "must be above 0") }
        if timeoutMillis > intervalMillis {
            global.error("scrape_timeout", "is longer than the scrape interval")
        }
        limits.read(global)
        if let read = readProtocols(global) { protocols = read }
    }
}

extension ScrapeLimits {
    fileprivate mutating func read(_ section: Section) {
        func limit(_ key: String, _ value: inout Int) {
            guard let read = section.int(key) else { return }
            if read < 0 { section.error(key, "must not be negative") }
            value = max(read, 0)
        }
        if let bytes = section.bytes("body_size_limit") { bodyBytes = bytes }
        limit("sample_limit", &samples)
        limit("series_limit", &series)
        limit("label_limit", &labels)
        limit("label_name_length_limit", &labelNameBytes)
        limit("label_value_length_limit", &labelValueBytes)
        limit("target_limit", &targets)
    }
}

extension ScrapeConfig {
    /// Reads all of `scrape_configs`; faults are reported to the problems.
    ///
    /// - Parameter folder: where relative paths start, the folder of the configuration file.
    public static func read(
        _ root: Section, defaults: ScrapeDefaults, folder: String
    ) -> [ScrapeConfig] {
        var names: Set<String> = []
        return (root.sections("scrape_configs") ?? []).compactMap { section in
            let config = ScrapeConfig(section, defaults: defaults, folder: folder)
            if let config, !names.insert(config.jobName).inserted {
                section.error("job_name", "two jobs are named \(quoted(config.jobName))")
                return nil
            }
            return config
        }
    }

    /// Reads one job; nil when it has no name.
    public init?(_ section: Section, defaults: ScrapeDefaults, folder: String) {
        self.init(jobName: section.string("job_name") ?? "", defaults: defaults)
        readTimes(section, defaults)
        if let path = section.string("metrics_path") { metricsPath = path }
        if let scheme = section.string("scheme") { self.scheme = scheme.lowercased() }
        if scheme != "http" && scheme != "https" {
            section.error("scheme", "must be http or https")
        }
        readParams(section)
        honorsLabels = section.bool("honor_labels") ?? false
        honorsTimestamps = section.bool("honor_timestamps") ?? true
        tracksTimestampStaleness = section.bool("track_timestamps_staleness") ?? false
        limits.read(section)
        if let read = readProtocols(section) { protocols = read }
        if let name = section.string("fallback_scrape_protocol") {
            fallbackProtocol = ScrapeProtocol(rawValue: name)
            if fallbackProtocol == nil {
                section.error("fallback_scrape_protocol", "unknown protocol \(quoted(name))")
            }
        }
        client = ScrapeClient(section, folder: folder)
        staticGroups = (section.sections("static_configs") ?? []).map { TargetGroup($0) }
        fileDiscoveries = (section.sections("file_sd_configs") ?? []).map {
            FileDiscovery($0, folder: folder)
        }
        relabelRules = RelabelRule.read(section, "relabel_configs")
        metricRelabelRules = RelabelRule.read(section, "metric_relabel_configs")
        section.finish(foreign: unservedKeys)
        if jobName.isEmpty {
            section.error("job_name", "a job needs a name")
            return nil
        }
    }

    private mutating func readTimes(_ section: Section, _ defaults: ScrapeDefaults) {
        if let interval = section.duration("scrape_interval") { intervalMillis = interval }
        if intervalMillis <= 0 { section.error("scrape_interval", "must be above 0") }
        timeoutMillis = min(defaults.timeoutMillis, intervalMillis)
        if let timeout = section.duration("scrape_timeout") { timeoutMillis = timeout }
        if timeoutMillis > intervalMillis {
            section.error("scrape_timeout", "is longer than the scrape interval")
        }
    }

    private mutating func readParams(_ section: Section) {
        guard let node = section.take("params") else { return }
        for (key, value) in node.fields ?? [] {
            let values = (value.items ?? []).compactMap(\.text)
            if value.items == nil { section.error("params", "must map names to lists of texts") }
            params.append(Parameter(name: key.text ?? "", values: values))
        }
        if node.fields == nil { section.error("params", "must map names to lists of texts") }
    }
}

extension TargetGroup {
    init(_ section: Section) {
        let targets = section.strings("targets") ?? []
        let labels = section.texts("labels") ?? []
        for target in targets where target.contains("/") {
            section.error("targets", "\(quoted(target)) is not a host with a port")
        }
        section.finish()
        self.init(targets: targets, labels: Labels(labels.map { ($0.key, $0.value) }))
    }
}

extension FileDiscovery {
    init(_ section: Section, folder: String) {
        let patterns = section.strings("files") ?? []
        if patterns.isEmpty { section.error("files", "file discovery needs at least one file") }
        for pattern in patterns where !isTargetFile(pattern) {
            section.error("files", "\(quoted(pattern)) must end in .json, .yml or .yaml")
        }
        let refresh = section.duration("refresh_interval") ?? 300_000
        section.finish()
        self.init(patterns: patterns.map { joined(folder, $0) }, refreshMillis: refresh)
    }
}

private func isTargetFile(_ path: String) -> Bool {
    [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].contains { path.hasSuffix($0) }
}

/// A path as seen from the configuration file.
func joined(_ folder: String, _ path: String) -> String {
    path.hasPrefix("/") || folder.isEmpty || path.isEmpty ? path : folder + "/" + path
}

private func readProtocols(_ section: Section) -> [ScrapeProtocol]? {
    guard let names = section.strings("scrape_protocols") else { return nil }
    let read = names.compactMap { name -> ScrapeProtocol? in
        let found = ScrapeProtocol(rawValue: name)
        // The protobuf format is known and not served; the next of the list is.
        if found == nil && name != "PrometheusProto" {
            section.error("scrape_protocols", "unknown protocol \(quoted(name))")
        }
        return found
    }
    if read.isEmpty { section.error("scrape_protocols", "names no protocol that can be read") }
    return read.isEmpty ? nil : read
}

/// Keys of a job that Prometheus 3 knows and that are not served.
private let unservedKeys: Set<String> = [
    "always_scrape_classic_histograms", "azure_sd_configs", "consul_sd_configs",
    "convert_classic_histograms_to_nhcb", "digitalocean_sd_configs", "dns_sd_configs",
    "docker_sd_configs", "dockerswarm_sd_configs", "ec2_sd_configs", "enable_http2",
    "eureka_sd_configs", "extra_scrape_metrics", "gce_sd_configs", "hetzner_sd_configs",
    "http_sd_configs", "ionos_sd_configs", "keep_dropped_targets", "kubernetes_sd_configs",
    "kuma_sd_configs", "lightsail_sd_configs", "linode_sd_configs", "marathon_sd_configs",
    "metric_name_escaping_scheme", "metric_name_validation_scheme",
    "native_histogram_bucket_limit", "native_histogram_min_bucket_factor", "nerve_sd_configs",
    "no_proxy", "nomad_sd_configs", "oauth2", "openstack_sd_configs", "ovhcloud_sd_configs",
    "proxy_connect_header", "proxy_from_environment", "puppetdb_sd_configs",
    "scaleway_sd_configs", "scrape_classic_histograms", "scrape_failure_log_file",
    "scrape_native_histograms", "serverset_sd_configs", "sigv4", "stackit_sd_configs",
    "triton_sd_configs", "uyuni_sd_configs", "vultr_sd_configs",
]
