// Candidates that rest for a moment, because an answer was larger than what is let in, or because they
// broke or refused one connection after the other. Such a copy weighs more than others, on the same
// processors as the clients' requests: some of them a second are enough to judge by. What a resting
// candidate misses is skipped with a reason. A rest is not a verdict: what caused it are pairs like others.

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

    /// By candidate, how many in a row were broken or refused last.
    private let broken = Lock<[Int: Int]>([:])

    /// The candidates that rest, as bits.
    var resting: UInt64 { bits.load(ordering: .relaxed) }

    /// Takes in how an answer of a candidate ended, at a moment of the monotonic clock.
    func note(_ ending: RelayEnding, of index: Int, at now: Int64) {
        switch ending {
        case .tooLarge: begin(index, at: now)
        case .refused, .reset:
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
