// The targets of one job: discovered, relabelled, told apart, and each given a loop. When discovery or
// configuration changes, targets that stay keep their loop and its memory, new ones begin, and the
// series of those that are gone end.

internal import Basics

/// One job's targets and their loops.
final class ScrapePool: Sendable {
    private struct State {
        var config: ScrapeConfig
        var loops: [ScrapeTarget: TargetLoop] = [:]
        var dropped: [DroppedTarget] = []
        var files = TargetFiles()
        var faults: [String] = []
        var isStopped = false
        var watch: Task<Void, Never>?
    }

    private let tools: ScrapeTools
    private let state: Lock<State>
    /// Files of targets are read again so often: soon enough for a person who waits for it.
    private static let filePollMillis: Millis = 5_000

    init(_ config: ScrapeConfig, _ tools: ScrapeTools) {
        self.tools = tools
        state = Lock(State(config: config))
    }

    /// Follows a configuration, now and whenever its files change.
    func apply(_ config: ScrapeConfig) {
        state.withLock { $0.config = config }
        refresh()
        let polls = config.fileDiscoveries.map { min($0.refreshMillis, Self.filePollMillis) }
        let old = state.withLock { state in
            let old = state.watch
            state.watch = nil
            return old
        }
        old?.cancel()
        guard let poll = polls.min() else { return }
        let task = Task { [weak self, clock = tools.clock] in
            while !Task.isCancelled {
                guard (try? await clock.sleep(.milliseconds(max(poll, 1)))) != nil else { return }
                guard let self else { return }
                await self.tools.workers.run(0) { self.refresh() }
            }
        }
        state.withLock { $0.watch = task }
    }

    /// Discovers again and brings the loops in line; blocks while it reads files.
    func refresh() {
        let (config, files) = state.withLock { ($0.config, $0.files) }
        var read = files
        let groups = config.staticGroups + read.read(config.fileDiscoveries, tools.files)
        var targets: [ScrapeTarget] = []
        var dropped: [DroppedTarget] = []
        var seen: Set<ScrapeTarget> = []
        for group in groups {
            for address in group.targets {
                switch config.target(address: address, labels: group.labels) {
                case .target(let target):
                    if seen.insert(target).inserted { targets.append(target) }
                case .dropped(let labels):
                    dropped.append(
                        DroppedTarget(scrapePool: config.jobName, discoveredLabels: labels))
                case .faulty(let labels, let reason):
                    dropped.append(
                        DroppedTarget(
                            scrapePool: config.jobName, discoveredLabels: labels, reason: reason))
                }
            }
        }
        sync(targets, config, dropped, read)
    }

    private func sync(
        _ targets: [ScrapeTarget], _ config: ScrapeConfig, _ dropped: [DroppedTarget],
        _ files: TargetFiles
    ) {
        let limit = config.limits.targets
        let blocked =
            limit > 0 && targets.count > limit
            ? "target_limit exceeded (number of targets: \(targets.count), limit: \(limit))" : nil
        let wanted = Set(targets)
        let (kept, gone, fresh) = state.withLock {
            state -> ([TargetLoop], [TargetLoop], [TargetLoop]) in
            if state.isStopped { return ([], [], []) }
            state.dropped = dropped
            state.files = files
            state.faults = files.faults
            let gone = state.loops.filter { !wanted.contains($0.key) }
            for key in gone.keys { state.loops[key] = nil }
            let kept = Array(state.loops.values)
            var fresh: [TargetLoop] = []
            for target in targets where state.loops[target] == nil {
                let loop = TargetLoop(target, config, tools)
                state.loops[target] = loop
                fresh.append(loop)
            }
            return (kept, Array(gone.values), fresh)
        }
        for loop in gone { loop.stop(marksEnd: true) }
        for loop in kept + fresh { loop.update(config, blocked: blocked) }
        for loop in fresh { loop.start() }
    }

    /// Ends all loops; see ``TargetLoop/stop(marksEnd:)``.
    func stop(marksEnd: Bool) {
        let (loops, watch) = state.withLock { state in
            state.isStopped = true
            let loops = Array(state.loops.values)
            state.loops = [:]
            return (loops, state.watch)
        }
        watch?.cancel()
        for loop in loops { loop.stop(marksEnd: marksEnd) }
    }

    /// The loops at this moment.
    var loops: [TargetLoop] { state.withLock { Array($0.loops.values) } }

    var targets: ScrapeTargets {
        let (loops, dropped, faults) = state.withLock {
            (Array($0.loops.values), $0.dropped, $0.faults)
        }
        var targets = ScrapeTargets()
        targets.active = loops.map(\.status).sorted { $0.labels < $1.labels }
        targets.dropped = dropped
        targets.faults = faults
        return targets
    }
}
