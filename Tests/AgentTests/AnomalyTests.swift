// The watch in a running agent: a pushed series is learnt from its past, scored, written back and found
// by the page's end points; a restart goes on with its model; a change of the configuration turns it off.

import Basics
import Bytes
import Foundation
import Testing

@Suite(.serialized) struct AnomalyTests {
    private let settings = """
        host: {enabled: false}
        rule_files: []
        anomalies:
          watch: [{match: '{service="shop"}', interval: 10s}]
          cpu_share: 1

        """

    private func push(_ agent: Agent, from: Int, to: Int, value: (Int) -> Double) async throws {
        var items: [String] = []
        for time in stride(from: from, to: to, by: 10) {
            items.append(
                "{\"name\":\"latency\",\"labels\":{\"service\":\"shop\"},"
                    + "\"value\":\(value(time)),\"time\":\(time)}")
        }
        let answer = try await post(
            agent.url + "/api/martlet/v1/kpis", "[\(items.joined(separator: ","))]")
        #expect(answer.status == 200, "\(text(answer))")
    }

    private func row(_ agent: Agent) async throws -> JSON? {
        let answer = try await get(agent.url + "/api/martlet/v1/anomalies?service=shop")
        return try JSON(answer.body)["data"]?["series"]?.items?.first
    }

    @Test func `a pushed series is learnt, scored and written back, and a restart goes on`()
        async throws
    {
        let folder = try Scratch()
        let port = freePort()
        let agent = try await Agent(configuration: settings, folder: folder, port: port)
        let now = Int(Date().timeIntervalSince1970)
        func usual(_ time: Int) -> Double { 100 + Double((time / 10 * 7919) % 13) }
        try await push(agent, from: now - 7200, to: now - 1800, value: usual)
        try await push(agent, from: now - 1800, to: now + 1, value: usual)
        try await until("the series is learnt from its past", seconds: 60) {
            try await row(agent)?["isReady"]?.boolean == true
        }
        let low = try await agent.value(
            "last_over_time(martlet_anomaly_low{metric=\"latency\"}[1h])")
        let high = try await agent.value(
            "last_over_time(martlet_anomaly_high{metric=\"latency\"}[1h])")
        #expect((low ?? .nan) < 112 && (high ?? .nan) > 100, "\(String(describing: (low, high)))")
        let changes = try await get(
            agent.url + "/api/martlet/v1/anomalies/changes?service=shop&start=\(now - 600)")
        #expect(changes.status == 200)

        agent.child.send(SIGTERM)
        #expect(agent.child.wait() == 0)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/data/anomalies.state"))
        let again = try await Agent(configuration: settings, folder: folder, port: port)
        let later = Int(Date().timeIntervalSince1970)
        try await push(again, from: later, to: later + 1) { _ in 5000 }
        try await until("the resumed model judges at once", seconds: 60) {
            guard let row = try await row(again) else { return false }
            return (row["surprise"]?.double ?? 0) > 0.98
        }
        // Without its state it would have had to learn: the values between are few.
        let low2 = try #require(try await row(again)?["low"]?.double)
        #expect(low2 < 1000)

        let off = settings.replacing("anomalies:", with: "anomalies:\n  enabled: false")
        _ = try folder.write("martlet.yml", off)
        let answer = try await post(again.url + "/-/reload", "")
        #expect(answer.status == 200, "\(text(answer))")
        again.child.send(SIGTERM)
        #expect(again.child.wait() == 0)
    }

    @Test func `a training run that came just before a kill is a series after the next start`()
        async throws
    {
        let quiet = "host: {enabled: false}\nrule_files: []\n"
        let agent = try await Agent(configuration: quiet)
        let lines = (1...5).map { #"{"step":\#($0),"loss":\#(1.0 / Double($0))}"# }
        let answer = try await post(
            agent.url + "/api/martlet/v1/uploads/training?model=chat&run=7",
            lines.joined(separator: "\n") + "\n")
        #expect(answer.status == 200, "\(text(answer))")
        agent.child.send(SIGKILL)
        _ = agent.child.wait()
        let again = try await Agent(configuration: quiet, folder: agent.folder)
        try await until("the run is a series", seconds: 60) {
            try await again.value("count(martlet_training_value{run=\"7\"})") == 1
        }
    }

    @Test func `a section that cannot be used is named with its place`() throws {
        let folder = try Scratch()
        for (line, words) in [
            ("cpu_share: 2", "cpu_share"), ("watch: [{interval: 1m}]", "match"),
            ("watch: [{match: '{'}]", "match"), ("false_alarm: 1", "false_alarms"),
        ] {
            let file = try folder.write("bad.yml", "anomalies:\n  \(line)\n")
            let (status, output) = try run(["check", "config", file])
            #expect(status != 0 && output.contains(words), "\(line): \(output)")
        }
    }
}
