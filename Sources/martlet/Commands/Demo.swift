// `martlet demo`: an agent with a simulated team in it, so that every page has life. It has a data
// folder of its own, and every page says that it is simulated.

import ArgumentParser
import Basics
import Carry
import Foundation

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start an agent with a simulated team in it.",
        discussion: """
            martlet demo
            martlet demo --data /tmp/demo --listen 127.0.0.1:9798
            """)

    @Option(help: "Where the simulation is kept.") var data = "./data-demo"
    @Option(help: "HOST:PORT to listen on.") var listen = "127.0.0.1:9797"
    @Option(help: "The folder with dashboards/ and alerts/.") var share: String?

    /// A threshold as a team would set it; the page Anomalies shows what it sees too late.
    private static let rules = """
        groups:
          - name: simulated
            rules:
              - alert: ChatRetrievalSlow
                expr: chat_retrieval_seconds > 0.45
                for: 2m
                labels: {severity: warning}
                annotations:
                  summary: 'Retrieval of {{ $labels.service }} takes {{ humanizeDuration $value }}'
                  summary_zh: '{{ $labels.service }} 的检索耗时 {{ humanizeDuration $value }}'

        """

    func run() async throws {
        try? FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let logFile = data + "/simulated.log"
        var options = AgentOptions()
        options.listen = listen
        options.data = data
        options.share = share
        options.isSimulated = true
        let rules = data + "/simulated-rules.yml"
        try Data(Demo.rules.utf8).write(to: URL(filePath: rules))
        let shipped = (shareFolder(share) ?? ".") + "/alerts/*.yml"
        let models = try SimulatedModels(clock: .system)
        defer { models.stop() }
        options.configuration = try Configuration.parse(
            """
            logs: [{source: simulated-chat, paths: [\(quoted(logFile))], from: start}]
            rule_files: [\(quoted(shipped)), \(quoted(rules))]
            models: [{name: credit, version: v3, service: chat, stage: production}]

            """ + models.configuration,
            file: "demo")
        print("Everything this agent shows of teams and models is simulated.")
        try await runAgent(options) { agent in
            async let past: Void = agent.delivery.askPast(weeks: 12, clock: agent.clock)
            async let calling: Void = SimulatedCallers(
                url: agent.address, fetch: agent.fetch, clock: agent.clock
            ).run()
            await Feeder(
                url: agent.address, logFile: logFile, fetch: agent.fetch, clock: agent.clock
            ).run()
            try? await past
            await calling
        }
    }
}
