// A share of one core for one thread: it measures the processor time that the thread used and says how
// long it must rest for its share to hold.

import Glibc

/// The processor time that a background thread may use.
struct ThreadBudget {
    /// Of one core.
    let share: Double
    private var used: Double
    /// Processor seconds since the start.
    private(set) var total = 0.0

    /// - Parameter share: more than 0, at most 1.
    init(share: Double) {
        self.share = share
        used = ThreadBudget.processorSeconds()
    }

    /// Seconds to rest after what was used since the last call.
    mutating func rest() -> Double {
        let now = ThreadBudget.processorSeconds()
        let spent = max(now - used, 0)
        used = now
        total += spent
        return spent * (1 / share - 1)
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
