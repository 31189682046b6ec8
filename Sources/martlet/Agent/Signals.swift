// Signals as calls: one thread waits for them, so nothing happens inside a signal handler. SIGPIPE is
// ignored, because a client that hangs up is not a reason to die.

import Basics
import Glibc

/// Blocks the signals the agent handles; called before any thread starts, so that all inherit it.
func blockSignals() {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGHUP, SIGTERM, SIGINT] { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
}

/// Waits for signals on a thread of its own and calls back.
func watchSignals(
    reload: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void
) {
    startThread("signals") {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGHUP, SIGTERM, SIGINT] { sigaddset(&set, number) }
        while true {
            var number: Int32 = 0
            guard sigwait(&set, &number) == 0 else { continue }
            if number == SIGHUP { reload() } else { stop() }
        }
    }
}
