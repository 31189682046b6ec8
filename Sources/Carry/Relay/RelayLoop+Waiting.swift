// How a relay's thread waits: for anything, through its own epoll; for the answer to a lone request, within
// libmicrohttpd's call; for the request that a client sends next, within libmicrohttpd. Where such a wait
// has mostly been shorter than a sleep costs it is polled first.

internal import Basics
internal import CMicrohttpd
internal import Synchronization

extension RelayLoop {
    /// So long libmicrohttpd may wait within its call; others that come meanwhile end it.
    private static let holdNanos: Int64 = 2_000_000
    /// For so long after a request the next is expected.
    private static let expectsFor: Int64 = 20_000_000
    /// Meanwhile nobody hears the bell, nor a kept connection that its server closes.
    static let expectMillis: Int32 = 5

    /// Waits for whatever comes first.
    func wait(for daemon: OpaquePointer, atMost millisMax: Int32) {
        var left: UInt64 = 0
        if MHD_get_timeout(daemon, &left) != .YES { left = .max }
        let wait = Int32(min(left, UInt64(millisMax)))
        turnTransfers(atMost: wait)
        if !daemonIsReady { daemonIsReady = left <= UInt64(wait) }
    }

    /// Nothing is under way and a client was here a moment ago.
    ///
    /// What comes next is a client's, for which libmicrohttpd waits itself: through the epoll of all, each
    /// request would cost a call more.
    var isExpectant: Bool {
        open.load(ordering: .relaxed) == 0 && stopAt.load(ordering: .relaxed) == 0
            && monotonicNow() - completedAt < RelayLoop.expectsFor
    }

    /// Lets libmicrohttpd do what it can, without waiting in between, and then tells the watcher: what
    /// is told costs time that the client's answer should not wait for.
    ///
    /// - Parameter millis: so long it may wait for something to do.
    func serve(_ daemon: OpaquePointer, waiting millis: Int32 = 0) {
        var left: UInt64 = 0
        var turns = 0
        repeat {
            if turns == 0, millis > 0 {
                waitForClient(daemon, atMost: millis)
            } else {
                MHD_run(daemon)
            }
            turns += 1
        } while turns < 4 && touched.isEmpty && MHD_get_timeout(daemon, &left) == .YES && left == 0
        tell()
    }

    /// One request follows the other at once, and so do the answers.
    ///
    /// Where only the answers are quick the rate is the client's, and a few microseconds are felt by nobody.
    private var isBrisk: Bool { answers.isWorthIt && pauses.isWorthIt }

    private func waitForClient(_ daemon: OpaquePointer, atMost millis: Int32) {
        if isBrisk, monotonicNow() - completedAt < pauses.nanosMax {
            meters.polls.add()
            let before = completedAt
            while monotonicNow() - before < pauses.nanosMax {
                MHD_run(daemon)
                // A request has come: it is under way, or over already.
                if open.load(ordering: .relaxed) > 0 || completedAt != before { return }
            }
        }
        MHD_run_wait(daemon, millis)
    }

    /// Gives the server of a lone request a moment to answer at once.
    ///
    /// - Returns: whether it did; otherwise the exchange is to be suspended.
    func holds(_ exchange: RelayExchange) -> Bool {
        guard open.load(ordering: .relaxed) == 1 else { return false }
        held = exchange
        defer { held = nil }
        let polls = isBrisk && !exchange.hasNews && !daemonIsReady
        if polls { meters.polls.add() }
        let start = monotonicNow()
        var waited: Int64 = 0
        while !exchange.hasNews, !daemonIsReady, waited < RelayLoop.holdNanos {
            let left = Int32((RelayLoop.holdNanos - waited + 999_999) / 1_000_000)
            turnTransfers(atMost: polls && waited < answers.nanosMax ? 0 : left)
            waited = monotonicNow() - start
        }
        if !exchange.hasNews {
            // Longer than it was waited for, if only that had an end of its own.
            if !daemonIsReady || waited >= answers.nanosMax { answers.note(.max) }
            return false
        }
        answers.note(waited)
        untouch(exchange)
        return true
    }
}
