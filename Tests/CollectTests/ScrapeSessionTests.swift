// What a scrape writes: samples, the end of series, the five series about the scrape itself.

import Basics
import Testing

@testable import Collect

@Suite struct ScrapeSessionTests {
    private let store = Remembering()

    private func session(_ change: (inout ScrapeConfig) -> Void = { _ in }) throws -> ScrapeSession
    {
        var config = ScrapeConfig(jobName: "app")
        change(&config)
        guard case .target(let target) = config.target(address: "h:1", labels: .empty) else {
            throw SeriesTextError(reason: "no target")
        }
        return ScrapeSession(target: target, config: config, intake: store.intake)
    }

    private func take(
        _ session: inout ScrapeSession, _ text: String, at time: Millis = 1000
    ) -> ScrapeResult {
        session.take(bytes(text), format: .text, at: time, elapsed: { 0.5 })
    }

    @Test func `a good scrape writes its samples and the series about itself`() throws {
        var session = try session()
        let result = take(&session, "a{b=\"1\"} 1\nc 2\n")
        #expect(result.error == nil)
        let written = store.samples.map { "\($0.labels) \(numberText($0.value)) \($0.time)" }
        let own = #"instance="h:1", job="app""#
        #expect(
            written == [
                #"a{b="1", \#(own)} 1 1000"#, "c{\(own)} 2 1000", "up{\(own)} 1 1000",
                "scrape_duration_seconds{\(own)} 0.5 1000", "scrape_samples_scraped{\(own)} 2 1000",
                "scrape_samples_post_metric_relabeling{\(own)} 2 1000",
                "scrape_series_added{\(own)} 2 1000",
            ])
        #expect(store.state.withLock { $0.appends } == 1)
    }

    @Test func `a series that vanishes ends with a marker, once`() throws {
        var session = try session()
        _ = take(&session, "a 1\nb 1\nc 1\n")
        let result = take(&session, "a 2\nc 2\n", at: 2000)
        _ = take(&session, "a 3\nc 3\n", at: 3000)
        #expect(result.ended == 1)
        #expect(store.values("b") == ["1", "stale"])
        #expect(store.values("a") == ["1", "2", "3"])
        #expect(store.values("scrape_series_added") == ["3", "0", "0"])
    }

    @Test func `a returning series is asked for anew and goes on`() throws {
        var session = try session()
        for text in ["a 1\nb 1\n", "a 2\n", "a 3\n", "b 4\na 4\n"] { _ = take(&session, text) }
        #expect(store.values("b") == ["1", "stale", "4"])
        #expect(store.values("scrape_series_added") == ["2", "0", "0", "1"])
    }

    @Test func `a broken line fails the scrape with its number and ends everything`() throws {
        var session = try session()
        _ = take(&session, "a 1\nb 1\n")
        let result = take(&session, "a 2\nb x\n", at: 2000)
        #expect(result.error == #"line 2: expected value after metric, got "x""#)
        #expect(store.values("a") == ["1", "stale"])
        #expect(store.values("b") == ["1", "stale"])
        #expect(store.values("up") == ["1", "0"])
        #expect(store.values("scrape_samples_scraped") == ["2", "1"])
        _ = take(&session, "a 3\nb 3\n", at: 3000)
        #expect(store.values("a") == ["1", "stale", "3"])
    }

    @Test func `a target's limit of series leaves out only what is new, and says how much`() throws
    {
        var session = try session { $0.limits.series = 3 }
        let first = take(&session, "a 1\nb 1\nc 1\n")
        #expect(first.limit == nil && first.refused.isEmpty)
        let second = take(&session, "new 1\na 2\nb 2\nc 2\nnew2 1\n", at: 2000)
        #expect(second.error == nil && second.limit == "series_limit")
        #expect(second.refused == [.seriesLimit: 2])
        #expect(store.values("a") == ["1", "2"] && store.values("c") == ["1", "2"])
        #expect(store.values("new").isEmpty && store.values("up") == ["1", "1"])
        #expect(store.values("scrape_series_limit_samples_dropped") == ["0", "2"])
        #expect(store.values("scrape_series_current") == ["3", "3"])
        // What has gone makes room at the next scrape.
        _ = take(&session, "a 3\nb 3\nnew 3\n", at: 3000)
        let fourth = take(&session, "a 4\nb 4\nnew 4\n", at: 4000)
        #expect(fourth.limit == nil && store.values("new") == ["4"])
        // After a long pause all texts are asked for anew, and all of them fit.
        let late = take(&session, "a 5\nb 5\nnew 5\n", at: 4_000_000)
        #expect(late.refused.isEmpty && store.values("a").last == "5")
    }

    @Test func `a failed fetch ends everything once`() throws {
        var session = try session()
        _ = take(&session, "a 1\n")
        _ = session.fail("cannot connect", at: 2000, elapsed: { 0 })
        _ = session.fail("cannot connect", at: 3000, elapsed: { 0 })
        #expect(store.values("a") == ["1", "stale"])
        #expect(store.values("up") == ["1", "0", "0"])
    }

    @Test func `a target that goes away ends its series and those about it`() throws {
        var session = try session()
        _ = take(&session, "a 1\n")
        _ = session.close(at: 2000)
        #expect(store.values("a") == ["1", "stale"])
        #expect(store.values("up") == ["1", "stale"])
    }

    @Test func `a colliding label is kept under another name, or wins when honoured`() throws {
        let text = "a{job=\"x\",exported_job=\"y\",instance=\"i\"} 1\n"
        var session = try session()
        _ = take(&session, text)
        var honoured = try self.session { $0.honorsLabels = true }
        _ = take(&honoured, text)
        let labels = store.samples.map(\.labels).filter { $0.metric == "a" }
        #expect(
            labels == [
                [
                    "__name__": "a", "job": "app", "exported_exported_job": "x",
                    "exported_job": "y", "instance": "h:1", "exported_instance": "i",
                ],
                ["__name__": "a", "job": "x", "exported_job": "y", "instance": "i"],
            ])
    }

    @Test func `explicit times are kept and end by themselves`() throws {
        var session = try session()
        _ = take(&session, "a 1 500\n")
        _ = take(&session, "b 1\n", at: 2000)
        #expect(store.samples.first { $0.labels.metric == "a" }?.time == 500)
        #expect(store.values("a") == ["1"])
        var ignoring = try self.session { $0.honorsTimestamps = false }
        _ = take(&ignoring, "d 1 500\n")
        #expect(store.samples.first { $0.labels.metric == "d" }?.time == 1000)
    }

    @Test func `a series that comes twice is taken once and counted`() throws {
        var session = try session()
        #expect(take(&session, "a 1\na 2\n").repeated == 1)
        #expect(take(&session, "a 3\na 4\n").repeated == 1)
        #expect(store.values("a") == ["1", "3"])
        #expect(take(&session, "a 1 100\na 2 200\n").repeated == 0)
    }

    @Test func `limits fail the whole scrape and say which`() throws {
        var session = try session { $0.limits.samples = 2 }
        let result = take(&session, "a 1\nb 1\nc 1\n")
        #expect(result.error == "sample_limit exceeded (3 samples, limit 2)")
        #expect(result.limit == "sample_limit")
        #expect(store.values("a") == [] && store.values("up") == ["0"])
        #expect(store.values("scrape_samples_scraped") == ["3"])
        var narrow = try self.session { $0.limits.labels = 3 }
        #expect(take(&narrow, "a{b=\"1\"} 1\n").error?.contains("label_limit exceeded") == true)
        var short = try self.session { $0.limits.labelValueBytes = 5 }
        #expect(
            take(&short, "a{b=\"123456\"} 1\n").error?.contains("length_limit exceeded") == true)
    }

    @Test func `a series over the store's limit costs only itself`() throws {
        store.state.withLock { $0.seriesMax = 7 }
        var session = try session()
        _ = take(&session, "a 1\n")
        let result = take(&session, "a 2\nb 2\nc 2\n")
        #expect(result.error == nil)
        #expect(result.refused == [.seriesLimit: 1])
        #expect(store.values("a") == ["1", "2"] && store.values("b") == ["2"])
    }

    @Test func `metric relabelling drops and renames, and a changed rule ends what it changed`()
        throws
    {
        let drop = try RelabelRule(.drop, sourceLabels: ["__name__"], regex: "b.*")
        var session = try session { $0.metricRelabelRules = [drop] }
        let first = take(&session, "a 1\nb1 1\n")
        #expect((first.scraped, first.kept) == (2, 1))
        var config = session.config
        config.metricRelabelRules = [
            try RelabelRule(targetLabel: "__name__", replacement: "z")
        ]
        session.adopt(config)
        _ = take(&session, "a 2\n", at: 2000)
        #expect(store.values("a") == ["1", "stale"])
        #expect(store.values("z") == ["2"])
    }

    @Test func `a stale marker of the target's own is only a NaN`() throws {
        var session = try session()
        _ = take(&session, "a NaN\n")
        #expect(store.values("a") == ["NaN"])
    }

    @Test func `metadata is told once, and counters by the name of their samples`() throws {
        var session = try session()
        let text =
            "# HELP a_seconds Time \\\\ spent\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n"
            + "a_seconds_total 1\n# EOF\n"
        for _ in 0..<2 {
            _ = session.take(bytes(text), format: .openMetrics, at: 1000, elapsed: { 0 })
        }
        let metadata = store.state.withLock { $0.metadata }
        #expect(
            metadata == [
                "a_seconds_total": MetricMetadata(
                    kind: .counter, help: "Time \\ spent", unit: "seconds")
            ])
    }

    @Test(arguments: [11, 12, 13, 14] as [UInt64])
    func `any order and any gaps keep each series' own values`(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        var session = try session()
        var wanted: [String: [String]] = [:]
        var last: Set<Int> = []
        for scrape in 1...40 {
            var present = (0..<50).filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
            if scrape % 3 == 0 { present.shuffle(using: &random) }
            let text = present.map { "m{n=\"\($0)\"} \(scrape)\n" }.joined()
            _ = take(&session, text, at: Millis(scrape) * 1000)
            for number in 0..<50 {
                let key = String(number)
                if present.contains(number) {
                    wanted[key, default: []].append(String(scrape))
                } else if last.contains(number) {
                    wanted[key, default: []].append("stale")
                }
            }
            last = Set(present)
        }
        for (number, values) in wanted {
            #expect(store.values("m", ("n", number)) == values, "seed \(seed), series \(number)")
        }
    }

    @Test func `the cache forgets what is long gone`() throws {
        var session = try session()
        for scrape in 0..<20 {
            let text = (0..<500).map { "m{n=\"\(scrape)-\($0)\"} 1\n" }.joined()
            _ = take(&session, text, at: Millis(scrape) * 1000)
        }
        #expect(session.cache.count < 3000)
        let before = store.state.withLock { $0.resolved }
        let text = (0..<500).map { "m{n=\"19-\($0)\"} 1\n" }.joined()
        _ = take(&session, text, at: 30_000)
        // Only the five series about the scrape are asked for again.
        #expect(store.state.withLock { $0.resolved } == before + 5)
    }
}
