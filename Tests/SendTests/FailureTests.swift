// What receivers do wrong, over an invented clock: nothing is lost, nothing else is delayed, and nothing
// piles up.

import Basics
import Bytes
import Testing

@testable import Send

/// Two receivers of everything; what `bad` answers depends on the time.
private struct Trouble {
    let clock = ManualClock(now: 1_700_000_000_000)
    let outbox = MemoryOutbox()
    let taken = Lock<[(receiver: String, second: Int64, status: String, count: Int)]>([])
    let notifier: Notifier

    init(_ answer: @escaping @Sendable (Int64) throws(FetchError) -> FetchResponse) {
        let (clock, taken) = (clock, taken)
        let origin = clock.now
        let fetch = Fetch { (request) async throws(FetchError) in
            let second = (clock.now - origin) / 1000
            let name = request.url.contains("bad") ? "bad" : "good"
            let response = name == "bad" ? try answer(second) : FetchResponse(status: 200)
            if response.status == 200, let body = try? JSON(request.body ?? []) {
                let row = (
                    name, second, body["status"]?.text ?? "", body["alerts"]?.items?.count ?? 0
                )
                taken.withLock { $0.append(row) }
            }
            return response
        }
        var world = NotifierWorld(
            outbox: outbox.store, fetch: fetch, clock: clock.clock, registry: Registry())
        world.policy.random = { 1 }
        let receivers = ["bad", "good"].map { name in
            Receiver(name: name, integrations: [.webhook(.text(Secret("http://\(name)/")))])
        }
        notifier = Notifier(world: world, receivers: receivers)
    }

    /// Runs for some seconds; the alerts are repeated every minute, and end at a second.
    func run(_ seconds: Int64, alerts count: Int = 1, ending end: Int64) async {
        let origin = clock.now
        var second: Int64 = 0
        while second < seconds {
            if second % 60 == 0 {
                let isOver = second >= end
                notifier.submit(
                    (0..<count).map { index in
                        Alert(
                            labels: ["alertname": "A", "n": "\(index)"], annotations: .empty,
                            startsAt: origin,
                            endsAt: isOver ? origin + end * 1000 : clock.now + 240_000,
                            generatorURL: "")
                    })
            }
            _ = await notifier.flush()
            for target in ["bad/0", "good/0"] { _ = await notifier.deliver(target) }
            // The first attempts are a second apart, the later ones are not looked at so closely.
            let step: Int64 = second < 60 ? 1 : 10
            clock.advance(by: .seconds(step))
            second += step
        }
    }

    func rows(_ receiver: String) -> [String] {
        taken.withLock { $0 }.filter { $0.receiver == receiver }
            .map { "\($0.second) \($0.status) \($0.count)" }
    }
}

@Suite struct ReceiversInTrouble {
    private let good = ["30 firing 1", "630 resolved 1"]

    @Test func `one that is down for ten minutes hears of the beginning and the end, in order`()
        async
    {
        let trouble = Trouble { (second) throws(FetchError) in
            if second < 630 { throw .cannotConnect("refused") }
            return FetchResponse(status: 200)
        }
        await trouble.run(1800, ending: 420)
        // Down until the end is told too; back at the next attempt, which is at most five minutes away.
        let rows = trouble.rows("bad")
        #expect(rows.map { $0.split(separator: " ")[1] } == ["firing", "resolved"])
        let first = rows.first.flatMap { Int64($0.split(separator: " ")[0]) } ?? 0
        #expect((630...930).contains(first), "\(rows)")
        #expect(trouble.rows("good") == good)
    }

    @Test
    func `500 is tried again, 429 waits as long as asked, 400 is final until the next interval`()
        async
    {
        let failing = Trouble { FetchResponse(status: $0 < 40 ? 500 : 200) }
        await failing.run(900, ending: 420)
        #expect(failing.rows("bad").count == 2 && failing.rows("good") == good)

        let busy = Trouble { second in
            second < 200
                ? FetchResponse(status: 429, headers: [("retry-after", "170")])
                : FetchResponse(status: 200)
        }
        await busy.run(900, ending: 420)
        #expect(busy.rows("bad").first == "200 firing 1", "\(busy.rows("bad"))")

        let refusing = Trouble { FetchResponse(status: $0 < 100 ? 400 : 200) }
        await refusing.run(900, ending: 420)
        // Refused at 30; told anew at the group's next interval.
        #expect(refusing.rows("bad") == ["330 firing 1", "630 resolved 1"])
    }

    @Test func `one that hangs and one that closes in the middle are tried again`() async {
        for fault in [FetchError.timedOut("no answer"), .other("closed in the middle")] {
            let trouble = Trouble { (second) throws(FetchError) in
                if second < 60 { throw fault }
                return FetchResponse(status: 200)
            }
            await trouble.run(900, ending: 420)
            #expect(
                trouble.rows("bad").map { $0.split(separator: " ")[1] } == ["firing", "resolved"])
            #expect(trouble.rows("good") == good)
        }
    }

    @Test func `ten thousand alerts for a receiver that is down are one message, not one a minute`()
        async throws
    {
        let trouble = Trouble { (_) throws(FetchError) in throw .cannotConnect("refused") }
        let notifier = trouble.notifier
        let alerts = (0..<10_000).map { index in
            Alert(
                labels: ["alertname": "A", "n": "\(index)"], annotations: .empty,
                startsAt: trouble.clock.now, endsAt: .max / 4, generatorURL: "")
        }
        for _ in 0..<3 {
            notifier.submit(alerts)
            _ = await notifier.flush()
            for target in ["bad/0", "good/0"] { _ = await notifier.deliver(target) }
            trouble.clock.advance(by: .seconds(60))
        }
        let messages = trouble.outbox.history.map(\.waiting.message)
        #expect(messages.map(\.target).sorted() == ["bad/0", "good/0"])
        #expect(messages.allSatisfy { $0.payload.count < 4 << 20 })
        #expect(trouble.rows("good").map { $0.split(separator: " ")[2] } == ["10000"])
    }

    @Test func `every attempt is remembered with its answer`() async {
        let notes = Lock<[String]>([])
        let outbox = MemoryOutbox()
        let inner = outbox.store
        let receiver = FakeReceiver([
            .success(FetchResponse(status: 503)), .success(FetchResponse(status: 200)),
        ])
        let clock = ManualClock(now: 1_000_000)
        let world = NotifierWorld(
            outbox: OutboxStore(
                enqueue: inner.enqueue, records: inner.records, waiting: inner.waiting,
                succeed: inner.succeed, fail: inner.fail, giveUp: inner.giveUp,
                note: { attempt in
                    notes.withLock {
                        $0.append("\(attempt.number) \(attempt.outcome.rawValue) \(attempt.answer)")
                    }
                }), fetch: receiver.fetch, clock: clock.clock, registry: Registry())
        let notifier = Notifier(world: world, receivers: [.webhook("http://h/")])
        notifier.submit([
            Alert(
                labels: ["alertname": "A"], annotations: .empty, startsAt: 0, endsAt: .max / 4,
                generatorURL: "")
        ])
        _ = await notifier.flush()
        _ = await notifier.deliver("webhook/0")
        clock.advance(by: .seconds(5))
        _ = await notifier.deliver("webhook/0")
        #expect(
            notes.withLock { $0 } == [
                "1 failed the receiver answered 503", "2 delivered 200",
            ])
    }
}
