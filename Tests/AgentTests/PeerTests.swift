// The agent beside the real programs of the field, over real sockets.

import Basics
import Bytes
import Foundation
import Testing

private let prometheus = find("prometheus")
private let nodeExporter = find("prometheus-node-exporter")
private let promtool = find("promtool")

@Suite(.serialized) struct PeerTests {
    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func `promtool finds fault only with names that are node_exporter's`() async throws {
        let agent = try await Agent()
        try await until("host series are there") { try await agent.value("node_load1") != nil }
        let page = try await get(agent.url + "/metrics")
        let file = agent.folder.path + "/metrics.txt"
        try Data(page.body).write(to: URL(filePath: file))
        let process = Process()
        process.executableURL = URL(filePath: promtool ?? "")
        process.arguments = ["check", "metrics"]
        process.standardInput = try FileHandle(forReadingFrom: URL(filePath: file))
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let output = String(
            decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus != 1, "a parse error: \(output)")
        for line in output.split(separator: "\n") {
            #expect(line.hasPrefix("node_"), "lint: \(line)")
        }
    }

    @Test(.enabled(if: prometheus != nil, "prometheus is not installed"))
    func `a real Prometheus scrapes both formats`() async throws {
        let agent = try await Agent()
        let folder = try Scratch()
        let port = freePort()
        // 2.42 asks for OpenMetrics first; a plain page is asked for with a parameter of ours.
        let config = try folder.write(
            "prometheus.yml",
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: openmetrics
                static_configs: [{targets: ["127.0.0.1:\(agent.port)"]}]
              - job_name: text
                params: {format: [text]}
                static_configs: [{targets: ["127.0.0.1:\(agent.port)"]}]
            """)
        let peer = try Child(
            prometheus ?? "",
            [
                "--config.file=\(config)", "--storage.tsdb.path=\(folder.path)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ], folder: folder)
        let url = "http://127.0.0.1:\(port)"
        try await until("both targets are up") {
            (try? await queryValues(url, "up")) == [1, 1]
        }
        for job in ["openmetrics", "text"] {
            let build = try await queryValue(url, "martlet_build_info{job=\"\(job)\"}")
            #expect(build == 1, "\(job): \(peer.output)")
        }
    }

    @Test(.enabled(if: prometheus != nil && nodeExporter != nil, "peers are not installed"))
    func `a node exporter reads the same through Martlet and through Prometheus`() async throws {
        let folder = try Scratch()
        let (exporterPort, port) = (freePort(), freePort())
        let exporter = try Child(
            nodeExporter ?? "", ["--web.listen-address=127.0.0.1:\(exporterPort)"], folder: folder)
        let scrape = """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: exporter
                static_configs: [{targets: ["127.0.0.1:\(exporterPort)"]}]
            """
        let config = try folder.write("prometheus.yml", scrape)
        let peer = try Child(
            prometheus ?? "",
            [
                "--config.file=\(config)", "--storage.tsdb.path=\(folder.path)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ], folder: folder)
        let agent = try await Agent(configuration: scrape + "\nhost: {enabled: false}\n")
        try await Task.sleep(for: .seconds(75))
        let url = "http://127.0.0.1:\(port)"
        let memory = "avg_over_time(node_memory_MemAvailable_bytes{job=\"exporter\"}[1m])"
        let idle = "sum(rate(node_cpu_seconds_total{job=\"exporter\",mode=\"idle\"}[1m]))"
        for query in [memory, idle] {
            let ours = try #require(try await agent.value(query), "\(query): \(agent.child.output)")
            let theirs = try #require(try await queryValue(url, query), "\(peer.output)")
            #expect(abs(ours - theirs) <= 0.01 * abs(theirs), "\(query): \(ours) and \(theirs)")
        }
        #expect(exporter.process.isRunning)
    }
}
