// A bound on the time of a search. SQLite can be interrupted from outside, and only while a statement
// runs, so the watchdog barks again and again until it is stopped.

internal import Basics
internal import Dispatch
internal import GRDB

/// Interrupts the statement that runs when the time is up, and every one that starts after.
final class Watchdog: @unchecked Sendable {  // Sources are thread-safe; the rest is locked.
    private struct State {
        var queue: DatabaseQueue?
        var isOver = false
    }

    private let state = Lock(State())
    private let timer: any DispatchSourceTimer

    init(millis: Millis) {
        timer = DispatchSource.makeTimerSource(queue: .global(qos: .utility))
        // Again and again, because an interrupt between two statements stops neither.
        timer.schedule(
            deadline: .now() + .milliseconds(Int(clamping: max(millis, 1))),
            repeating: .milliseconds(20))
        timer.setEventHandler { [weak self] in
            let queue = self?.state.withLock { state in
                state.isOver = true
                return state.queue
            }
            queue?.interrupt()
        }
        timer.resume()
    }

    var isOver: Bool { state.withLock { $0.isOver } }

    func watch(_ queue: DatabaseQueue) { state.withLock { $0.queue = queue } }

    func stop() {
        timer.cancel()
        state.withLock { $0.queue = nil }
    }
}
