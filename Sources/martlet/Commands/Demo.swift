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

    func run() async throws {
        try? FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let logFile = data + "/simulated.log"
        var options = AgentOptions()
        options.listen = listen
        options.data = data
        options.share = share
        options.isSimulated = true
        let models = try SimulatedModels(clock: .system)
        defer { models.stop() }
        options.configuration = try Configuration.parse(
            "logs: [{source: simulated-chat, paths: [\(quoted(logFile))], from: start}]\n"
                + models.configuration,
            file: "demo")
        print("Everything this agent shows of teams and models is simulated.")
        try await runAgent(options) { agent in
            async let calling: Void = SimulatedCallers(
                url: agent.address, fetch: agent.fetch, clock: agent.clock
            ).run()
            await Feeder(
                url: agent.address, logFile: logFile, fetch: agent.fetch, clock: agent.clock
            ).run()
            await calling
        }
    }
}
