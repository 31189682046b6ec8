// Running rounds: fetch, wait, keep, and once more after the interval. Events are kept before the
// cursor is, so that a crash between the two repeats and never loses.

public import Basics

/// Pulls one source until it is cancelled.
public struct PullLoop: Sendable {
    public var config: PullConfig
    public var people: PeopleBook
    public var fetch: Fetch
    public var clock: Clock
    /// Keeps events; blocking or not is the caller's affair.
    public var keep: @Sendable (NormalisedDelivery) async throws -> Void
    public var loadCursor: @Sendable () async throws -> String
    public var saveCursor: @Sendable (String) async throws -> Void
    /// Told about lists that could not be read, once a round.
    public var report: @Sendable ([String]) -> Void

    public init(
        config: PullConfig, people: PeopleBook, fetch: Fetch, clock: Clock,
        keep: @escaping @Sendable (NormalisedDelivery) async throws -> Void,
        loadCursor: @escaping @Sendable () async throws -> String,
        saveCursor: @escaping @Sendable (String) async throws -> Void,
        report: @escaping @Sendable ([String]) -> Void
    ) {
        self.config = config
        self.people = people
        self.fetch = fetch
        self.clock = clock
        self.keep = keep
        self.loadCursor = loadCursor
        self.saveCursor = saveCursor
        self.report = report
    }

    /// Rounds for ever; throws `CancellationError` when the task ends.
    public func run() async throws {
        while true {
            do {
                try await round()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                report(["\(error)"])
            }
            try await clock.sleep(.milliseconds(config.intervalMillis))
        }
    }

    /// One round.
    public func round() async throws {
        var session = PullSession(config, people: people, cursor: try await loadCursor())
        while true {
            switch session.next(now: clock.now()) {
            case .wait(let time):
                try await clock.sleep(.milliseconds(max(1, time - clock.now())))
            case .fetch(let request):
                let answer: Result<FetchResponse, FetchError>
                do throws(FetchError) {
                    answer = .success(try await fetch.send(request))
                } catch {
                    answer = .failure(error)
                }
                try Task.checkCancellation()
                switch answer {
                case .success(let response):
                    let result = session.take(response, now: clock.now())
                    if !result.events.isEmpty { try await keep(result) }
                case .failure(let error): session.fail(error, now: clock.now())
                }
            case .done(let cursor):
                try await saveCursor(cursor)
                if !session.problems.isEmpty { report(session.problems) }
                return
            }
        }
    }
}
