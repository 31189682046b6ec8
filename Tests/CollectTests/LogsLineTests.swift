import Basics
import Bytes
import Collect
import Testing

@Suite struct LogsLineTests {
    static let arrival: Millis = 1_795_230_000_000  // 2026-11-21T03:00:00Z

    /// Follows one file with these lines to its end.
    private func read(
        _ text: String, _ change: (inout LogSourceConfig) -> Void = { _ in }
    ) -> [LogRecord] {
        let clock = ManualClock(now: LogsLineTests.arrival)
        let disk = LogsFakeDisk(now: { clock.now })
        let store = LogsFakeStore()
        disk.append(text + "\n", to: "/logs/a.log")
        var config = LogSourceConfig(source: "a", paths: ["/logs/a.log"])
        config.from = .start
        change(&config)
        let follower = LogFollower(
            configs: [config], files: disk.files, intake: store.intake, clock: clock.clock,
            registry: Registry())
        while follower.pass() {}
        return store.records
    }

    @Test(arguments: [
        ("2026-11-20T10:00:00.5Z ERROR x", "2026-11-20T10:00:00.500Z", Severity.error),
        ("2026-11-20T10:00:00+08:00 [info] x", "2026-11-20T02:00:00.000Z", .info),
        ("2026-11-20 10:00:00,123 WARNING x", "2026-11-20T10:00:00.123Z", .warn),
        ("[2026-11-20 10:00:00.123456] DEBUG x", "2026-11-20T10:00:00.123Z", .debug),
        ("2026/11/20 10:00:00 [error] 7#7: *1 open", "2026-11-20T10:00:00.000Z", .error),
        ("26/11/20 10:00:00 INFO exec", "2026-11-20T10:00:00.000Z", .info),
        ("081109 203615 148 WARN dfs", "2008-11-09T20:36:15.000Z", .warn),
        ("Nov 20 10:00:00 host sshd[1]: error: x", "2026-11-20T10:00:00.000Z", .error),
        ("Dec  1 10:00:00 host cron: x", "2025-12-01T10:00:00.000Z", .unknown),
        ("<11>Nov 20 10:00:00 host app: x", "2026-11-20T10:00:00.000Z", .error),
        ("<12>1 2026-11-20T10:00:00Z host app - - - x", "2026-11-20T10:00:00.000Z", .warn),
        ("E1120 10:00:00.123456 1 a.go:1] x", "2026-11-20T10:00:00.123Z", .error),
        ("I1120 10:00:00.123456 1 a.go:1] ERROR in text", "2026-11-20T10:00:00.123Z", .info),
        ("[Fri Nov 20 10:00:00.5 2026] [core:notice] x", "2026-11-20T10:00:00.500Z", .unknown),
        ("[Fri Nov 20 10:00:00 2026] [notice] x", "2026-11-20T10:00:00.000Z", .info),
        ("1795168800 fatal: x", "2026-11-20T10:00:00.000Z", .fatal),
        ("1795168800.25 x", "2026-11-20T10:00:00.250Z", .unknown),
        ("1795168800123 CRITICAL x", "2026-11-20T10:00:00.123Z", .fatal),
        (
            #"1.2.3.4 - bob [20/Nov/2026:18:00:00 +0800] "GET /a HTTP/1.1" 502 7 "-" "curl""#,
            "2026-11-20T10:00:00.000Z", .error
        ),
        (
            #"::1 - - [20/Nov/2026:10:00:00 +0000] "POST /v1 HTTP/2.0" 404 7"#,
            "2026-11-20T10:00:00.000Z", .warn
        ),
        (
            #"{"ts":1795168800.123,"level":"warn","msg":"x"}"#, "2026-11-20T10:00:00.123Z",
            .warn
        ),
        (
            #"{"@timestamp":"2026-11-20T10:00:00Z","severity":"ERROR","message":"x"}"#,
            "2026-11-20T10:00:00.000Z", .error
        ),
        (#"{"time":1795168800123,"level":50,"msg":"x"}"#, "2026-11-20T10:00:00.123Z", .error),
        (
            "time=\"2026-11-20T10:00:00Z\" level=debug msg=\"x y\"", "2026-11-20T10:00:00.000Z",
            .debug
        ),
        ("ERROR no time", "2026-11-21T03:00:00.000Z", .error),
        ("WARNING:root:x", "2026-11-21T03:00:00.000Z", .warn),
        ("GET /error/info.html was fine", "2026-11-21T03:00:00.000Z", .unknown),
        ("there was no error here", "2026-11-21T03:00:00.000Z", .unknown),
        ("Traceback (most recent call last):", "2026-11-21T03:00:00.000Z", .error),
        ("2040-01-01 00:00:00 INFO from the future", "2026-11-21T03:00:00.000Z", .info),
        ("请求超时", "2026-11-21T03:00:00.000Z", .unknown),
        ("", "2026-11-21T03:00:00.000Z", .unknown),
    ])
    func `time and level are found`(line: String, time: String, level: Severity) throws {
        let record = try #require(read(line).first)
        #expect(CivilTime(record.time).rfc3339 == time)
        #expect(record.severity == level)
    }

    @Test func `a JSON line gives its text, its other fields, and is masked field by field`() throws
    {
        let line = #"""
            {"level":"info","msg":"login \u0061@b.cn","user":{"id":7,"password":"hunter2"},"api_key":"k-12345678","n":1.5,"none":null}
            """#
        let record = try #require(read(line).first)
        #expect(record.body == "login ‹email›")
        #expect(
            record.attributes == [
                Label("user", #"{"id":7,"password":"‹key›"}"#), Label("api_key", "‹key›"),
                Label("n", "1.5"),
            ])
    }

    @Test func `JSON without a text, and what only looks like JSON, is kept as it is`() {
        #expect(read(#"{"a":1}"#).first?.body == #"{"a":1}"#)
        #expect(read(#"{"a":1}"#).first?.attributes == [])
        #expect(read(#"{broken "password":"x"}"#).first?.body == #"{broken "password":"‹key›"}"#)
        #expect(read("a=b c=d prose").first?.body == "a=b c=d prose")
    }

    @Test func `logfmt gives its text and fields, an access log its request`() {
        let record = read(#"level=warn msg="slow \"q\"" took=3s cached token=abcdefgh"#).first
        #expect(record?.body == #"slow "q""#)
        #expect(
            record?.attributes == [
                Label("took", "3s"), Label("cached", "true"), Label("token", "‹key›"),
            ])
        let access = read(#"1.2.3.4 - - [20/Nov/2026:10:00:00 +0000] "GET /a?b HTTP/1.1" 200 7"#)
        #expect(
            access.first?.attributes == [
                Label("status", "200"), Label("method", "GET"), Label("path", "/a?b"),
            ])
    }

    @Test func `times without a zone are the source's, and a trace belongs to its line's time`() {
        let records = read("2026-11-20 18:00:00 ERROR x\n\tat y\nplain") {
            $0.utcOffsetMillis = 8 * 3_600_000
        }
        let first = CivilTime(records[0].time).rfc3339
        #expect(first == "2026-11-20T10:00:00.000Z")
        #expect(records[1].time == records[0].time)
        #expect(records[2].time == LogsLineTests.arrival)
    }

    @Test func `invalid UTF-8, carriage returns and a byte order mark do not disturb`() {
        let clock = ManualClock(now: LogsLineTests.arrival)
        let disk = LogsFakeDisk(now: { clock.now })
        let store = LogsFakeStore()
        disk.append(
            [0xef, 0xbb, 0xbf] + Array("bom\r\n".utf8) + [0x61, 0xff, 0x62, 0x0a], to: "/l/a")
        var config = LogSourceConfig(source: "a", paths: ["/l/a"])
        config.from = .start
        LogFollower(
            configs: [config], files: disk.files, intake: store.intake, clock: clock.clock,
            registry: Registry()
        ).pass()
        #expect(store.bodies == ["bom", "a\u{fffd}b"])
    }

    @Test(
        .enabled(if: LogsLineTests.loghub != nil, "shared/data is not here"),
        arguments: [
            ("Apache", 2_000), ("HDFS", 2_000), ("Hadoop", 2_000), ("OpenSSH", 2_000),
            ("Spark", 2_000), ("Zookeeper", 2_000),
        ])
    func `lines of real systems have their time`(system: String, atLeast: Int) throws {
        let folder = try #require(LogsLineTests.loghub)
        let path = "\(folder)/\(system)/\(system)_2k.log"
        let file = try Files.system.open(path, .read)
        defer { Files.system.close(file) }
        let text = try Files.system.read(file, 0, try Files.system.size(file))
        let records = read(String(decoding: text, as: UTF8.self))
        let timed = records.count { $0.time != LogsLineTests.arrival }
        #expect(timed >= atLeast)
    }

    static let loghub: String? = {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let candidates = ["/\(here)/../shared/data/loghub"]
        return candidates.first { LogFiles.system.status($0)?.isFolder == true }
    }()

    @Test func `a source is read from the configuration, and faults name their place`() throws {
        let text = """
            - source: app
              paths: [/var/log/app/*.log]
              labels: {team: search}
              from: start
              multiline: true
              level: info
              utc_offset: "+08:00"
            - source: app
              paths: []
              labels: {file: x, 1a: y}
              from: middle
              levle: info
            """
        let problems = Problems(file: "martlet.yml")
        let sections = try #require(try YAML.parse(text).items).enumerated().map {
            Section($1, path: "logs[\($0)]", problems: problems)
        }
        let configs = LogSourceConfig.read(sections)
        var expected = LogSourceConfig(source: "app", paths: ["/var/log/app/*.log"])
        expected.labels = ["team": "search"]
        expected.from = .start
        expected.multiline = true
        expected.level = .info
        expected.utcOffsetMillis = 28_800_000
        #expect(configs[0] == expected)
        let lines = problems.all.map(\.description)
        #expect(lines.count == 6)
        #expect(lines.allSatisfy { $0.hasPrefix("martlet.yml:") })
        #expect(lines.contains { $0.contains("did you mean level?") })
        #expect(lines.contains { $0.contains("used twice") })
    }
}
