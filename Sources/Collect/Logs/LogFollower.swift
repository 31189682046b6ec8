// Follows files and hands their lines to the intake. One thread reads all of them in turn; a batch is
// a piece of one file with the place behind it, and the next piece is read when the store has taken
// it, so a slow store slows the reading and loses nothing. Looking four times a second costs one
// status call a file.

public import Basics
internal import Dispatch

/// Follows the files of all sources.
public final class LogFollower: @unchecked Sendable {  // Its state is only touched on its queue.
    /// How often files are looked at.
    public static let pollMillis = 250
    /// How often a new configuration is looked for while there are none.
    public static let idleMillis = 2000

    private let files: LogFiles
    private let intake: Intake
    private let clock: Clock
    private let registry: Registry
    private let queue = DispatchQueue(label: "martlet.logs", qos: .utility)
    private var sources: [FollowedSource] = []

    public init(
        configs: [LogSourceConfig], files: LogFiles = .system, intake: Intake, clock: Clock,
        registry: Registry
    ) {
        self.files = files
        self.intake = intake
        self.clock = clock
        self.registry = registry
        sources = configs.map(source)
    }

    /// Takes over a new configuration; sources that did not change go on undisturbed.
    public func apply(_ configs: [LogSourceConfig]) {
        queue.sync {
            var old = sources
            sources = configs.map { config in
                guard let index = old.firstIndex(where: { $0.config == config }) else {
                    return source(config)
                }
                return old.remove(at: index)
            }
            for source in old { source.close() }
        }
    }

    /// Looks at every file once; blocks.
    ///
    /// - Returns: true when there may be more to read right now.
    @discardableResult
    public func pass() -> Bool { queue.sync { passOnQueue() } }

    /// Follows until the task is cancelled, then closes the files.
    ///
    /// Every line that was kept has its place kept with it, so there is nothing to save.
    public func run() async {
        while !Task.isCancelled {
            let (hasMore, isIdle) = await withCheckedContinuation { continuation in
                queue.async {
                    continuation.resume(returning: (self.passOnQueue(), self.sources.isEmpty))
                }
            }
            if hasMore { continue }
            let pause = isIdle ? LogFollower.idleMillis : LogFollower.pollMillis
            do {
                try await clock.sleep(.milliseconds(pause))
            } catch {
                break
            }
        }
        close()
    }

    /// Closes all files; a later pass opens them again where they were.
    public func close() { queue.sync { for source in sources { source.close() } } }

    private func passOnQueue() -> Bool {
        sources.reduce(false) { hasMore, source in source.pass() || hasMore }
    }

    private func source(_ config: LogSourceConfig) -> FollowedSource {
        FollowedSource(
            config: config, files: files, intake: intake, clock: clock, registry: registry)
    }
}
