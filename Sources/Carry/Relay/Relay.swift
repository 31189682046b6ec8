// A reverse proxy on one thread, for the path between an application and its model server. The server's
// status, end-to-end headers and body go back unchanged and as they come; a watcher may have a copy of
// what passed. libmicrohttpd faces the client, a wire or libcurl the server, one epoll turns all. It neither
// balances, retries, caches nor changes anything; what a watcher does is no concern of the path.

public import Basics
internal import Glibc
internal import Synchronization

/// How a relay listens and where it leads.
public struct RelayOptions: Sendable {
    /// Of the thread; 15 bytes are kept.
    public var name = "relay"
    public var address = "127.0.0.1"
    /// 0 takes any free port.
    public var port: UInt16 = 0
    public var server: Server
    /// Passes the client's Host on instead of the server's own.
    public var keepsHost = false
    /// Open clients: a descriptor each, and one more to the server while they wait.
    public var connectionsMax = 4096
    /// A request up to this is read whole before it is passed on; a larger one streams through.
    public var readAheadBytes = 1 << 20
    /// Answer bytes that a slow client may leave unread before the server has to wait.
    public var unreadBytesMax = 256 << 10
    /// So long the server may be silent.
    public var silenceMillisMax: Millis = 600_000
    public var connectMillisMax: Millis = 10_000
    /// Seconds that an idle client's connection is kept.
    public var idleSeconds = 75
    /// So long the thread looks before it sleeps, where most waits were shorter; 0 lets it sleep at once.
    public var pollNanos = Polling.suitable
    /// PEM texts of certificate and key; nil for plain HTTP.
    public var tls: (certificate: String, key: String)?

    public init(server: Server) { self.server = server }
}

/// A running relay.
public final class Relay: Sendable {
    public let port: UInt16
    private let loop: RelayLoop

    /// Starts listening and the thread.
    ///
    /// - Throws: ``HTTPServerError`` when the address cannot be listened on.
    public init(
        _ options: RelayOptions, clock: Clock, meters: RelayMeters, watcher: RelayWatcher = .none
    ) throws(HTTPServerError) {
        loop = RelayLoop(options, clock: clock, meters: meters, watcher: watcher)
        port = try loop.listen()
        let loop = loop
        startThread(options.name) { loop.run() }
    }

    /// Requests that are under way.
    public var underway: Int { loop.open.load(ordering: .relaxed) }

    /// Lets go of the port, gives what is under way so long to end, and ends the thread.
    ///
    /// Blocks; not for the cooperative pool.
    public func stop(graceMillis: Int = 5000) {
        loop.stop(graceMillis: graceMillis)
    }
}

/// What a relay counts about its path.
public struct RelayMeters: Sendable {
    /// By the first digit of the status; at 0 those that got no answer.
    let statuses: [Counter]
    let duration: Histogram
    let firstByte: Histogram
    let hangUps: Counter
    let polls: Counter

    /// Makes the instruments under `prefix_requests_total` and so on.
    public init(_ registry: Registry, prefix: String, _ labels: Labels) {
        statuses = (0...5).map { digit in
            registry.counter(
                "\(prefix)_requests_total", "Requests that passed to the primary, by status.",
                labels.setting("code", digit == 0 ? "none" : "\(digit)xx"))
        }
        let bounds = [0.0005] + Histogram.seconds + [30, 60, 120]
        duration = registry.histogram(
            "\(prefix)_primary_duration_seconds", "The primary's time from request to end.", labels,
            bounds: bounds)
        firstByte = registry.histogram(
            "\(prefix)_primary_first_byte_seconds", "The primary's time to its first byte.", labels,
            bounds: bounds)
        hangUps = registry.counter(
            "\(prefix)_hang_ups_total", "Clients that left before their answer was over.", labels)
        polls = registry.counter(
            "\(prefix)_polled_waits_total",
            "Waits that began awake, since most had been shorter than a sleep costs.", labels)
    }
}
