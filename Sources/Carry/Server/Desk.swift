// The desk behind the counter: what the C callbacks of libmicrohttpd call. It opens an exchange, asks
// the doorkeeper, chooses between the server's thread and the pool, and puts the answer on the wire.

internal import Basics
internal import CMicrohttpd
internal import Glibc

/// The shared state of a server's callbacks.
final class Desk: Sendable {
    let router: Router
    let doorkeeper: Doorkeeper
    let pool: WorkerPool
    let queryPool: WorkerPool
    let intakePool: WorkerPool
    let watch = HangUpWatch()
    let clock: Clock
    private let isStopping = Lock(false)
    /// Every request whose connection is suspended.
    ///
    /// MHD aborts the process when it is stopped while
    /// there is one, so this list, and not the watch's, is what a stop settles.
    private let suspended = Lock<[ObjectIdentifier: Exchange]>([:])
    private let registry: Registry
    private let refusedFull: Counter
    private let refusedLarge: Counter
    private let duration: Histogram

    init(options: HTTPServerOptions, routes: [Route], clock: Clock, registry: Registry) {
        router = Router(routes)
        doorkeeper = Doorkeeper(options.access)
        pool = WorkerPool(
            name: "http-worker", threads: options.workers, waitingMax: Limits.waitingRequestsMax)
        queryPool = WorkerPool(
            name: "http-query", threads: options.queryWorkers,
            waitingMax: Limits.waitingRequestsMax)
        intakePool = WorkerPool(
            name: "http-intake", threads: options.intakeWorkers,
            waitingMax: Limits.waitingRequestsMax)
        self.clock = clock
        self.registry = registry
        let help = "How often a limit refused something."
        refusedFull = registry.counter(
            "martlet_limit_refusals_total", help, ["limit": "waiting_requests"])
        refusedLarge = registry.counter(
            "martlet_limit_refusals_total", help, ["limit": "body_bytes"])
        duration = registry.histogram(
            "martlet_http_request_duration_seconds", "Time from headers to answer.")
    }

    /// Requests that are open: read, worked on, or being answered.
    private let openRequests = Lock(0)

    var unfinished: Int { openRequests.withLock { $0 } }

    /// Notes that a request is over, whatever became of it.
    func finish() { openRequests.withLock { $0 -= 1 } }

    func refuseNewWork() { isStopping.withLock { $0 = true } }

    /// Opens an exchange when the headers are there.
    func open(_ connection: OpaquePointer, method: String, path: String) -> Exchange {
        var request = HTTPRequest(method: method, path: path)
        request.query = pairs(connection, .GET_ARGUMENT_KIND)
        request.headers = pairs(connection, .HEADER_KIND).map { ($0.name.lowercased(), $0.value) }
        request.peer = peerText(connection)
        var route: Route?
        var early: HTTPResponse?
        switch router.match(method, path) {
        case .found(let found, let parameters):
            route = found
            request.parameters = parameters
        case .wrongMethod(let allowed):
            let list = Array(Set(allowed)).sorted().joined(separator: ", ")
            early = HTTPResponse.error(
                405, "bad_method", "\(method) is not served here; use \(list)"
            )
            .header("Allow", list)
        case .missing:
            early = .error(404, "not_found", "nothing is served at \(path)")
        }
        let exchange = Exchange(
            request: request, route: route, connection: connection, started: clock.monotonic())
        openRequests.withLock { $0 += 1 }
        exchange.early = early ?? (route.flatMap { refusalByHeaders(request, $0) })
        return exchange
    }

    private func refusalByHeaders(_ request: HTTPRequest, _ route: Route) -> HTTPResponse? {
        if case .refused(let code, let reason) = doorkeeper.verdict(on: request, route: route) {
            return refusal(code, reason)
        }
        if let length = request[header: "content-length"].flatMap(Int.init),
            length > route.bodyBytesMax
        {
            return tooLarge(route)
        }
        return nil
    }

