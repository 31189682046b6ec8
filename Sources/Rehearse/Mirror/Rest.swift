// Candidates that rest for a moment. An answer that was larger than what is let in weighs more than hundreds
// of others, on the same processors as the clients' requests: one of them in a while is enough to judge by.
// A candidate that has failed its trial and breaks or refuses one connection after the other costs a
// connection each time, and tells nothing new. One that has not failed yet never rests for that: a bad
// quarter of an hour is what a rehearsal is to find. What a resting candidate misses is skipped with a reason.

internal import Basics
internal import Carry
internal import Synchronization

/// Which candidates rest, set by couriers, asked on the path, ended by the bench.
final class Rest: Sendable {
    /// How long one lasts.
    static let nanoseconds: Int64 = 1_000_000_000

    /// Connections in a row that are broken or refused before a rest.
    static let brokenMax = 8

    /// A bit for each candidate that rests.
    private let bits = Atomic<UInt64>(0)
    private let ends = Lock<[Int: Int64]>([:])

    /// A bit for each candidate that has failed its trial.
    private let failed = Atomic<UInt64>(0)
    /// By candidate, how many in a row were broken or refused last.
    private let broken = Lock<[Int: Int]>([:])

    /// The candidates that rest, as bits.
    var resting: UInt64 { bits.load(ordering: .relaxed) }

    /// Notes whether a candidate has failed.
    func note(hasFailed: Bool, _ index: Int) {
        if hasFailed {
            failed.bitwiseOr(1 << UInt64(index), ordering: .relaxed)
        } else {
            failed.bitwiseAnd(~(1 << UInt64(index)), ordering: .relaxed)
        }
    }

    /// Takes in how an answer of a candidate ended, at a moment of the monotonic clock.
    func note(_ ending: RelayEnding, of index: Int, at now: Int64) {
        switch ending {
        case .tooLarge: begin(index, at: now)
        case .refused, .reset:
            if failed.load(ordering: .relaxed) >> UInt64(index) & 1 == 0 { return }
            let isTired = broken.withLock { broken in
                let row = broken[index, default: 0] + 1
                broken[index] = row < Rest.brokenMax ? row : 0
                return row >= Rest.brokenMax
            }
            if isTired { begin(index, at: now) }
        default: broken.withLock { $0[index] = nil }
        }
    }

    private func begin(_ index: Int, at now: Int64) {
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
