// Whether a wait is polled for a moment before its thread sleeps. To fall asleep and be woken costs this
// thread and its waker some ten microseconds each, on a virtual machine more; an answer that comes sooner
// than that is cheaper looked for than slept for. It learns from the waits that there were and knows nothing
// of what is waited for.

internal import Glibc

/// What the waits of one kind were like.
///
/// Polling for as long as a sleep costs and sleeping then costs at most twice what the better of the two
/// would have, had it been known (Karlin, Li, Manasse, Owicki: "Empirical studies of competitive spinning
/// for a shared-memory multiprocessor", SOSP 1991); here it is not even begun unless most waits were short.
struct Polling {
    /// So long a wait is polled, in nanoseconds; 0 polls none.
    let nanosMax: Int64
    /// How many of the last waits were short; the weight of one is a sixteenth.
    private var shortShare = 0.0

    init(nanosMax: Int64) { self.nanosMax = nanosMax }

    /// Whether the next wait is to be polled first.
    var isWorthIt: Bool { shortShare > 0.75 }

    /// Learns from a wait, polled or slept.
    mutating func note(_ nanos: Int64) {
        shortShare += ((nanos < nanosMax ? 1 : 0) - shortShare) / 16
    }

    /// What suits this machine: who is waited for needs a processor beside the one that polls.
    static let suitable: Int64 = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? 40_000 : 0
}
