// A gray release in a real agent: reported from outside, failed, told to a listener once, overridden by a
// person; killed where it hurts, and never telling twice or not at all.

import Basics
import Bytes
import Foundation
import Testing

/// Minutes of a stage as a reporter sends them.
private func lines(
    _ minutes: Range<Int>, errors: (Int, Int), share: Double = 0.1, from start: Millis
) -> String {
    let head =
        "{\"version\":\"v2\",\"share\":\(share),\"start\":\(start)}\n"
    return head
        + minutes.map { minute in
            "{\"time\":\(start + Millis(minute) * 60_000),"
                + "\"baseline\":{\"requests\":900,\"errors\":\(errors.0),\"latency\":0.2},"
                + "\"canary\":{\"requests\":100,\"errors\":\(errors.1),\"latency\":0.2}}"
        }.joined(separator: "\n")
}

private func settings(_ listener: Int) -> String {
    """
    host: {enabled: false}
    rule_files: []
    receivers:
      - {name: deployer, webhook_configs: [{url: "http://127.0.0.1:\(listener)/hook"}]}

    """
}

@Suite(.serialized) struct GrayReleaseTests {
    private let start = Clock.system.now() - 7_200_000

    @Test func `a failed stage is told once, survives a kill, and ends when a person says so`()
        async throws
    {
        let listener = try Listener()
        defer { listener.stop() }
        // Nobody listens when it fails, so that the signal has to wait for the receiver.
        listener.stop()
        let folder = try Scratch()
        let port = freePort()
        let words =
            settings(listener.port) + "gray:\n  - {name: shop, service: checkout}\n"
        var agent = try await Agent(configuration: words, folder: folder, port: port)
        var stages = agent.url + "/api/martlet/v1/rehearsals/shop/stages"
        #expect(try await get(stages).status == 404)
        let good = try await post(stages, lines(0..<1, errors: (9, 1), from: start))
        #expect(good.status == 200 && text(good).contains("\"verdict\":\"hold\""))
        // A backlog: what makes it fail, and behind it the next stage, in one body.
        let bad = try await post(
            stages,
            lines(0..<20, errors: (9, 20), from: start)
                + "\n{\"share\":0.5,\"start\":\(start + 1_800_000)}")
        #expect(bad.status == 409 && text(bad).contains("failed at a share of 0.1"))
        #expect(text(try await get(stages)).contains("\"verdict\":\"reject\""))
        let refused = try await post(
            stages, "{\"version\":\"v2\",\"share\":0.5,\"start\":\(start + 3_600_000)}")
        #expect(refused.status == 409 && text(refused).contains("failed at a share of 0.1"))
        agent.child.send(SIGKILL)
        _ = agent.child.wait()

        try listener.start()
        agent = try await Agent(configuration: words, folder: folder, port: port)
        stages = agent.url + "/api/martlet/v1/rehearsals/shop/stages"
        try await until("the signal arrives", seconds: 30) { !listener.all.isEmpty }
        let kept = try JSON(try await get(stages).body)["data"]
        #expect(kept?["failed"]?.boolean == true && kept?["verdict"]?.text == "reject")
        // The same report again is no news.
        let again = try await post(stages, lines(0..<20, errors: (9, 20), from: start))
        #expect(again.status == 409 && text(again).contains("\"late\":2"))
        let signal = try JSON(text: try #require(listener.all.first).body)
        #expect(signal["event"]?.text == "rollback" && signal["version"]?.text == "v2")
        #expect(signal["share"]?.double == 0.1 && signal["release"]?.text == "shop")
        #expect(signal["status"]?.text == "firing" && signal["receiver"]?.text == "deployer")
        #expect(signal["reasons"]?.items?.isEmpty == false)

        let metrics = text(try await get(agent.url + "/metrics"))
        #expect(
            metrics.contains(
                #"martlet_gray_verdict{release="shop",verdict="reject",version="v2"} 1"#))
        let findings = text(try await get(agent.url + "/api/martlet/v1/findings?kind=shadow"))
        #expect(findings.contains("finding.gray.reject"))
        let gate = try await get(agent.url + "/api/martlet/v1/decisions/go-no-go")
        #expect(text(gate).contains("gate.gray.reject"))
        // It is the release of one service, and another's goes its way.
        for (service, isTold) in [("checkout", true), ("search", false)] {
            let one = try await get(
                agent.url + "/api/martlet/v1/decisions/go-no-go?service=\(service)")
            #expect(text(one).contains("gate.gray.reject") == isTold, "\(service)")
        }
        let asked = try await get(agent.url + "/api/martlet/v1/decisions/next-stage?release=shop")
        #expect(asked.status == 409 && text(asked).contains("\"verdict\":\"roll_back\""))
        let decisions = text(try await get(agent.url + "/api/martlet/v1/decisions"))
        #expect(decisions.contains("decision.next_stage.roll_back"))

        #expect(try await post(stages + "/override", "{\"reason\":\" \"}").status == 400)
        let passed = try await post(
            stages + "/override", "{\"person\":\"mei\",\"reason\":\"the test tenant\"}")
        #expect(passed.status == 200)
        #expect(try await post(stages + "/override", "{\"reason\":\"x\"}").status == 409)
        agent.child.send(SIGKILL)
        _ = agent.child.wait()
        agent = try await Agent(configuration: words, folder: folder, port: port)
        let after = text(try await get(stages))
        #expect(after.contains("\"failed\":false") && after.contains("\"person\":\"mei\""))
        #expect(after.contains("the test tenant"))
        let next = try await post(
            stages, lines(0..<1, errors: (9, 1), share: 0.5, from: start + 3_600_000))
        #expect(next.status == 200)
        let data = try JSON(next.body)["data"]
        #expect(data?["stages"]?.items?.count == 2)
        #expect(listener.all.count == 1, "told \(listener.all.count) times")
    }

    @Test func `windows are read from series where queries are configured`() async throws {
        let queries = """
            gray:
              - name: shop
                margin: 0.05
                every: 1s
                baseline: {requests: "vector(900)", errors: "vector(9)"}
                canary: {requests: "vector(100)", errors: 'count({none="$version"}) or vector(60)'}

            """
        let agent = try await Agent(configuration: settings(freePort()) + queries)
        let stages = agent.url + "/api/martlet/v1/rehearsals/shop/stages"
        // A version is anybody's text and must not become part of a query.
        let version = #"v2\"} or vector(0) or x{a=\""#
        #expect(try await post(stages, "{\"version\":\"\(version)\",\"share\":0.1}").status == 200)
        var shown = ""
        try await until("a window makes it fail", seconds: 40) {
            shown = text(try await get(stages))
            return shown.contains("\"failed\":true")
        }
        #expect(!shown.contains("\"canary_requests\":0,"))
    }

    @Test func `bad reports are refused whole, and name their line`() async throws {
        let agent = try await Agent(configuration: settings(freePort()))
        let stages = agent.url + "/api/martlet/v1/rehearsals/shop/stages"
        let bad = try await post(
            stages, lines(0..<3, errors: (9, 1), from: start) + "\n{\"canary\":{\"requests\":1}}")
        #expect(bad.status == 400 && text(bad).contains("line 5: baseline"))
        #expect(try await get(stages).status == 404)
        #expect(try await post(stages, "{\"share\":0.1}").status == 400)
        #expect(try await post(stages, "").status == 400)
        let name = agent.url + "/api/martlet/v1/rehearsals/a%20b/stages"
        #expect(try await post(name, "{\"version\":\"v2\",\"share\":0.1}").status == 400)
        #expect(text(try await get(agent.url + "/api/martlet/v1/stages")).contains("[]"))
    }
}
