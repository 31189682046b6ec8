// From a worker's thread into asynchronous code and back: the thread waits, which it may, because it
// belongs to a pool of the server and not to Swift's.

import Basics
import Foundation

/// Runs an asynchronous call to its end on the calling thread.
func blocking<Result: Sendable>(_ call: @escaping @Sendable () async -> Result) -> Result {
    let done = DispatchSemaphore(value: 0)
    let slot = Lock<Result?>(nil)
    Task {
        let result = await call()
        slot.withLock { $0 = result }
        done.signal()
    }
    done.wait()
    guard let result = slot.withLock({ $0 }) else { preconditionFailure("the call has ended") }
    return result
}

/// Runs a blocking call on a thread of its own, while the caller waits without blocking one of Swift's.
func blockingly(_ call: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        startThread("blocking") { continuation.resume(with: Result { try call() }) }
    }
}
