// Real senders of remote write: what Prometheus and vmagent have scraped is here with the same sums.

import Basics
import Bytes
import Foundation
import Testing

private let prometheus = find("prometheus")
private let vmagent = find("vmagent")

@Suite(.serialized) struct RemoteWriteTests {
    private func scrape(_ port: Int) -> String {
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {sender: real}}
        scrape_configs: [{job_name: self, static_configs: [{targets: ["127.0.0.1:\(port)"]}]}]
        """
    }

    @Test(.enabled(if: prometheus != nil, "prometheus is not installed"))
    func `what a real Prometheus writes has the same sums as what it keeps`() async throws {
        let folder = try Scratch()
        let agent = try await Agent(configuration: "host: {enabled: false}\n")
        let port = freePort()
        let config = try folder.write(
            "prometheus.yml",
            scrape(agent.port) + "\nremote_write: [{url: \"\(agent.url)/api/v1/write\"}]\n")
        let peer = try Child(
            prometheus ?? "",
            [
                "--config.file=\(config)", "--storage.tsdb.path=\(folder.path)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ], folder: folder)
        let up = "count_over_time(up{job=\"self\"}[1m])"
        try await until("ten scrapes have been written") {
            (try await agent.value(up) ?? 0) >= 10
        }
        // A moment that is over for both.
        let at = " @ \(Int(Date().timeIntervalSince1970) - 4)"
        for query in ["sum", "count"].map({ "\($0)({job=\"self\",__name__!~\"scrape_.*\"}\(at))" })
        {
            let ours = try #require(try await agent.value(query), "\(agent.child.output)")
            let theirs = try #require(
                try await queryValue("http://127.0.0.1:\(port)", query), "\(peer.output)")
            #expect(abs(ours - theirs) <= 1e-9 * abs(theirs), "\(query): \(ours) and \(theirs)")
        }
        #expect(try await agent.value("count({sender=\"real\"})") ?? 0 > 50)
    }

    @Test(.enabled(if: vmagent != nil, "vmagent is not installed"))
    func `what a real vmagent writes is accepted`() async throws {
        let folder = try Scratch()
        let agent = try await Agent(configuration: "host: {enabled: false}\n")
        let config = try folder.write("scrape.yml", scrape(agent.port))
        let peer = try Child(
            vmagent ?? "",
            [
                "-promscrape.config=\(config)", "-remoteWrite.url=\(agent.url)/api/v1/write",
                "-remoteWrite.tmpDataPath=\(folder.path)/vm",
                "-httpListenAddr=127.0.0.1:\(freePort())",
            ], folder: folder)
        try await until("five scrapes have been written") {
            (try await agent.value("count_over_time(up{sender=\"real\"}[1m])") ?? 0) >= 5
        }
        let refused = "sum(martlet_remote_write_samples_refused_total{sender=\"real\"})"
        #expect(try await agent.value(refused) ?? 0 == 0, "\(peer.output)")
    }
}
