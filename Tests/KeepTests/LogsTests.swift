import Basics
import Dispatch
import Keep
import Testing

@Suite struct LogsTests {
    let folder = RecordsScratch()
    let clock = ManualClock(now: 1_795_230_000_000)  // 2026-11-21T03:00:00Z

    private func open(_ options: LogKeeperOptions = LogKeeperOptions()) throws -> LogKeeper {
        try LogKeeper.open(
            folder: folder.path, options: options, clock: clock.clock, registry: Registry())
    }

    private func line(
        _ body: String, _ severity: Severity = .info, at time: Millis? = nil,
        labels: Labels = ["source": "app"], _ attributes: [Label] = []
    ) -> LogRecord {
        LogRecord(
            time: time ?? clock.now, severity: severity, labels: labels, body: body,
            attributes: attributes)
    }

    private func find(_ keeper: LogKeeper, _ words: String) throws -> [String] {
        var query = LogQuery(range: TimeRange(from: 0, through: .max))
        query.words = words
        query.newestFirst = false
        return try keeper.search(query).records.map(\.body)
    }

    @Test(arguments: [
        ("超时", ["请求超时", "网关请求超时了,重试", "GPT超时"]),
        ("请求超时", ["请求超时", "网关请求超时了,重试"]),
        ("时超", []),
        ("gpt超时", ["GPT超时"]),
        ("超时 -网关", ["请求超时", "GPT超时"]),
        ("\"请求 超时\"", ["请求超时", "网关请求超时了,重试"]),
        ("リクエスト", ["リクエストがタイムアウト"]),
        ("타임", ["요청 타임아웃"]),
        ("time*", ["upstream timed out", "TIMEOUT waiting for lock", "full ＴＩＭＥ"]),
        ("\"timed out\"", ["upstream timed out"]),
        ("\"out timed\"", []),
        ("timed upstream", ["upstream timed out"]),
        (
            "-upstream -超",
            ["TIMEOUT waiting for lock", "full ＴＩＭＥ", "リクエストがタイムアウト", "요청 타임아웃", "ordre échoué"]
        ),
        ("ÉCHOUÉ", ["ordre échoué"]),
        ("tenant", ["upstream timed out"]),
        ("acme-7", ["upstream timed out"]),
    ])
    func `words, phrases, exclusions and prefixes find lines`(
        words: String, expected: [String]
    ) throws {
        let keeper = try open()
        try keeper.append(
            [
                "请求超时", "网关请求超时了,重试", "GPT超时", "upstream timed out",
                "TIMEOUT waiting for lock", "full ＴＩＭＥ", "リクエストがタイムアウト", "요청 타임아웃",
                "ordre échoué",
            ].enumerated().map { index, body in
                line(
                    body, at: clock.now + Millis(index),
                    body.hasPrefix("upstream") ? [Label("tenant", "acme-7")] : [])
            })
        #expect(try find(keeper, words) == expected)
    }

