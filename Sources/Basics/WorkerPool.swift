// Threads with names and a queue with an end. Whatever blocks (a query, SQLite, a bcrypt) runs here
// and never on Swift's cooperative pool, whose few threads must stay free.

internal import Glibc

/// Starts a detached thread with a name that `top -H` shows; 15 bytes of it are kept.
public func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // 4 MB: a PromQL tree at its depth limit recurses through about a third of that.
    pthread_attr_setstacksize(&attributes, 4 << 20)
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(name: name, body: body)).toOpaque()
    let status = pthread_create(
        &thread, &attributes,
        { context in
            guard let context else { return nil }
            let box = Unmanaged<Box>.fromOpaque(context).takeRetainedValue()
            nameThread(box.name)
            box.body()
            return nil
        }, box)
    pthread_attr_destroy(&attributes)
    precondition(
        status == 0, "cannot start the thread \(name): \(String(cString: strerror(status)))")
}

/// Gives the running thread its name, through /proc because Glibc's call is not visible to Swift.
private func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = String(name.prefix(15)).withCString { write(file, $0, strlen($0)) }
    close(file)
}

/// A few threads that take jobs from one bounded queue, in order.
public final class WorkerPool: @unchecked Sendable {  // All state is behind the pthread mutex.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [@Sendable () -> Void] = []
    private var first = 0
    private let waitingMax: Int

    /// Starts the threads; they live as long as the process.
    public init(name: String, threads: Int, waitingMax: Int) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        self.waitingMax = waitingMax
        for index in 0..<threads {
            startThread("\(name)-\(index)") { self.work() }
        }
    }

    /// Queues a job.
    ///
    /// - Returns: false when the queue is full and the job was not taken.
    public func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard jobs.count - first < waitingMax else { return false }
        jobs.append(job)
        pthread_cond_signal(condition)
        return true
    }

    /// Jobs that wait for a thread.
    public var waiting: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return jobs.count - first
    }

    /// Runs a blocking call on the pool and waits for it without blocking the caller's thread.
    ///
    /// - Returns: nil when the queue was full.
    public func run<Result: Sendable>(_ call: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            if !submit({ continuation.resume(returning: call()) }) {
                continuation.resume(returning: nil)
            }
        }
    }

    private func work() -> Never {
        while true {
            pthread_mutex_lock(mutex)
            while first == jobs.count { pthread_cond_wait(condition, mutex) }
            let job = jobs[first]
            first += 1
            if first == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                first = 0
            } else if first > 1024 {
                jobs.removeFirst(first)
                first = 0
            }
            pthread_mutex_unlock(mutex)
            job()
        }
    }
}
