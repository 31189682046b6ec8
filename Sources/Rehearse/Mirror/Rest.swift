// Candidates that rest for a moment because an answer was larger than what is let in. Such a copy weighs
// more than hundreds of others, on the same processors as the clients' requests: one of them in a while
// is enough to judge by. What a resting candidate misses is skipped with a reason. A rest is not a
// verdict: the answer that caused it is a pair like any other.

internal import Basics
internal import Synchronization

/// Which candidates rest, set by couriers, asked on the path, ended by the bench.
final class Rest: Sendable {
    /// How long one lasts.
    static let nanoseconds: Int64 = 1_000_000_000

    /// A bit for each candidate that rests.
    private let bits = Atomic<UInt64>(0)
    private let ends = Lock<[Int: Int64]>([:])

    /// The candidates that rest, as bits.
    var resting: UInt64 { bits.load(ordering: .relaxed) }

    /// Has a candidate rest from a moment of the monotonic clock on.
    func begin(_ index: Int, at now: Int64) {
        ends.withLock { ends in
            ends[index] = now + Rest.nanoseconds
            bits.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
        }
    }

    /// Ends the rests that have lasted long enough.
    func wake(at now: Int64) {
        if resting == 0 { return }
        ends.withLock { ends in
            for (index, end) in ends where end <= now {
                ends[index] = nil
                bits.bitwiseAnd(~(1 << UInt64(index)), ordering: .relaxed)
            }
        }
    }
}