    @Test(arguments: ["\"open", "***", "a - b", "-", "\"\"", String(repeating: "a ", count: 40)])
    func `a search that cannot be done is an error with its place`(words: String) throws {
        let keeper = try open()
        try keeper.append([line("a")])
        let error = #expect(throws: LogError.self) { try find(keeper, words) }
        guard case .badQuery(let reason) = error else { return #expect(Bool(false)) }
        #expect(reason.contains("character"))
    }

    @Test func `every text is a search or a clear error, never a fault of SQLite`() throws {
        let keeper = try open()
        try keeper.append([line("NEAR AND OR NOT body:x ^y {z} a+b")])
        var random = RecordsRandom(seed: 7)
        let pieces = [
            "AND", "OR", "NOT", "NEAR(", ")", "\"", "*", "^", "-", "a", "超", "'", ":", "+",
        ]
        for _ in 0..<300 {
            let text = (0..<5).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined(separator: Bool.random(using: &random) ? " " : "")
            do throws(LogError) {
                var query = LogQuery(range: TimeRange(from: 0, through: .max))
                query.words = text
                _ = try keeper.search(query)
            } catch .badQuery {
                continue
            } catch {
                Issue.record("\(text): \(error)")
            }
        }
        #expect(try find(keeper, "AND OR NOT NEAR").count == 1)
    }

    @Test func `levels, labels and time choose lines, and a histogram counts them all`() throws {
        let keeper = try open()
        let start = clock.now
        try keeper.append(
            (0..<100).map { index in
                line(
                    "line \(index)", index % 10 == 0 ? .error : .info, at: start + Millis(index),
                    labels: ["source": index < 50 ? "app" : "gateway"])
            })
        var query = LogQuery(range: TimeRange(from: start + 10, through: start + 79))
        query.want(atLeast: .warn)
        query.matchers = [try Matcher("source", .matches, "gate.*")]
        query.bucketMillis = 10
        query.limit = 2
        let page = try keeper.search(query)
        #expect(page.records.map(\.body) == ["line 70", "line 60"])
        #expect(page.histogram.map { $0.counts } == [[.error: 1], [.error: 1], [.error: 1]])
        #expect(page.histogram.first?.start == (start + 50) / 10 * 10)
        #expect(!page.isPartial)
        query.bucketMillis = 0
        query.matchers = [Matcher("source", equals: "nobody")]
        #expect(try keeper.search(query) == LogPage())
        #expect(keeper.labelSets() == [["source": "app"], ["source": "gateway"]])
    }

    @Test(arguments: [true, false])
    func `pages across days repeat and miss nothing while lines arrive`(newest: Bool) throws {
        let keeper = try open()
        var random = RecordsRandom(seed: 11)
        var expected: [String] = []
        for day in 0..<3 {
            // Times of lines overlap the days and repeat, as with late files.
            let records = (0..<40).map { index in
                line(
                    "day \(day) line \(index)",
                    at: clock.now - Millis.random(in: 0..<5, using: &random) * 40_000_000)
            }
            try keeper.append(records)
            expected += records.map(\.body)
            clock.advance(by: .seconds(86_400))
        }
        let end = clock.now - 86_400_000
        var query = LogQuery(range: TimeRange(from: 0, through: end))
        query.limit = 7
        query.newestFirst = newest
        var hits: [LogHit] = []
        while true {
            let page = try keeper.search(query)
            hits += page.hits
            guard let next = page.next else { break }
            #expect(LogCursor(next.description) == next)
            query.cursor = next
            try keeper.append([line("meanwhile", at: end + 1)])
        }
        #expect(hits.map(\.record.body).sorted() == expected.sorted())
        let times = hits.map(\.record.time)
        #expect(times == (newest ? times.sorted(by: >) : times.sorted()))
        #expect(keeper.stats.days == 4)
    }

    @Test func `a position is committed with its lines and outlives days and restarts`() throws {
        func position(_ source: String, _ offset: Int64) -> LogPosition {
            LogPosition(
                source: source, device: 1, inode: .max, offset: offset, headChecksum: .max,
                headBytes: 3)
        }
        var keeper = try open(LogKeeperOptions())
        try keeper.append([line("a")], position("quiet", 10))
        try keeper.append([], position("busy", 1))
        #expect(keeper.position("quiet") == position("quiet", 10))
        for day in 1...40 {
            clock.advance(by: .seconds(86_400))
            try keeper.append([line("b")], position("busy", Int64(day)))
            keeper.maintain(now: clock.now)
        }
        #expect(keeper.stats.days == 31)
        try keeper.close()
        keeper = try open()
        #expect(keeper.position("quiet") == position("quiet", 10))
        #expect(keeper.position("busy") == position("busy", 40))
        #expect(keeper.position("nobody") == nil)
        // The clock is set back: the older day's file takes the lines, the later position holds.
        clock.advance(by: .seconds(-5 * 86_400))
        try keeper.append([line("c")], position("busy", 41))
        try keeper.close()
        #expect(try open().position("busy") == position("busy", 41))
    }

    @Test func `many callers at once are each committed`() throws {
        let keeper = try open()
        DispatchQueue.concurrentPerform(iterations: 200) { index in
            let position = LogPosition(
                source: "s\(index)", device: 1, inode: 1, offset: Int64(index), headChecksum: 0,
                headBytes: 0)
            try? keeper.append([line("line \(index)"), line("twin")], position)
        }
        var query = LogQuery(range: TimeRange(from: 0, through: .max))
        query.limit = 1_000
        #expect(Set(try keeper.search(query).records.map(\.body)).count == 201)
        #expect((0..<200).allSatisfy { keeper.position("s\($0)")?.offset == Int64($0) })
    }

    @Test func `retention by bytes removes the oldest days, never the one being written`() throws {
        var options = LogKeeperOptions()
        options.bytesMax = 1
        let keeper = try open(options)
        for _ in 0..<4 {
            clock.advance(by: .seconds(86_400))
            try keeper.append([line("a line")])
        }
        #expect(keeper.stats.days == 4)
        keeper.maintain(now: clock.now)
        #expect(keeper.stats.days == 1)
        #expect(try find(keeper, "line").count == 1)
    }

    @Test func `a clock a year ahead removes one day at most`() throws {
        let keeper = try open()
        for _ in 0..<5 {
            clock.advance(by: .seconds(86_400))
            try keeper.append([line("a line")])
        }
        for _ in 0..<10 { keeper.maintain(now: clock.now + 365 * 86_400_000) }
        #expect(keeper.stats.days == 4)
    }

    @Test func `a damaged day costs only itself`() throws {
        var keeper = try open()
        try keeper.append([line("first day")])
        clock.advance(by: .seconds(86_400))
        try keeper.append((0..<200).map { line("second day \($0)") })
        clock.advance(by: .seconds(86_400))
        try keeper.append([line("third day")])
        try keeper.close()
        let path = folder.path + "/logs/2026-11-22.db"
        var bytes = RecordsScratch.contents(path)
        for offset in 4096..<bytes.count { bytes[offset] = 0xa5 }
        RecordsScratch.write(bytes, to: path)
        keeper = try open()
        let page = try keeper.search(LogQuery(range: TimeRange(from: 0, through: .max)))
        #expect(page.records.map(\.body) == ["third day", "first day"])
        #expect(page.isPartial && page.remarks.contains { $0.contains("2026-11-22") })
    }

    @Test func `a damaged file of today is put aside and lines go on`() throws {
        let path = folder.path + "/logs/2026-11-21.db"
        let position = LogPosition(
            source: "s", device: 1, inode: 2, offset: 3, headChecksum: 4, headBytes: 5)
        let keeper = try open()
        try keeper.append([line("before")], position)
        try keeper.close()
        RecordsScratch.write([UInt8](repeating: 0x41, count: 10_000), to: path)
        try keeper.append([line("after")])
        #expect(try find(keeper, "after") == ["after"])
        try keeper.close()
        #expect(try open().position("s") == position)
        #expect(RecordsScratch.exists("\(path).damaged-\(clock.now)"))
    }

    @Test func `what was acknowledged survives a crash at any commit`() throws {
        let keeper = try open()
        for index in 0..<20 {
            let position = LogPosition(
                source: "s", device: 1, inode: 2, offset: Int64(index), headChecksum: 4,
                headBytes: 5)
            try keeper.append([line("line \(index)")], position)
            // A crash leaves the files as they are at this moment.
            let crashed = RecordsScratch()
            try Files.system.makeFolder(crashed.path + "/logs")
            for suffix in ["", "-wal"] {
                let name = "/logs/2026-11-21.db" + suffix
                RecordsScratch.write(
                    RecordsScratch.contents(folder.path + name), to: crashed.path + name)
            }
            let again = try LogKeeper.open(
                folder: crashed.path, clock: clock.clock, registry: Registry())
            #expect(again.position("s") == position)
            #expect(try find(again, "line").count == index + 1)
        }
    }

    @Test func `a search whose time is up answers with what it has, and says so`() throws {
        let keeper = try open()
        for day in 0..<3 {
            try keeper.append((0..<3_000).map { line("day \(day) line \($0) 请求超时 again") })
            clock.advance(by: .seconds(86_400))
        }
        var query = LogQuery(range: TimeRange(from: 0, through: clock.now))
        query.words = "超时 -absent* line"
        query.bucketMillis = 86_400_000_000
        query.budgetMillis = 1
        let start = Clock.system.monotonic()
        let page = try keeper.search(query)
        #expect(Clock.system.monotonic() - start < 5_000_000_000)
        #expect(page.isPartial == page.remarks.contains { $0.contains("longer than") })
        query.budgetMillis = 60_000
        let whole = try keeper.search(query)
        #expect(!whole.isPartial && whole.hits.count == 100)
        #expect(whole.histogram.map(\.counts) == [[.info: 9_000]])
    }

    @Test func `a flipped bit in a day's write-ahead log takes lines and place together`() throws {
        let keeper = try open()
        for index in 0..<40 {
            let position = LogPosition(
                source: "s", device: 1, inode: 2, offset: Int64(index + 1), headChecksum: 4,
                headBytes: 5)
            try keeper.append([line("line \(index)")], position)
        }
        let crashed = RecordsScratch()
        try Files.system.makeFolder(crashed.path + "/logs")
        for suffix in ["", "-wal"] {
            let name = "/logs/2026-11-21.db" + suffix
            var bytes = RecordsScratch.contents(folder.path + name)
            if suffix == "-wal" { bytes[bytes.count / 2] ^= 4 }
            RecordsScratch.write(bytes, to: crashed.path + name)
        }
        let registry = Registry()
        let again = try LogKeeper.open(folder: crashed.path, clock: clock.clock, registry: registry)
        let kept = try find(again, "line").count
        #expect(kept < 40)
        #expect(again.position("s")?.offset ?? 0 == Int64(kept))
        let damaged = registry.families().first { $0.name == "martlet_log_store_damaged" }
        #expect(damaged?.samples.first?.value == 1)
    }

    @Test func `odd bodies come back as they went in`() throws {
        let keeper = try open()
        let long = String(repeating: "长x", count: 16_000)
        let records = [
            line(long), line(""), line("tab\tquote\"'\\ \u{1}"),
            line("pairs", .fatal, [Label("a", "1"), Label("a", ""), Label("ключ", "\n")]),
        ]
        try keeper.append(records + [line("nul\0inside")])
        var query = LogQuery(range: TimeRange(from: 0, through: .max))
        query.newestFirst = false
        let found = try keeper.search(query).records
        #expect(Array(found.prefix(4)) == records)
        #expect(found.last?.body == "nul\u{fffd}inside")
    }
}
