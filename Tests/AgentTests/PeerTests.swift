// The agent beside the real programs of the field, over real sockets.

import Basics
import Bytes
import Carry
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

    // Two scrapers never look at a busy machine at the same moment, so their counters differ by what
    // happened in between. The exporter is therefore read twice: directly, for figures that do not
    // depend on the moment, and through pages that say when they were taken, for all others.
    @Test(.enabled(if: prometheus != nil && nodeExporter != nil, "peers are not installed"))
    func `a node exporter reads the same through Martlet and through Prometheus`() async throws {
        let folder = try Scratch()
        let (exporterPort, port) = (freePort(), freePort())
        let exporter = try Child(
            nodeExporter ?? "", ["--web.listen-address=127.0.0.1:\(exporterPort)"], folder: folder)
        let pages = try DatedPages(of: "http://127.0.0.1:\(exporterPort)/metrics")
        let scrape = """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: exporter
                static_configs: [{targets: ["127.0.0.1:\(exporterPort)"]}]
              - job_name: dated
                static_configs: [{targets: ["127.0.0.1:\(pages.port)"]}]
            """
        let config = try folder.write("prometheus.yml", scrape)
        let peer = try Child(
            prometheus ?? "",
            [
                "--config.file=\(config)", "--storage.tsdb.path=\(folder.path)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ], folder: folder)
        let agent = try await Agent(configuration: scrape + "\nhost: {enabled: false}\n")
        for _ in 0..<15 {
            try await pages.turn()
            try await Task.sleep(for: .seconds(5))
        }
        let url = "http://127.0.0.1:\(port)"
        let at = " @ \(Double(try #require(pages.lastTaken)) / 1000)"
        let cpu = "node_cpu_seconds_total"
        for (query, tolerance) in [
            ("avg_over_time(node_memory_MemAvailable_bytes{job=\"exporter\"}[1m])", 0.01),
            ("sum(rate(\(cpu){job=\"exporter\"}[1m]))", 0.01),
            ("sum(rate(\(cpu){job=\"dated\",mode=\"idle\"}[1m]\(at)))", 1e-9),
            ("sum(rate(\(cpu){job=\"dated\"}[1m]\(at)))", 1e-9),
            ("node_memory_MemAvailable_bytes{job=\"dated\"}\(at)", 0),
        ] {
            let ours = try #require(try await agent.value(query), "\(query): \(agent.child.output)")
            let theirs = try #require(try await queryValue(url, query), "\(peer.output)")
            #expect(
                abs(ours - theirs) <= tolerance * abs(theirs), "\(query): \(ours) and \(theirs)")
        }
        #expect(exporter.process.isRunning)
    }
}

/// Serves another target's page with a timestamp on each sample, the same until it is turned.
private final class DatedPages: Sendable {
    let port: Int
    private let source: String
    private let server: HTTPServer
    private let page = Lock<(text: String, taken: Millis?)>(("", nil))

    init(of source: String) throws {
        self.source = source
        var options = HTTPServerOptions()
        options.port = 0
        let page = self.page
        server = try HTTPServer(
            options,
            routes: [
                Route(["GET"], "/metrics", .quick) { _ in
                    HTTPResponse(
                        headers: [("Content-Type", "text/plain; version=0.0.4")],
                        body: Array(page.withLock { $0.text }.utf8))
                }
            ], clock: .system, registry: Registry())
        port = Int(server.port)
    }

    deinit { server.stop() }

    var lastTaken: Millis? { page.withLock { $0.taken } }

    /// Takes a new page.
    func turn() async throws {
        let taken = Clock.system.now()
        let lines = text(try await get(source)).split(separator: "\n").map { line in
            line.hasPrefix("#") ? String(line) : "\(line) \(taken)"
        }
        page.withLock { $0 = (lines.joined(separator: "\n") + "\n", taken) }
    }
}
