// Whole jobs in simulated time: a clock that jumps when somebody sleeps, a network that is a closure.

import Basics
import Testing

@testable import Collect

/// A clock for one sleeper: sleeping moves it, and after the end sleeping is cancelled.
private final class JumpingClock: Sendable {
    let now: Lock<Millis>
    let end: Millis

    init(from: Millis, to end: Millis) {
        now = Lock(from)
        self.end = end
    }

    var clock: Clock {
        Clock(
            now: { self.now.withLock { $0 } }, monotonic: { self.now.withLock { $0 } * 1_000_000 },
            sleep: { duration in
                let isOver = self.now.withLock { now in
                    if now + duration.millis > self.end { return true }
                    now += duration.millis
                    return false
                }
                if isOver { throw CancellationError() }
            })
    }
}

private let plain = [(name: "content-type", value: "text/plain; version=0.0.4")]

@Suite struct ScraperTests {
    private let store = Remembering()

    private func tools(_ clock: Clock, _ fetch: Fetch, _ registry: Registry = Registry())
        -> ScrapeTools
    {
        ScrapeTools(
            intake: store.intake, clock: clock, fetch: fetch, files: .system,
            workers: ScrapeWorkers(), counters: ScrapeCounters(registry), hostname: "box")
    }

    private func target(_ config: ScrapeConfig, _ address: String = "localhost:1") throws
        -> ScrapeTarget
    {
        guard case .target(let target) = config.target(address: address, labels: .empty) else {
            throw PushBodyError(reason: "no target")
        }
        return target
    }

    @Test func `a loop scrapes at even times and tells how it went`() async throws {
        let asked = Lock(0)
        let fetch = Fetch { (request) throws(FetchError) in
            let count = asked.withLock { count in
                count += 1
                return count
            }
            if count == 3 { throw .cannotConnect("refused") }
            return FetchResponse(status: 200, headers: plain, body: bytes("a \(count)\n"))
        }
        let registry = Registry()
        let config = ScrapeConfig(jobName: "app")
        let jumping = JumpingClock(from: 1_000_000, to: 1_000_000 + 5 * 60_000)
        let loop = TargetLoop(try target(config), config, tools(jumping.clock, fetch, registry))
        #expect(loop.status.health == .unknown)
        for index in 0..<4 {
            let scheduled = loop.target.nextTime(after: 1_000_000) + Millis(index) * 60_000
            jumping.now.withLock { $0 = scheduled + 3 }
            await loop.scrape(scheduled: scheduled)
            #expect(loop.status.health == (index == 2 ? .down : .up))
            #expect(loop.status.lastScrape == scheduled + 3)
            #expect(loop.status.lastError == (index == 2 ? "cannot connect: refused" : ""))
        }
        #expect(store.values("a") == ["1", "2", "stale", "4"])
        let times = store.samples.filter { $0.labels.metric == "up" }.map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 60_000 })
        #expect(loop.status.globalURL == "http://box:1/metrics")
        let text = String(
            decoding: ExpositionWriter.bytes(registry.families(), as: .text), as: UTF8.self)
        #expect(text.contains("martlet_scrapes_total{outcome=\"success\"} 3"))
        #expect(text.contains("martlet_scrapes_total{outcome=\"failure\"} 1"))
    }

    @Test func `the task of a loop keeps to the interval`() async throws {
        let fetch = Fetch { (_) throws(FetchError) in
            FetchResponse(status: 200, headers: plain, body: bytes("a 1\n"))
        }
        let config = ScrapeConfig(jobName: "app")
        let jumping = JumpingClock(from: 0, to: 600_000)
        let scraper = Scraper(
            intake: store.intake, fetch: fetch, registry: Registry(), clock: jumping.clock)
        var changed = config
        changed.staticGroups = [TargetGroup(targets: ["localhost:1"])]
        scraper.apply([changed])
        // Ten minutes pass as fast as the loop runs; the last scrape is the tenth.
        while store.values("up").count < 10 { await Task.yield() }
        let times = store.samples.filter { $0.labels.metric == "up" }.map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 60_000 })
        #expect(scraper.targets.active.map(\.scrapePool) == ["app"])
        scraper.stop()
    }

    @Test func `a reload keeps what stays, ends what goes and blocks what is too much`()
        async throws
    {
        let fetch = Fetch { (request) throws(FetchError) in
            FetchResponse(status: 200, headers: plain, body: bytes("a 1\n"))
        }
        let never = Clock(
            now: { 5_000_000 }, monotonic: { 0 },
            sleep: { _ in
                while !Task.isCancelled { try await Task.sleep(for: .milliseconds(5)) }
                throw CancellationError()
            })
        let tools = tools(never, fetch)
        var config = ScrapeConfig(jobName: "app")
        config.staticGroups = [TargetGroup(targets: ["h:1", "h:2"])]
        let pool = ScrapePool(config, tools)
        pool.apply(config)
        await pool.scrapeAll()
        #expect(pool.targets.active.map(\.health) == [.up, .up])
        config.staticGroups = [TargetGroup(targets: ["h:2", "h:3"])]
        config.limits.targets = 1
        config.relabelRules = [try RelabelRule(.drop, sourceLabels: ["__address__"], regex: "h:4")]
        config.staticGroups[0].targets.append("h:4")
        pool.apply(config)
        #expect(pool.targets.active.map(\.health) == [.up, .unknown])
        #expect(pool.targets.dropped.map { $0.discoveredLabels["__address__"] } == ["h:4"])
        await pool.scrapeAll()
        let active = pool.targets.active
        #expect(
            active.allSatisfy {
                $0.lastError == "target_limit exceeded (number of targets: 2, limit: 1)"
            })
        while store.values("up", ("instance", "h:1")).count < 2 { await Task.yield() }
        #expect(store.values("a", ("instance", "h:1")) == ["1", "stale"])
        #expect(store.values("a", ("instance", "h:2")) == ["1", "stale"])
        pool.stop(marksEnd: false)
    }
}

extension ScrapePool {
    /// Scrapes every target once, now.
    fileprivate func scrapeAll() async {
        for loop in loops { await loop.scrape(scheduled: 5_000_000) }
    }
}
