// Signals as calls. The handler may do next to nothing, so it writes the signal's number into a pipe
// and a thread reads it there; blocking signals instead would need to happen before Swift's own
// threads start. SIGPIPE is ignored, because a client that hangs up is not a reason to die.

import Basics
import Glibc

/// The pipe between the handler and the thread: read end, write end.
private let signalPipe: (Int32, Int32) = {
    var ends: [Int32] = [0, 0]
    precondition(pipe(&ends) == 0, "cannot make a pipe")
    return (ends[0], ends[1])
}()

/// Calls back for SIGHUP (reload), SIGTERM and SIGINT (stop), from a thread of its own.
func watchSignals(
    reload: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void
) {
    let reading = signalPipe.0
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGHUP, SIGTERM, SIGINT] {
        signal(number) { number in
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(signalPipe.1, &byte, 1)
        }
    }
    startThread("signals") {
        var byte: UInt8 = 0
        while true {
            guard read(reading, &byte, 1) == 1 else { continue }
            if Int32(byte) == SIGHUP { reload() } else { stop() }
        }
    }
}
