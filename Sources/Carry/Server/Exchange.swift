// One request on its way through libmicrohttpd. MHD calls the access handler several times per
// request: with the headers, with each piece of the body, and at the end; this object, kept alive by
// `*con_cls`, is what the calls share. It moves headers → body → waiting → answered, and whoever
// answers first (worker, hang-up, shutdown) wins.

internal import Basics
internal import CMicrohttpd

/// The state of one request.
///
/// Its fields are written by MHD's thread alone, and no more once the request waits; a worker then only
/// reads them. What both change, `state`, is behind a lock.
final class Exchange: @unchecked Sendable {  // Written by MHD's thread until it waits.
    enum Step {
        case reading
        /// Suspended until an answer comes.
        case waiting
        case answered(HTTPResponse)
    }

    private struct State {
        var step = Step.reading
        var isCancelled = false
    }

    var request: HTTPRequest
    let route: Route?
    /// An answer that was settled by the headers alone.
    var early: HTTPResponse?
    var body: [UInt8] = []
    var bodyIsTooLarge = false
    let started: Int64
    let connection: OpaquePointer
    private let state = Lock(State())

    init(request: HTTPRequest, route: Route?, connection: OpaquePointer, started: Int64) {
        self.request = request
        self.route = route
        self.connection = connection
        self.started = started
    }

    /// Takes a piece of the body; beyond the limit the rest is read and dropped.
    func take(_ piece: UnsafeRawBufferPointer) {
        let limit = route?.bodyBytesMax ?? 0
        if bodyIsTooLarge || body.count + piece.count > limit {
            bodyIsTooLarge = true
            body = []
        } else {
            body.append(contentsOf: piece)
        }
    }

    /// Marks the request as waiting for a worker.
    func wait() { state.withLock { $0.step = .waiting } }

    /// Sets the answer, unless there is one.
    ///
    /// - Returns: true when the connection is suspended and must be resumed by the caller.
    func answer(_ response: HTTPResponse) -> Bool {
        state.withLock { state in
            switch state.step {
            case .answered: return false
            case .reading:
                state.step = .answered(response)
                return false
            case .waiting:
                state.step = .answered(response)
                return true
            }
        }
    }

    var response: HTTPResponse? {
        state.withLock { state in
            if case .answered(let response) = state.step { return response }
            return nil
        }
    }

    func cancel() { state.withLock { $0.isCancelled = true } }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }
}
