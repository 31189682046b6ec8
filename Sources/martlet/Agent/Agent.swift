// A running agent: everything that lives between start and stop. Starting opens what may fail first,
// and the port last, so that a bad start leaves nothing behind; stopping goes the other way.

import Basics
import Bytes
import Carry
import Collect
import Foundation
import Keep
import Query
import Reason
import Send
import Serve

/// One agent.
final class Agent: Sendable {
    let options: AgentOptions
    let clock: Clock
    let started: Millis
    let registry = Registry()
    let stores: Stores
    let engine: Engine
    let parserOptions: ParserOptions
    let fetch: Fetch
    let scraper: Scraper
    let ruler: Ruler
    let alerting: AlertingRoom
    let delivery: DeliveryRoom
    let models: ModelRoom
    let anomalies: AnomalyRoom
    let rehearsals: RehearsalRoom
    let gray: GrayRoom
    let follower: LogFollower
    let board = HostBoard()
    let process: ProcessMetrics
    let share: String
    private let configuration: Lock<Configuration>
    private let reloaded: Lock<(isSuccess: Bool, time: Millis)>
    private let reloadGauge: Gauge
    private let server = Lock<HTTPServer?>(nil)
    private let loops = Lock<[Loop]>([])
    private let following = Lock<Task<Void, Never>?>(nil)

    /// Opens the stores and makes every part; nothing runs yet.
    init(_ options: AgentOptions, clock: Clock = .system) throws {
        let configuration = try Agent.configuration(options)
        guard let share = shareFolder(options.share) else {
            throw StartError(
                "cannot find the pages and rules (dashboards/, alerts/); name their folder with --share"
            )
        }
        self.options = options
        self.clock = clock
        self.share = share
        self.configuration = Lock(configuration)
        reloaded = Lock((true, clock.now()))
        reloadGauge = registry.gauge(
            "martlet_config_last_reload_successful", "1 when the last reload was taken, else 0.")
        reloadGauge.set(1)
        started = clock.now()
        process = ProcessMetrics(started: started)
        registry.gauge(
            "martlet_build_info", "The version of this agent; always 1.",
            ["version": martletVersion]
        ).set(1)
        stores = try Stores(configuration, clock: clock, registry: registry)
        var engineOptions = EngineOptions()
        engineOptions.parser.experimentalFunctions = configuration.query.experimentalFunctions
        engineOptions.subqueryStepMillis = configuration.evaluationIntervalMillis
        engineOptions.clock = clock
        engineOptions.registry = registry
        parserOptions = engineOptions.parser
        engine = .local(source: stores.source, options: engineOptions)
        fetch = .curl()
        let intake = stores.intake
        scraper = Scraper(
            intake: intake, fetch: fetch, registry: registry, clock: clock, hostname: hostName())
        follower = LogFollower(
            configs: configuration.logs, intake: intake, clock: clock, registry: registry)
        let alerting = AlertingRoom(
            configuration, records: stores.records, engine: engine, fetch: fetch, clock: clock,
            registry: registry, started: started)
        self.alerting = alerting
        var world = RuleWorld(
            engine: engine, intake: intake, memory: .records(stores.records.alerts))
        world.intervalMillis = configuration.evaluationIntervalMillis
        world.externalURL = configuration.publicURL
        world.externalLabels = Labels(configuration.externalLabels.map { ($0.key, $0.value) })
        world.limits = configuration.queryLimits
        world.transitions = { alerting.keep($0) }
        let ruler = Ruler(world: world, clock: clock, registry: registry) { alerting.submit($0) }
        self.ruler = ruler
        let rehearsals = try RehearsalRoom(
            folder: configuration.data, findings: stores.records.findings, registry: registry,
            clock: clock)
        self.rehearsals = rehearsals
        let gray = try GrayRoom(
            configuration.gray, records: stores.records, notifier: alerting.notifier,
            registry: registry, clock: clock, pages: configuration.publicURL)
        self.gray = gray
        let modelBoard = ModelBoard()
        delivery = try DeliveryRoom(
            configuration.delivery, stores: stores, registry: registry, fetch: fetch, clock: clock,
            engine: engine, models: { modelBoard.evidence },
            response: { modelBoard.response }, alerts: { ruler.alerts },
            shadow: { gray.gate(of: $0, beside: rehearsals.gate(of: $0)) }, stages: { gray.stages })
        models = ModelRoom(
            configuration.models, stores: stores, engine: engine, scraper: scraper, fetch: fetch,
            registry: registry, clock: clock, board: modelBoard, deliveries: delivery.board)
        anomalies = AnomalyRoom(
            configuration.anomalies, folder: configuration.data, stores: stores, registry: registry,
            clock: clock)
    }

    /// How and when the configuration was read last.
    var lastReload: (isSuccess: Bool, time: Millis) { reloaded.withLock { $0 } }

    private func noteReload(isSuccess: Bool) {
        let now = clock.now()
        reloaded.withLock { $0 = (isSuccess, isSuccess ? now : $0.time) }
        reloadGauge.set(isSuccess ? 1 : 0)
    }

    var current: Configuration { configuration.withLock { $0 } }

    var address: String { current.listen.url(isTLS: current.web.isTLS) }

