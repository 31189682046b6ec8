// All scrape jobs of the agent. A reload hands over the new list: a job that stays keeps its targets,
// their memory and their rhythm; one that is gone ends its series.

public import Basics

/// Runs scrape jobs.
public final class Scraper: Sendable {
    private struct State {
        var pools: [String: ScrapePool] = [:]
        /// Names in the order of the configuration.
        var order: [String] = []
        var isStopped = false
    }

    private let tools: ScrapeTools
    private let state = Lock(State())

    /// - Parameters:
    ///   - hostname: what stands for localhost in the links of /api/v1/targets.
    ///   - workerCount: queues that parse and append.
    public init(
        intake: Intake, fetch: Fetch, registry: Registry, clock: Clock = .system,
        files: Files = .system, hostname: String = "", workerCount: Int = 2
    ) {
        tools = ScrapeTools(
            intake: intake, clock: clock, fetch: fetch, files: files,
            workers: ScrapeWorkers(count: workerCount), counters: ScrapeCounters(registry),
            hostname: hostname)
    }

    /// Scrapes according to a list of jobs from now on; blocks while files of targets are read.
    public func apply(_ configs: [ScrapeConfig]) {
        let names = Set(configs.map(\.jobName))
        let (gone, pools) = state.withLock { state -> ([ScrapePool], [ScrapePool]) in
            if state.isStopped { return ([], []) }
            let gone = state.pools.filter { !names.contains($0.key) }
            for name in gone.keys { state.pools[name] = nil }
            for config in configs where state.pools[config.jobName] == nil {
                state.pools[config.jobName] = ScrapePool(config, tools)
            }
            state.order = configs.map(\.jobName)
            return (Array(gone.values), configs.compactMap { state.pools[$0.jobName] })
        }
        for pool in gone { pool.stop(marksEnd: true) }
        for (pool, config) in zip(pools, configs) { pool.apply(config) }
    }

    /// Ends all scraping; series stay open, because the agent will be back.
    public func stop() {
        let pools = state.withLock { state in
            state.isStopped = true
            let pools = Array(state.pools.values)
            state.pools = [:]
            return pools
        }
        for pool in pools { pool.stop(marksEnd: false) }
    }

    /// All targets, job by job in the order of the configuration.
    public var targets: ScrapeTargets {
        let pools = state.withLock { state in state.order.compactMap { state.pools[$0] } }
        var all = ScrapeTargets()
        for targets in pools.map(\.targets) {
            all.active += targets.active
            all.dropped += targets.dropped
            all.faults += targets.faults
        }
        return all
    }
}
