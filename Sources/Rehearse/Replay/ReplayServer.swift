// A side of a replay over the network: a courier with connections of its own, which notes when each
// chunk came. The request is rewritten as a mirror would rewrite its copy: the side's own model, headers
// and credentials, never the recorded caller's.

internal import Basics
internal import Bytes
public import Carry

/// A server that is asked in a replay.
public final class ReplayServer: Sendable {
    private struct Waiting {
        var errand: Errand
        var continuation: CheckedContinuation<RelayedAnswer?, Never>
    }

    /// What the courier's thread and the askers share.
    private final class Desk: Sendable {
        let waiting = Lock<(next: UInt64, errands: [UInt64: Waiting])>((0, [:]))
    }

    private let settings: CandidateSettings
    /// Asked whatever the request names; nil asks what the request names.
    private let path: String?
    private let courier: Courier
    private let desk: Desk
    private let bytesMax: Int

    /// - Parameters:
    ///   - settings: address, model, headers and changes of the body.
    ///   - path: asked instead of the request's own.
    public init(_ settings: CandidateSettings, path: String?, options: CourierOptions) {
        self.settings = settings
        self.path = path
        bytesMax = options.answerBytesMax
        let desk = Desk()
        self.desk = desk
        courier = Courier(
            options,
            prepare: { source in
                desk.waiting.withLock { $0.errands[source.tag]?.errand }
            },
            done: { tag, answer in
                let waiting = desk.waiting.withLock { $0.errands.removeValue(forKey: tag) }
                waiting?.continuation.resume(returning: answer)
            })
    }

    /// Reads a URL as an endpoint or as a base.
    ///
    /// A URL that ends in a protocol's path (`…/infer`, `…/chat/completions`) is asked as it stands;
    /// any other stands in front of each request's own path.
    public static func address(_ url: String) -> (server: Server, path: String?)? {
        let bare = url.split(separator: "?", maxSplits: 1).first.map(String.init) ?? url
        guard var server = Server(bare) else { return nil }
        let prefix = server.prefix
        guard !prefix.isEmpty, Dialect(path: prefix) != .json else { return (server, nil) }
        server.prefix = ""
        return (server, prefix + url.dropFirst(bare.count))
    }

    /// The path that a request is asked at.
    public func path(of request: CapturedRequest) -> String { path ?? request.path }

    /// Asks, and waits for the end of the answer.
    public func ask(_ request: CapturedRequest) async -> Answer {
        let relayed = RelayedRequest(
            time: request.time, method: request.method, path: path(of: request),
            headers: HeaderBlock(request.headers), body: request.body)
        guard let errand = settings.copy(of: relayed, tag: 0, id: request.id) else {
            return Answer(status: 0, ending: .garbled)
        }
        let answer: RelayedAnswer? = await withCheckedContinuation { continuation in
            let isOffered = desk.waiting.withLock { state in
                state.next += 1
                var errand = errand
                errand.tag = state.next
                state.errands[state.next] = Waiting(errand: errand, continuation: continuation)
                // Under the lock, because a courier takes from one thread at a time.
                let source = ErrandSource(tag: state.next, request: relayed)
                if courier.offer(source) { return true }
                state.errands[state.next] = nil
                return false
            }
            if !isOffered { continuation.resume(returning: nil) }
        }
        // Only a full queue sends nothing, and the concurrency keeps it from filling.
        return answer.map { Answer($0, bytesMax: bytesMax) } ?? Answer(status: 0, ending: .garbled)
    }

    /// Ends the courier's thread; blocks.
    public func stop() { courier.stop() }
}
