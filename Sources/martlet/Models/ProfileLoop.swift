// The rhythm of rows at rest: days that are over are profiled, and again while their labels still come; rows
// that are too old or too many leave with a last profile, and profiles leave long after them.

import Basics
import Foundation
import Keep
import Serve

/// Profiles days and keeps retention.
struct ProfileLoop: Sendable {
    let shelf: ProfileShelf
    let predictions: PredictionKeeper
    let profiles: ProfileKeeper
    let config: @Sendable () -> ModelsConfig
    /// Up to where the watch has read.
    let read: @Sendable () -> PredictionCursor
    private let made: Counter
    private let pruned = Lock<Millis>(0)
    private let grumble = Grumble()

    init(
        shelf: ProfileShelf, stores: Stores, registry: Registry,
        config: @escaping @Sendable () -> ModelsConfig,
        read: @escaping @Sendable () -> PredictionCursor
    ) {
        self.shelf = shelf
        predictions = stores.predictions
        profiles = stores.profiles
        self.config = config
        self.read = read
        made = registry.counter(
            "martlet_prediction_profilings_total",
            "Arrival days of answers that were reduced to profiles.")
    }

    func loop(clock: Clock) -> Loop {
        Loop("profiles", everyMillis: 60_000, clock: clock) { round($0) }
    }

    /// One round.
    func round(_ now: Millis) {
        var complaint = ""
        func attempt(_ body: () throws -> Void) {
            do { try body() } catch { complaint = "profiles of answers: \(error)" }
        }
        attempt {
            // One day a round, so that a month found at the first start does not take a core for long.
            if try shelf.makeNext(at: now) { made.add() }
        }
        predictions.maintain(now: now, read: read()) { day in
            // When it fails, the profile that was made before stands.
            attempt {
                try shelf.make(day, at: now)
                made.add()
            }
        }
        let isTime = pruned.withLock { last in
            if now - last < 3_600_000 { return false }
            last = now
            return true
        }
        if isTime {
            let kept = Millis(config().profileDays) * 86_400_000
            attempt { try profiles.prune(before: now - kept) }
        }
        grumble.say(complaint)
    }
}
