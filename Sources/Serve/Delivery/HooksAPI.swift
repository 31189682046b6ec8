// `/hooks/KIND/NAME`: a delivery is verified, put on the disk, and answered; reading comes later. The
// route is open to everybody and checks no origin, because a delivery proves itself.

public import Basics
public import Carry
public import Collect
public import Keep

/// The door for webhooks.
public struct HooksAPI: Sendable {
    private let receiver: @Sendable () -> DeliveryReceiver
    private let events: EventKeeper
    private let clock: Clock
    private let arrived: @Sendable () -> Void
    private let keepSecret: @Sendable (_ source: String, DeliverySecret) -> Void
    private let answerSeconds: Histogram

    /// - Parameters:
    ///   - arrived: called when a delivery waits in the inbox.
    ///   - keepSecret: keeps what a sender chose in a handshake.
    public init(
        receiver: @escaping @Sendable () -> DeliveryReceiver, events: EventKeeper, clock: Clock,
        registry: Registry, arrived: @escaping @Sendable () -> Void,
        keepSecret: @escaping @Sendable (String, DeliverySecret) -> Void
    ) {
        self.receiver = receiver
        self.events = events
        self.clock = clock
        self.arrived = arrived
        self.keepSecret = keepSecret
        answerSeconds = registry.histogram(
            "martlet_ingest_answer_seconds", "Time until a delivery was kept and answered.")
    }

    public var routes: [Route] {
        [
            // 25 MB is what GitHub sends at most.
            Route(
                ["GET", "POST", "PUT", "OPTIONS"], "/hooks/*", .intake, bodyBytesMax: 25 << 20,
                isOpen: true
            ) { take($0) }
        ]
    }

    private func take(_ request: HTTPRequest) -> HTTPResponse {
        let begun = clock.monotonic()
        defer { answerSeconds.observe(Double(clock.monotonic() - begun) / 1e9) }
        let path = request.parameters["*"] ?? ""
        let receiver = receiver()
        let found = receiver.source(path: path)
        let answer = receiver.receive(
            source: found?.source.source ?? path, method: request.method,
            headers: DeliveryHeaders(request.headers), body: request.body, url: url(request),
            subpath: found?.subpath ?? "", now: clock.now())
        if let secret = answer.secretToKeep, let name = found?.source.source {
            keepSecret(name, secret)
        }
        if let delivery = answer.delivery {
            do throws(RecordError) {
                if try events.accept(delivery) { arrived() }
            } catch {
                // The sender tries again; nothing was kept.
                return .error(503, "unavailable", "the delivery cannot be kept: \(error)")
            }
        }
        return HTTPResponse(status: answer.status, headers: answer.headers, body: answer.body)
    }

    /// Path and query as they were asked for, near enough for secrets in a URL.
    private func url(_ request: HTTPRequest) -> String {
        if request.query.isEmpty { return request.path }
        let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return request.path + "?" + query
    }
}
