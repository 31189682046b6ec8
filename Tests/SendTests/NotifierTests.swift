import Basics
import Testing

@testable import Send

private let minute: Millis = 60_000

/// A receiver that answers from a list and writes down what it was sent.
final class FakeReceiver: Sendable {
    struct State {
        var requests: [FetchRequest] = []
        var answers: [Result<FetchResponse, FetchError>] = []
    }
    let state = Lock(State())

    init(_ answers: [Result<FetchResponse, FetchError>] = []) {
        state.withLock { $0.answers = answers }
    }

    var requests: [FetchRequest] { state.withLock { $0.requests } }

    func header(_ name: String) -> [String] {
        requests.map { request in request.headers.first { $0.name == name }?.value ?? "-" }
    }

    var fetch: Fetch {
        Fetch { (request) async throws(FetchError) in
            let answer = self.state.withLock { state -> Result<FetchResponse, FetchError> in
                state.requests.append(request)
                return state.answers.isEmpty
                    ? .success(FetchResponse(status: 200)) : state.answers.removeFirst()
            }
            return try answer.get()
        }
    }
}

private func answer(_ status: Int, _ headers: [(name: String, value: String)] = []) -> Result<
    FetchResponse, FetchError
> {
    .success(FetchResponse(status: status, headers: headers, body: Array("said \(status)".utf8)))
}

struct Bench {
    let clock = ManualClock(now: 1_000_000)
    let outbox = MemoryOutbox()
    let registry = Registry()
    let receiver: FakeReceiver
    let log = Lock<[String]>([])

    init(_ answers: [Result<FetchResponse, FetchError>] = []) { receiver = FakeReceiver(answers) }

    func notifier(_ receivers: [Receiver] = [.webhook("http://user:pw@hook.example/T0KEN?x=1")])
        -> Notifier
    {
        var world = NotifierWorld(
            outbox: outbox.store, fetch: receiver.fetch, clock: clock.clock, registry: registry)
        world.policy.random = { 1 }
        world.texts.externalURL = "http://m:9797"
        let log = log
        world.log = { text in log.withLock { $0.append(text) } }
        return Notifier(world: world, receivers: receivers)
    }

    func alert(_ name: String = "A", until end: Millis = .max / 4) -> Alert {
        Alert(
            labels: ["alertname": name], annotations: .empty, startsAt: 1_000_000, endsAt: end,
            generatorURL: "")
    }

    /// Puts an alert's first notification into the outbox.
    func tell(_ notifier: Notifier, _ alerts: [Alert]) async {
        notifier.submit(alerts)
        _ = await notifier.flush()
        clock.advance(by: .seconds(31))
        _ = await notifier.flush()
    }
}

@Suite struct Delivering {
    @Test func `a notification is delivered once`() async {
        let bench = Bench()
        let notifier = bench.notifier()
        await bench.tell(notifier, [bench.alert()])
        #expect(await notifier.deliver("webhook/0") == nil)
        #expect(await notifier.deliver("webhook/0") == nil)
        #expect(bench.receiver.requests.count == 1)
        #expect(bench.receiver.header("Content-Type") == ["application/json"])
        #expect(bench.outbox.history.map(\.outcome) == [.sent])
    }

    @Test func `a failing receiver is tried again, more and more patiently, under one id`()
        async throws
    {
        let bench = Bench([
            answer(500), .failure(.cannotConnect("refused")), answer(429, [("retry-after", "90")]),
            answer(204),
        ])
        let notifier = bench.notifier()
        await bench.tell(notifier, [bench.alert()])
        var pauses: [Millis] = []
        while let next = await notifier.deliver("webhook/0") {
            pauses.append(next - bench.clock.now)
            // Before its time nothing is sent.
            #expect(await notifier.deliver("webhook/0") == next)
            bench.clock.advance(by: .milliseconds(next - bench.clock.now))
        }
        #expect(pauses == [1_000, 2_000, 90_000])
        #expect(bench.receiver.requests.count == 4)
        #expect(Set(bench.receiver.header("X-Martlet-Delivery")).count == 1)
        #expect(bench.outbox.history.map(\.outcome) == [.sent])
        let counts = Dictionary(
            uniqueKeysWithValues: bench.registry.families().flatMap { family in
                family.samples.map { (family.name + $0.suffix, $0.value) }
            }.filter { $0.0.hasPrefix("martlet_notif") && $0.0.hasSuffix("_total") })
        #expect(counts["martlet_notification_attempts_failed_total"] == 3)
        #expect(counts["martlet_notifications_total"] == 1)
        #expect(counts["martlet_notifications_failed_total"] == 0)
    }

