// A budget's state as bytes, so that a restart neither forgets what was spent nor notifies anew.

internal import Basics

extension NotificationBudget {
    private static let version: UInt8 = 1

    /// The whole state, with a version and a checksum.
    public func encoded() -> [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.write([alarms, correction, episodes, heights])
        for time in [period, quietTime, began ?? .min, last ?? .min] { writer.write(time) }
        writer.write(Int64(rates.count))
        for (name, rate) in rates.sorted(by: { $0.key < $1.key }) {
            writer.append(Array(name.utf8))
            writer.write([rate.episodes, rate.heights, rate.peak, rate.carried, rate.leastOfBlock])
            for time in [rate.since, rate.latest ?? .min, rate.notified ?? .min, rate.block] {
                writer.write(time)
            }
        }
        return writer.finished()
    }

    /// Resumes from a state.
    ///
    /// - Throws: `ModelStateError` when the bytes are damaged or of another version.
    public init(decoding bytes: [UInt8]) throws {
        var reader = try StateReader(bytes, version: Self.version)
        func time() throws -> Millis? {
            let stored = try reader.integer()
            return stored == .min ? nil : stored
        }
        self.init(alarms: try reader.double())
        correction = try reader.double()
        episodes = try reader.double()
        heights = try reader.double()
        period = try reader.integer()
        quietTime = try reader.integer()
        began = try time()
        last = try time()
        for _ in 0..<max(0, try reader.integer()) {
            let name = String(decoding: try reader.blob(), as: UTF8.self)
            var rate = AlarmRate(since: 0)
            rate.episodes = try reader.double()
            rate.heights = try reader.double()
            rate.peak = try reader.double()
            rate.carried = try reader.double()
            rate.leastOfBlock = try reader.double()
            rate.since = try reader.integer()
            rate.latest = try time()
            rate.notified = try time()
            rate.block = try reader.integer()
            rates[name] = rate
        }
        try reader.finish()
    }
}
