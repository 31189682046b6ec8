// A collector reads one subject and gives families with node_exporter's names, labels and types, so
// that public rules and dashboards work unchanged. A subject that is missing on this machine gives
// nothing; the failure of one costs only itself and is told by `node_scrape_collector_success`.

public import Basics

/// One subject of the host.
struct HostCollector: Sendable {
    var name: String
    /// nil when the subject cannot be read here.
    var collect: @Sendable (HostFiles, Millis) -> [MetricFamily]?

    /// All of them, in the order they are asked.
    static let all: [HostCollector] = [
        .cpu, .load, .memory, .vmstat, .pressure, .filesystem, .disk, .network, .interfaces,
        .netstat,
        .sockets, .stat, .fileDescriptors, .uname, .time, .entropy, .temperature, .gpu,
    ]
}

/// Reads the host once.
public struct Host: Sendable {
    private let files: HostFiles
    private let clock: Clock

    public init(files: HostFiles = .system, clock: Clock) {
        self.files = files
        self.clock = clock
    }

    /// The families of all collectors, with how each of them fared.
    public func families() -> [MetricFamily] {
        var families: [MetricFamily] = []
        var success = gauge(
            "node_scrape_collector_success", "Whether a collector succeeded, by collector.")
        var duration = gauge(
            "node_scrape_collector_duration_seconds", "Duration of a collector.")
        for collector in HostCollector.all {
            let began = clock.monotonic()
            let found = collector.collect(files, clock.now())
            let labels: Labels = ["collector": collector.name]
            success.samples.append(.init(labels: labels, value: found == nil ? 0 : 1))
            duration.samples.append(
                .init(labels: labels, value: Double(clock.monotonic() - began) / 1e9))
            families += found ?? []
        }
        return families + [success, duration]
    }
}

/// A gauge family, with one sample when a value is given.
func gauge(_ name: String, _ help: String, _ value: Double? = nil) -> MetricFamily {
    family(name, .gauge, help, value)
}

/// A counter family; the name carries `_total` where node_exporter's does.
func counter(_ name: String, _ help: String, _ value: Double? = nil) -> MetricFamily {
    family(name, .counter, help, value)
}

func family(
    _ name: String, _ kind: MetricKind, _ help: String, _ value: Double? = nil
) -> MetricFamily {
    let suffix = kind == .counter && name.hasSuffix("_total") ? "_total" : ""
    var made = MetricFamily(
        name: String(name.dropLast(suffix.count)), metadata: MetricMetadata(kind: kind, help: help))
    if let value { made.samples.append(.init(suffix: suffix, value: value)) }
    return made
}

extension MetricFamily {
    /// Adds a sample with labels.
    mutating func add(_ labels: Labels, _ value: Double) {
        let suffix = metadata.kind == .counter ? "_total" : ""
        samples.append(.init(suffix: suffix, labels: labels, value: value))
    }
}

/// The words of a line.
func words(_ line: Substring) -> [Substring] {
    line.split(whereSeparator: { $0 == " " || $0 == "\t" })
}

/// The lines of a text.
func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }
