// `martlet run`: the agent in the foreground, until a signal ends it.

import ArgumentParser
import Basics
import Foundation

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the agent.",
        discussion: """
            martlet run                                   this machine, http://127.0.0.1:9797
            martlet run --config martlet.yml              what the file says
            martlet run --webhook http://127.0.0.1:8080/alerts   and tell somebody
            """)

    @Option(help: "The configuration; without it ./martlet.yml, then /etc/martlet/martlet.yml.")
    var config: String?
    @Option(help: "Where everything is kept (default ./data).") var data: String?
    @Option(help: "HOST:PORT to listen on (default 127.0.0.1:9797).") var listen: String?
    @Option(help: "A receiver of alerts, as Alertmanager's webhook_configs have it.")
    var webhook: String?
    @Option(help: "The folder with dashboards/ and alerts/.") var share: String?
    @Option(help: "The folder with dygraph.min.js.") var charts: String?
    @Option(help: "Features that are off by default, by comma: promql-experimental-functions.")
    var enableFeature: [String] = []

    func run() async throws {
        var options = AgentOptions()
        options.configFile = config
        options.data = data
        options.listen = listen
        options.webhook = webhook
        options.share = share
        options.charts = charts
        options.features = enableFeature.flatMap { $0.split(separator: ",").map(String.init) }
        try await runAgent(options) { _ in }
    }
}

/// Starts an agent, prints its address, and waits for the signal that ends it.
func runAgent(
    _ options: AgentOptions, afterStart: @escaping @Sendable (Agent) async -> Void
) async throws {
    limitHeaps()
    // Watched from the first moment on, so that an early Ctrl-C ends the start in good order.
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let running = Lock<Agent?>(nil)
    watchSignals(
        reload: {
            guard let agent = running.withLock({ $0 }) else { return }
            Task { await agent.reload() }
        },
        stop: { end.yield() })
    let agent: Agent
    do {
        agent = try Agent(options)
        try await agent.start()
    } catch {
        for line in "\(error)".split(separator: "\n") { complain(String(line)) }
        throw ExitCode(2)
    }
    running.withLock { $0 = agent }
    print("Martlet \(martletVersion) is at \(agent.address)  (data: \(agent.current.data))")
    fflush(nil)
    let work = Task { await afterStart(agent) }
    for await _ in ends { break }
    remark("stopping")
    work.cancel()
    await agent.stop()
}
