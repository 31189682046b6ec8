// Every family that the host's collectors yield exists in the real node exporter with the same type
// and the same label names.

import Basics
import Glibc
import Testing

@testable import Collect

private let exporter = "/usr/bin/prometheus-node-exporter"

@Suite(.enabled(if: access(exporter, X_OK) == 0, "prometheus-node-exporter is not installed"))
struct NodeExporterTests {
    /// Families that the exporter has on other machines than this one, or only with other flags.
    private let machineDependent = [
        "node_thermal_zone_temp", "node_cpu_scaling_frequency_hertz",
        "node_cpu_scaling_frequency_max_hertz", "node_cpu_scaling_frequency_min_hertz",
    ]

    @Test func `names, types and labels are the node exporter's`() throws {
        let port = 20_000 + Int(getpid()) % 20_000
        let path = "/tmp/martlet-node-\(getpid()).prom"
        let script = """
            \(exporter) --collector.processes --web.listen-address=127.0.0.1:\(port) >/dev/null 2>&1 &
            pid=$!
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
              curl -sf 127.0.0.1:\(port)/metrics > \(path) && break
              sleep 0.2
            done
            kill $pid
            """
        #expect(system(script) >= 0)
        defer { unlink(path) }
        let theirs = try families(readAll(path))
        try #require(theirs.count > 50, "the node exporter did not answer")
        let ours = try families(ExpositionWriter.bytes(HostMetrics().families(), as: .text))
        #expect(ours.count > 50)
        for (name, family) in ours where name.hasPrefix("node_") {
            if machineDependent.contains(name) { continue }
            let peer = theirs[name]
            #expect(peer != nil, "\(name) is not in the node exporter")
            guard let peer else { continue }
            #expect(family.kind == peer.kind, "\(name)")
            #expect(family.labels == peer.labels, "\(name)")
        }
        // The ones that nearly every public dashboard and rule asks for.
        for name in [
            "node_cpu_seconds_total", "node_memory_MemAvailable_bytes", "node_load1",
            "node_filesystem_avail_bytes", "node_network_receive_bytes_total", "node_uname_info",
            "node_boot_time_seconds", "node_disk_io_time_seconds_total",
        ] where theirs[name] != nil {
            #expect(ours[name] != nil, "\(name) is missing here")
        }
    }

    private func families(
        _ text: [UInt8]
    ) throws -> [String: (kind: MetricKind, labels: Set<String>)] {
        var found: [String: (kind: MetricKind, labels: Set<String>)] = [:]
        try text.withUnsafeBytes { raw in
            var parser = ExpositionParser(raw, openMetrics: false)
            var reader = SeriesText()
            while let entry = try parser.next() {
                if entry == .type { found[parser.nameText] = (parser.kind, []) }
                guard entry == .sample else { continue }
                let labels = try reader.labels(parser.seriesBytes, kind: .unknown)
                found[labels.metric]?.labels.formUnion(labels.map(\.name))
            }
        }
        return found
    }
}