    @Test func `a refusal is final for the message, and the group is told anew later`() async {
        let bench = Bench([answer(403), answer(200)])
        let notifier = bench.notifier()
        await bench.tell(notifier, [bench.alert()])
        #expect(await notifier.deliver("webhook/0") == nil)
        #expect(bench.outbox.history.map(\.outcome) == [.givenUp])
        #expect(
            bench.log.withLock { $0 }.contains {
                $0.contains("given up: the receiver answered 403")
            })
        bench.clock.advance(by: .seconds(300))
        _ = await notifier.flush()
        _ = await notifier.deliver("webhook/0")
        #expect(bench.outbox.history.map(\.outcome) == [.givenUp, .sent])
    }

    @Test func `the end never overtakes the beginning`() async throws {
        let bench = Bench([answer(503)])
        let notifier = bench.notifier()
        await bench.tell(notifier, [bench.alert()])
        _ = await notifier.deliver("webhook/0")
        notifier.submit([bench.alert(until: bench.clock.now)])
        // The second message is due while the first still pauses.
        bench.clock.advance(by: .milliseconds(500))
        var messages = 0
        while messages < 2 {
            bench.clock.advance(by: .milliseconds(1))
            bench.clock.advance(by: .seconds(messages == 0 ? 300 : 0))
            _ = await notifier.flush()
            messages = bench.outbox.history.count
        }
        _ = await notifier.deliver("webhook/0")
        let bodies = bench.receiver.requests.map { String(decoding: $0.body ?? [], as: UTF8.self) }
        #expect(
            bodies.map { $0.contains(#""status":"resolved","alerts""#) } == [false, false, true])
    }

    @Test func `after a crash what waits is delivered under the same id, what was sent is not`()
        async
    {
        let bench = Bench([answer(500)])
        let before = bench.notifier()
        await bench.tell(before, [bench.alert("A")])
        _ = await before.deliver("webhook/0")
        let after = bench.notifier()
        bench.clock.advance(by: .seconds(2))
        _ = await after.deliver("webhook/0")
        #expect(bench.receiver.requests.count == 2)
        #expect(Set(bench.receiver.header("X-Martlet-Delivery")).count == 1)
        // The rules say it again after the restart; it has been told.
        await bench.tell(after, [bench.alert("A")])
        _ = await after.deliver("webhook/0")
        #expect(bench.receiver.requests.count == 2)
    }

    @Test func `when the outcome cannot be recorded the message is not sent again`() async {
        let bench = Bench()
        let broken = Lock(true)
        let inner = bench.outbox.store
        var world = NotifierWorld(
            outbox: OutboxStore(
                enqueue: inner.enqueue, records: inner.records, waiting: inner.waiting,
                succeed: { id, at, answer in
                    if broken.withLock({ $0 }) { throw IntakeError(reason: "disk full") }
                    try inner.succeed(id, at, answer)
                }, fail: inner.fail, giveUp: inner.giveUp),
            fetch: bench.receiver.fetch, clock: bench.clock.clock, registry: bench.registry)
        world.policy.random = { 1 }
        let notifier = Notifier(world: world, receivers: [.webhook("http://h/")])
        await bench.tell(notifier, [bench.alert()])
        #expect(await notifier.deliver("webhook/0") != nil)
        broken.withLock { $0 = false }
        bench.clock.advance(by: .seconds(2))
        #expect(await notifier.deliver("webhook/0") == nil)
        #expect(bench.receiver.requests.count == 1)
        #expect(bench.outbox.history.map(\.outcome) == [.sent])
    }

    @Test func `a full outbox loses nothing`() async {
        let bench = Bench()
        let broken = Lock(true)
        let inner = bench.outbox.store
        let world = NotifierWorld(
            outbox: OutboxStore(
                enqueue: { messages, records in
                    if broken.withLock({ $0 }) { throw IntakeError(reason: "disk full") }
                    try inner.enqueue(messages, records)
                }, records: inner.records, waiting: inner.waiting, succeed: inner.succeed,
                fail: inner.fail, giveUp: inner.giveUp),
            fetch: bench.receiver.fetch, clock: bench.clock.clock, registry: bench.registry)
        let notifier = Notifier(world: world, receivers: [.webhook("http://h/")])
        await bench.tell(notifier, [bench.alert()])
        #expect(bench.outbox.history.isEmpty)
        broken.withLock { $0 = false }
        _ = await notifier.flush()
        #expect(bench.outbox.history.count == 1)
    }

    @Test func `a slow receiver delays no other`() async throws {
        let clock = ManualClock(now: 1_000_000)
        let outbox = MemoryOutbox()
        let gate = AsyncStream.makeStream(of: Void.self)
        let fast = Lock(0)
        let fetch = Fetch { (request) async throws(FetchError) in
            if request.url.contains("slow") {
                for await _ in gate.stream { break }
            } else {
                fast.withLock { $0 += 1 }
            }
            return FetchResponse(status: 200)
        }
        let notifier = Notifier(
            world: NotifierWorld(
                outbox: outbox.store, fetch: fetch, clock: clock.clock, registry: Registry()),
            receivers: ["slow", "fast"].map { name in
                Receiver(name: name, integrations: [.webhook(.text(Secret("http://\(name)/")))])
            })
        notifier.start()
        notifier.submit([
            Alert(
                labels: ["alertname": "A"], annotations: .empty, startsAt: 0, endsAt: .max / 4,
                generatorURL: "")
        ])
        for _ in 0..<3000 where fast.withLock({ $0 }) == 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(fast.withLock { $0 } == 1)
        gate.continuation.finish()
        for _ in 0..<3000 where outbox.history.contains(where: { $0.outcome == .waiting }) {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(outbox.history.map(\.outcome) == [.sent, .sent])
    }

    @Test func `no secret is logged`() async {
        let bench = Bench([
            .failure(.cannotConnect("http://user:pw@hook.example/T0KEN?x=1: refused")),
            .failure(.badURL("http://user:pw@hook.example/T0KEN?x=1")),
        ])
        let notifier = bench.notifier()
        await bench.tell(notifier, [bench.alert()])
        _ = await notifier.deliver("webhook/0")
        bench.clock.advance(by: .seconds(2))
        _ = await notifier.deliver("webhook/0")
        let said = bench.log.withLock { $0 } + bench.outbox.history.map { $0.note ?? "" }
        #expect(said.contains { $0.contains("http://hook.example/…") })
        #expect(!said.contains { $0.contains("T0KEN") || $0.contains("pw") })
        #expect("\(notifier.receivers)".contains("<secret>"))
        #expect(!"\(notifier.receivers)".contains("T0KEN"))
    }
}

@Suite struct Notifying {
    @Test func `without a receiver alerts are kept and counted`() async {
        let bench = Bench()
        let notifier = bench.notifier([])
        #expect(notifier.tellsNobody)
        await bench.tell(notifier, [bench.alert("A"), bench.alert("B")])
        await bench.tell(notifier, [bench.alert("A")])
        #expect(notifier.alerts.map { $0.labels["alertname"] } == ["A", "B"])
        let untold = bench.registry.families().first { $0.name == "martlet_alerts_untold" }
        #expect(untold?.samples.first?.value == 2)
        notifier.apply(NotifyPlan([.webhook("http://h/")]))
        #expect(!notifier.tellsNobody)
        await bench.tell(notifier, [bench.alert("A"), bench.alert("B")])
        _ = await notifier.deliver("webhook/0")
        #expect(bench.receiver.requests.count == 2)
    }

    @Test func `a test sends a marked pair and returns both answers`() async {
        let bench = Bench([answer(200), answer(500)])
        let notifier = bench.notifier()
        let answers = await notifier.testNotification()
        #expect(answers.map(\.status) == ["firing", "resolved"])
        #expect(answers.map(\.httpStatus) == [200, 500])
        #expect(answers.map(\.text) == ["said 200", "said 500"])
        #expect(answers.map(\.isAccepted) == [true, false])
        let bodies = bench.receiver.requests.map { String(decoding: $0.body ?? [], as: UTF8.self) }
        #expect(bodies.allSatisfy { $0.contains(#""martlet_test":"true""#) })
        #expect(
            bodies[0].contains(#""status":"firing""#) && bodies[1].contains(#""status":"resolved""#)
        )
        #expect(await notifier.testNotification("nobody").isEmpty)
    }

    @Test func `stopping waits for what is under way`() async {
        let bench = Bench()
        let notifier = bench.notifier()
        notifier.start()
        await notifier.stop()
        #expect(bench.receiver.requests.isEmpty)
    }
}