    /// The configuration of a run: the file's, with the command line above it.
    static func configuration(_ options: AgentOptions) throws -> Configuration {
        var configuration = try options.configuration ?? Configuration.load(options.configFile)
        if let listen = options.listen {
            guard let address = ListenAddress(listen) else {
                throw StartError("--listen \(listen) is not HOST:PORT, for example 127.0.0.1:9797")
            }
            configuration.listen = address
        }
        if let data = options.data { configuration.data = data }
        for feature in options.features {
            guard feature == Feature.experimentalFunctions else {
                throw StartError(
                    "--enable-feature \(feature) is not known here; there is "
                        + Feature.experimentalFunctions)
            }
            configuration.query.experimentalFunctions = true
        }
        if let url = options.webhook {
            configuration.notifications.receivers.append(.webhook(url))
        }
        let web = configuration.web
        if !configuration.listen.isLoopback && !web.isSecured && !web.listensOpenly {
            throw StartError(
                "listening on \(configuration.listen) without authentication is refused: set "
                    + "web.basic_auth_users or web.bearer_token_file, or say in the configuration "
                    + "web.listen_without_authentication: \(WebConfig.openSentence)")
        }
        return configuration
    }

    /// Starts everything; the port last.
    func start() async throws {
        let configuration = current
        for warning in configuration.warnings { remark("\(warning)") }
        let groups = try loadRules(configuration)
        let intake = stores.intake
        var loops = [Loop.upkeep(stores, clock: clock)]
        if configuration.hostIsEnabled {
            loops.append(
                .host(
                    everyMillis: configuration.hostIntervalMillis, clock: clock, intake: intake,
                    board: board))
        }
        loops.append(
            .own(
                everyMillis: 15_000, clock: clock, intake: intake, registry: registry,
                process: process))
        loops += alerting.loops(intake: intake) { [self] in current }
        self.loops.withLock { $0 = loops }
        scraper.apply(configuration.scrapes)
        alerting.notifier.start()
        let follower = follower
        let task = Task { await follower.run() }
        following.withLock { $0 = task }
        await ruler.apply(groups)
        try delivery.start()
        try models.start(scrapes: configuration.scrapes, configuration.scrapeDefaults)
        anomalies.start()
        try await blockingly { [rehearsals] in try rehearsals.apply(configuration.rehearsals) }
        gray.start(engine)
        var options = HTTPServerOptions()
        options.address = configuration.listen.host
        options.port = configuration.listen.port
        options.queryWorkers = configuration.query.concurrency
        options.access = try configuration.web.access(hosts: [])
        options.tls = try configuration.web.tlsTexts()
        let server = try HTTPServer(options, routes: routes, clock: clock, registry: registry)
        self.server.withLock { $0 = server }
        if configuration.listen.port == 0 {
            self.configuration.withLock { $0.listen.port = server.port }
        }
        try stores.lock.announce(address: address)
    }

    /// Stops everything in the opposite order, and closes the stores.
    func stop() async {
        server.withLock { server in
            server?.stop()
            server = nil
        }
        scraper.stop()
        await delivery.stop()
        await models.stop()
        anomalies.stop()
        gray.stop()
        try? await blockingly { [rehearsals] in rehearsals.close() }
        let task = following.withLock { $0 }
        task?.cancel()
        await task?.value
        await ruler.stop()
        await alerting.notifier.stop()
        for loop in loops.withLock({ $0 }) { loop.stop() }
        stores.close()
    }

    /// Reads the configuration again.
    ///
    /// - Returns: what was wrong; nil when the new configuration is in force.
    func reload() async -> String? {
        do {
            var new = try Agent.configuration(options)
            let old = current
            for (name, changed) in [
                ("listen", new.listen != old.listen), ("data", new.data != old.data),
                (
                    "query.experimental_functions",
                    new.query.experimentalFunctions != old.query.experimentalFunctions
                ),
                ("query.max_concurrency", new.query.concurrency != old.query.concurrency),
                ("language", new.language != old.language),
            ] where changed {
                remark("a change of \(name) needs a restart; the old one stays")
            }
            new.listen = old.listen
            new.data = old.data
            new.query.experimentalFunctions = old.query.experimentalFunctions
            new.query.concurrency = old.query.concurrency
            let groups = try loadRules(new)
            try delivery.apply(new.delivery)
            try models.apply(new.models, scrapes: new.scrapes, new.scrapeDefaults)
            anomalies.apply(new.anomalies)
            let (rehearsing, released) = (new.rehearsals, new.gray)
            try await blockingly { [rehearsals, gray] in
                try rehearsals.apply(rehearsing)
                try gray.apply(released)
            }
            follower.apply(new.logs)
            alerting.apply(new)
            await ruler.apply(groups)
            configuration.withLock { $0 = new }
            noteReload(isSuccess: true)
            remark("the configuration was read again")
            return nil
        } catch {
            noteReload(isSuccess: false)
            complain("the configuration was not taken; the old one goes on: \(error)")
            return "\(error)"
        }
    }

    private func loadRules(_ configuration: Configuration) throws -> [RuleGroup] {
        let patterns = configuration.ruleFiles ?? [share + "/alerts/*.yml"]
        let (groups, problems) = RuleFile.load(
            patterns, folder: ".", files: .system, names: configuration.nameValidation,
            check: { [parserOptions] (text) throws(QueryError) in
                _ = try parseExpression(text, options: parserOptions)
            })
        if problems.contains(where: { $0.level == .error }) {
            throw ConfigurationError(problems: problems)
        }
        for problem in problems { remark("\(problem)") }
        return groups + configuration.slos.map { $0.group(file: "slos") }
    }
}

extension Configuration {
    var queryLimits: QueryLimits {
        var limits = QueryLimits()
        limits.samplesMax = query.samplesMax
        limits.timeout = .milliseconds(query.timeoutMillis)
        limits.lookbackMillis = query.lookbackMillis
        return limits
    }
}
