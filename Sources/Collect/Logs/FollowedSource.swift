// One source: which files its patterns name now, and where each begins. A pattern has a position of
// its own in the store, a mark that it has been looked at before: without it, the files that are there
// are old and `from` decides; with it, a file without a position is new and read from its start, also
// after a restart.

internal import Basics

/// The files of one source; used by one thread.
final class FollowedSource {
    /// How often folders are listed.
    private static let discoverMillis: Millis = 2_000
    /// How long a file without a name is remembered; its rotation may still be going on.
    private static let goneMillis: Millis = 60_000
    /// Steps of one file before the others have their turn: 4 MB.
    private static let stepsMax = 16

    let config: LogSourceConfig
    private let files: LogFiles
    private let intake: Intake
    private let clock: Clock
    private let meters: LogMeters
    private var followed: [String: FollowedFile] = [:]
    private var goneSince: [String: Millis] = [:]
    private var lastDiscovery: Millis?

    init(
        config: LogSourceConfig, files: LogFiles, intake: Intake, clock: Clock, registry: Registry
    ) {
        self.config = config
        self.files = files
        self.intake = intake
        self.clock = clock
        meters = LogMeters(source: config.source, registry: registry)
    }

    /// Looks for files and reads on in each; true when there may be more right now.
    func pass() -> Bool {
        let now = clock.monotonic() / 1_000_000
        if lastDiscovery.map({ now - $0 >= FollowedSource.discoverMillis }) ?? true {
            do throws(IntakeError) {
                try discover()
                forget(now)
                lastDiscovery = now
            } catch {
                meters.refused.add()
            }
        }
        var hasMore = false
        for file in followed.values.sorted(by: { $0.path < $1.path }) {
            var steps = 0
            while steps < FollowedSource.stepsMax, file.step() == .more { steps += 1 }
            if steps == FollowedSource.stepsMax { hasMore = true }
        }
        meters.behindBytes.set(Double(followed.values.reduce(0) { $0 + $1.behindBytes }))
        meters.files.set(Double(followed.count))
        return hasMore
    }

    func close() {
        for file in followed.values { file.close() }
        followed.removeAll()
        lastDiscovery = nil
    }

    private func discover() throws(IntakeError) {
        var excluded: Set<String> = []
        for pattern in config.exclude { excluded.formUnion(PathPattern(pattern).matches(files)) }
        for pattern in config.paths {
            let mark = "\(config.source)|\(pattern)"
            let isFirstSight = try intake.logPosition(mark) == nil
            let paths = PathPattern(pattern).matches(files).filter { path in
                followed[path] == nil && !excluded.contains(path) && !isCompressed(path)
            }
            var found: [FollowedFile] = []
            for path in paths {
                let position = try intake.logPosition(FollowedFile.key(config.source, path))
                if position == nil, try isRotated(path, among: paths) { continue }
                found.append(
                    FollowedFile(
                        path: path, config: config, position: position, files: files,
                        intake: intake, clock: clock, meters: meters))
            }
            // Files with a position first: a new name may be one of theirs, renamed.
            for file in found where file.position != nil { followed[file.path] = file }
            for file in found where file.position == nil {
                guard let identity = files.status(file.path)?.identity,
                    !followed.values.contains(where: { $0.identities.contains(identity) })
                else { continue }
                try file.begin(atEnd: isFirstSight && config.from == .end)
                followed[file.path] = file
            }
            if isFirstSight {
                try intake.appendLog(
                    [],
                    LogPosition(
                        source: mark, device: 0, inode: 0, offset: 0, headChecksum: 0, headBytes: 0)
                )
            }
        }
    }

    /// True for a name that rotation made of another one that is or was followed.
    private func isRotated(_ path: String, among paths: [String]) throws(IntakeError) -> Bool {
        for index in path.indices where ".-_".contains(path[index]) {
            let base = String(path[..<index])
            guard rotationSuffix(of: path, base: base) != nil else { continue }
            if followed[base] != nil || paths.contains(base) { return true }
            if try intake.logPosition(FollowedFile.key(config.source, base)) != nil { return true }
        }
        return false
    }

    /// Lets go of files that are gone for good.
    private func forget(_ now: Millis) {
        for (path, file) in followed {
            if !file.isGone {
                goneSince[path] = nil
            } else if now - (goneSince[path] ?? now) >= FollowedSource.goneMillis {
                file.close()
                followed[path] = nil
                goneSince[path] = nil
            } else {
                goneSince[path] = goneSince[path] ?? now
            }
        }
    }
}
