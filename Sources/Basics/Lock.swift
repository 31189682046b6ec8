// One lock for shared state. `Synchronization.Mutex` is the right one, but Thread Sanitizer does not
// see its futex on Linux and reports races that are none; under `-D TSAN` the same type stands on a
// pthread mutex, which it understands. Never held across a call out, never taken inside another.

#if TSAN
    internal import Glibc

    /// A value that is only reached while its lock is held.
    public final class Lock<State>: @unchecked Sendable {  // Every access goes through the mutex.
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private var state: State

        public init(_ state: sending State) {
            self.state = state
            mutex = .allocate(capacity: 1)
            pthread_mutex_init(mutex, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        /// Runs `body` with the state, alone.
        public func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&state)
        }
    }
#else
    public import Synchronization

    /// A value that is only reached while its lock is held.
    public final class Lock<State>: Sendable {
        @usableFromInline let mutex: Mutex<State>

        public init(_ state: sending State) { mutex = Mutex(state) }

        /// Runs `body` with the state, alone.
        @inlinable
        public func withLock<Result: ~Copyable, Failure: Error>(
            _ body: (inout sending State) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }
#endif