    private func refusal(_ code: Doorkeeper.HTTPResponseCode, _ reason: String) -> HTTPResponse {
        let response = HTTPResponse.error(
            code.rawValue, code == .unauthorized ? "unauthorized" : "forbidden", reason)
        return code == .unauthorized
            ? response.header("WWW-Authenticate", "Basic realm=\"martlet\", charset=\"UTF-8\"")
            : response
    }

    private func tooLarge(_ route: Route) -> HTTPResponse {
        refusedLarge.add()
        return .error(
            413, "too_large",
            "the body is larger than the limit of \(route.bodyBytesMax) bytes here")
    }

    /// Answers an exchange that was read to its end, or suspends it.
    func handle(_ exchange: Exchange) -> MHD_Result {
        guard let route = exchange.route else {
            return send(exchange, .error(404, "not_found", ""))
        }
        if exchange.bodyIsTooLarge { return send(exchange, tooLarge(route)) }
        exchange.request.body = exchange.body
        let verdict = doorkeeper.verdict(on: exchange.request, route: route)
        if case .refused(let code, let reason) = verdict {
            return send(exchange, refusal(code, reason))
        }
        if route.pace == .quick && verdict == .allowed {
            return send(exchange, route.handler(exchange.request))
        }
        return suspend(exchange, route, verdict)
    }

    private func suspend(
        _ exchange: Exchange, _ route: Route, _ verdict: Doorkeeper.Verdict
    ) -> MHD_Result {
        if isStopping.withLock({ $0 }) {
            return send(exchange, .error(503, "unavailable", "the agent is stopping"))
        }
        let socket = martlet_mhd_socket(exchange.connection)
        exchange.request.isCancelled = { [weak exchange] in exchange?.isCancelled ?? true }
        exchange.wait()
        suspended.withLock { $0[ObjectIdentifier(exchange)] = exchange }
        MHD_suspend_connection(exchange.connection)
        watch.add(exchange, socket: socket)
        let queued = clock.monotonic()
        let accepted = workers(route.pace).submit {
            var request = exchange.request
            request.waited = .nanoseconds(self.clock.monotonic() - queued)
            var response: HTTPResponse
            if case .needsPassword(let user, let password) = verdict,
                !self.doorkeeper.isRight(user: user, password: password)
            {
                response = self.refusal(.unauthorized, "wrong user or password")
            } else {
                response = route.handler(request)
            }
            self.watch.remove(exchange, socket: socket)
            self.settle(exchange, response)
        }
        if !accepted {
            refusedFull.add()
            watch.remove(exchange, socket: socket)
            let reason = "\(Limits.waitingRequestsMax) requests wait already; try again in a second"
            settle(exchange, HTTPResponse.error(503, "busy", reason).header("Retry-After", "1"))
        }
        return .YES
    }

    private func workers(_ pace: Route.Pace) -> WorkerPool {
        switch pace {
        case .quick, .slow: pool
        case .query: queryPool
        case .intake: intakePool
        }
    }

    /// Gives an exchange its answer and wakes its connection.
    func settle(_ exchange: Exchange, _ response: HTTPResponse) {
        guard exchange.answer(response) else { return }
        // Resumed first: a stop that finds the list empty must find nothing suspended.
        MHD_resume_connection(exchange.connection)
        suspended.withLock { $0[ObjectIdentifier(exchange)] = nil }
    }

    /// The requests that wait for an answer.
    var waiting: [Exchange] { suspended.withLock { Array($0.values) } }

    /// Puts an answer on the wire.
    func send(_ exchange: Exchange, _ response: HTTPResponse) -> MHD_Result {
        let seconds = Double(clock.monotonic() - exchange.started) / 1e9
        duration.observe(seconds)
        registry.counter(
            "martlet_http_requests_total", "Requests by route and status.",
            ["route": exchange.route?.pattern ?? "none", "code": String(response.status)]
        ).add()
        return queue(exchange.connection, compressed(response, for: exchange.request))
    }
}
