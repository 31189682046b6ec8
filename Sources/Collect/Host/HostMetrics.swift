// The host's metrics under the names, labels and types of Prometheus' node exporter (1.5), so that
// public rules and dashboards work unchanged. Each collector fails alone: what it could not read is
// missing, and `node_scrape_collector_success` says so. A feature that this machine does not have
// (no GPU, no pressure accounting) is not a failure and leaves no trace.

public import Basics

/// One source of host metrics.
struct HostCollector: Sendable {
    var name: String
    var collect: @Sendable (HostView, inout HostReading) throws(HostAbsence) -> Void
}

/// Reads the host.
public struct HostMetrics: Sendable {
    private let view: HostView
    private let collectors: [HostCollector]

    /// All collectors on a machine.
    public init(_ view: HostView = .system) {
        self.init(view, collectors: HostCollector.all)
    }

    init(_ view: HostView, collectors: [HostCollector]) {
        self.view = view
        self.collectors = collectors
    }

    /// Reads everything once; blocks for some milliseconds.
    public func families() -> [MetricFamily] {
        var reading = HostReading()
        for collector in collectors { run(collector, &reading) }
        return reading.families.sorted { $0.name < $1.name }
    }

    private func run(_ collector: HostCollector, _ reading: inout HostReading) {
        let began = view.clock.monotonic()
        var success = 1.0
        do throws(HostAbsence) {
            try collector.collect(view, &reading)
        } catch {
            if error.isNothing { return }
            success = 0
        }
        let seconds = Double(view.clock.monotonic() - began) / 1e9
        let labels: Labels = ["collector": collector.name]
        reading.gauge(
            "node_scrape_collector_duration_seconds", "How long a collector took.", seconds, labels)
        reading.gauge(
            "node_scrape_collector_success", "Whether a collector succeeded.", success, labels)
    }
}

extension HostCollector {
    static let all: [HostCollector] = [
        .processors, .kernel, .load, .memory, .virtualMemory, .pressure, .fileSystems, .disks,
        .networkDevices, .networkLinks, .networkProtocols, .sockets, .connections, .system,
        .timeOfDay, .fileDescriptors, .entropy, .processes, .temperatures, .controlGroup,
        .graphics,
    ]
}
