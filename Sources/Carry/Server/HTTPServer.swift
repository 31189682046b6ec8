// The HTTP server on libmicrohttpd: two threads on epoll serve every connection; a handler that takes
// under a millisecond runs on them, any other request suspends its connection, runs on a bounded pool
// and resumes. A full pool answers 503 at once. Stopping settles every waiting request first, because
// MHD aborts the process when it is stopped with a suspended connection.

public import Basics
internal import CMicrohttpd
internal import Glibc

/// How a server listens.
public struct HTTPServerOptions: Sendable {
    public var address = "127.0.0.1"
    /// 0 takes any free port.
    public var port: UInt16 = 9797
    public var threads = 2
    /// Workers for slow handlers.
    public var workers = 4
    /// Workers for queries; Prometheus' concurrency is 20, two cores need fewer.
    public var queryWorkers = 4
    /// Workers for what comes in; they mostly wait for the disk, and those that wait together share it.
    public var intakeWorkers = 4
    public var access = Access()
    /// PEM texts of certificate and key; nil for plain HTTP.
    public var tls: (certificate: String, key: String)?

    public init() {}
}

/// Why a server cannot start.
public enum HTTPServerError: Error, CustomStringConvertible {
    case badAddress(String)
    case cannotListen(address: String, port: UInt16, reason: String)

    public var description: String {
        switch self {
        case .badAddress(let address):
            "\(address) is not an IP address to listen on; use for example 127.0.0.1 or [::]"
        case .cannotListen(let address, let port, let reason):
            "cannot listen on \(address):\(port): \(reason)"
        }
    }
}

/// A running server.
public final class HTTPServer: Sendable {
    /// The port that is listened on.
    public let port: UInt16
    private let daemon: Daemon
    private let desk: Desk

    private struct Daemon: @unchecked Sendable {  // MHD's calls on a daemon are thread-safe.
        let pointer: OpaquePointer
    }

    /// Starts listening.
    public init(
        _ options: HTTPServerOptions, routes: [Route], clock: Clock, registry: Registry
    ) throws(HTTPServerError) {
        let desk = Desk(options: options, routes: routes, clock: clock, registry: registry)
        let context = Unmanaged.passRetained(desk).toOpaque()
        let started = try startDaemon(options, context)
        guard let pointer = started else {
            let reason =
                errno == 0 ? "the port is in use or not allowed" : String(cString: strerror(errno))
            Unmanaged<Desk>.fromOpaque(context).release()
            throw .cannotListen(address: options.address, port: options.port, reason: reason)
        }
        self.desk = desk
        daemon = Daemon(pointer: pointer)
        port = martlet_mhd_port(pointer)
        desk.watch.start()
    }

    /// Stops listening, answers what still waits with 503, and lets every thread end.
    public func stop() {
        let listener = MHD_quiesce_daemon(daemon.pointer)
        if listener >= 0 { close(listener) }
        desk.refuseNewWork()
        let deadline = desk.clock.monotonic() + 5_000_000_000
        while !desk.waiting.isEmpty && desk.clock.monotonic() < deadline {
            for exchange in desk.waiting {
                exchange.cancel()
                desk.settle(exchange, .error(503, "unavailable", "the agent is stopping"))
            }
            usleep(10_000)
        }
        // What was settled has still to be written by the server's threads; the end would cut it off.
        while desk.unfinished > 0 && desk.clock.monotonic() < deadline { usleep(5_000) }
        desk.watch.stop()
        MHD_stop_daemon(daemon.pointer)
        Unmanaged.passUnretained(desk).release()
    }
}

private func startDaemon(
    _ options: HTTPServerOptions, _ context: UnsafeMutableRawPointer
) throws(HTTPServerError) -> OpaquePointer? {
    var flags = MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
    var items = [
        MHD_OptionItem(option: .THREAD_POOL_SIZE, value: options.threads, ptr_value: nil),
        MHD_OptionItem(option: .CONNECTION_LIMIT, value: Limits.connectionsMax, ptr_value: nil),
        // Longer than a browser's pause between refreshes, shorter than a forgotten laptop.
        MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: 75, ptr_value: nil),
    ]
    var texts: [UnsafeMutablePointer<CChar>?] = []
    defer { for text in texts { free(text) } }
    if let tls = options.tls {
        flags |= MHD_USE_TLS.rawValue
        texts = [strdup(tls.key), strdup(tls.certificate)]
        items.append(MHD_OptionItem(option: .HTTPS_MEM_KEY, value: 0, ptr_value: texts[0]))
        items.append(MHD_OptionItem(option: .HTTPS_MEM_CERT, value: 0, ptr_value: texts[1]))
    }
    items.append(MHD_OptionItem(option: .END, value: 0, ptr_value: nil))

    var socket = try ListenSocket(address: options.address, port: options.port)
    flags |= socket.flags
    errno = 0
    return withUnsafePointer(to: &socket.storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            martlet_mhd_start(
                flags, options.port, onAccess, context, onCompleted, context, address, &items)
        }
    }
}
