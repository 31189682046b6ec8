// Threads that one can wait for.

import Basics
import Foundation

/// Starts threads and waits for all of them.
final class ThreadGroup: Sendable {
    private let running = Lock(0)

    func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        running.withLock { $0 += 1 }
        startThread(name) {
            body()
            self.running.withLock { $0 -= 1 }
        }
    }

    func wait() async {
        while running.withLock({ $0 }) > 0 { try? await Task.sleep(for: .milliseconds(20)) }
    }
}
