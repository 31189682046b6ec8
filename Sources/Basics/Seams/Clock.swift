// The clock, as a value: a simulated week runs in seconds because nobody asks the system directly.

internal import Glibc

/// Where time comes from and how one waits.
public struct Clock: Sendable {
    /// Wall time in milliseconds since the epoch; may jump.
    public var now: @Sendable () -> Millis
    /// Nanoseconds that only grow; for measuring.
    public var monotonic: @Sendable () -> Int64
    /// Waits; throws `CancellationError` when the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Millis,
        monotonic: @escaping @Sendable () -> Int64,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.monotonic = monotonic
        self.sleep = sleep
    }

    /// The system's clock.
    public static let system = Clock(
        now: { nanoseconds(CLOCK_REALTIME) / 1_000_000 },
        monotonic: { nanoseconds(CLOCK_MONOTONIC) },
        sleep: { try await Task.sleep(for: $0) }
    )
}

private func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// A clock that a test turns by hand; sleepers wake when it has been turned far enough.
public final class ManualClock: Sendable {
    private struct State {
        var now: Millis
        var sleepers: [(wake: Millis, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state: Lock<State>

    public init(now: Millis) { state = Lock(State(now: now)) }

    public var now: Millis { state.withLock { $0.now } }

    /// Turns the clock and wakes those whose time has come.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration.millis
            let woken = state.sleepers.filter { $0.wake <= state.now }.map(\.continuation)
            state.sleepers.removeAll { $0.wake <= state.now }
            return woken
        }
        for continuation in due { continuation.resume() }
    }

    /// The seam that reads this clock.
    public var clock: Clock {
        Clock(
            now: { self.now },
            monotonic: { self.now * 1_000_000 },
            sleep: { duration in
                try await withCheckedThrowingContinuation { continuation in
                    let isDue = self.state.withLock { state in
                        if duration <= .zero { return true }
                        state.sleepers.append((state.now + duration.millis, continuation))
                        return false
                    }
                    if isDue { continuation.resume() }
                }
            }
        )
    }
}
