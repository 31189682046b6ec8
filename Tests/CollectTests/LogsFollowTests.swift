import Basics
import Collect
import Testing

@Suite struct LogsFollowTests {
    let clock = ManualClock(now: 1_795_230_000_000)  // 2026-11-21T03:00:00Z
    let disk: LogsFakeDisk
    let store = LogsFakeStore()
    let registry = Registry()

    init() {
        let clock = clock
        disk = LogsFakeDisk(now: { clock.now })
    }

    private func follower(
        _ paths: [String] = ["/logs/app.log"], _ change: (inout LogSourceConfig) -> Void = { _ in }
    ) -> LogFollower {
        var config = LogSourceConfig(source: "app", paths: paths)
        config.from = .start
        change(&config)
        return LogFollower(
            configs: [config], files: disk.files, intake: store.intake, clock: clock.clock,
            registry: registry)
    }

    private func settle(_ follower: LogFollower, seconds: Int = 20) {
        for _ in 0..<(seconds * 2) {
            clock.advance(by: .milliseconds(500))
            while follower.pass() {}
        }
    }

    @Test func `with nothing to follow it looks rarely, with a source four times a second`() async {
        let slept = Lock<[Duration]>([])
        let once = Clock(
            now: { 0 }, monotonic: { 0 },
            sleep: { pause in
                slept.withLock { $0.append(pause) }
                throw CancellationError()
            })
        for configs in [[], [LogSourceConfig(source: "app", paths: ["/logs/app.log"])]] {
            let follower = LogFollower(
                configs: configs, files: disk.files, intake: store.intake, clock: once,
                registry: registry)
            await follower.run()
        }
        #expect(slept.withLock { $0 } == [.seconds(2), .milliseconds(250)])
    }

    private func total(_ name: String) -> Double {
        registry.families().filter { $0.name == name }.flatMap(\.samples)
            .reduce(0) { $0 + $1.value }
    }

    @Test(arguments: 0..<150)
    func `a writer that rotates and truncates at random, and a reader that crashes, lose nothing`(
        seed: Int
    ) {
        var random = LogsRandom(seed: UInt64(seed))
        let path = "/logs/app.log"
        disk.append("line 0\n", to: path)
        var written = ["line 0"]
        var reader = follower(["/logs/*.log*"])
        // A file that rotates away before anybody ever saw it is not this test's.
        reader.pass()
        func shift() {
            for number in stride(from: 200, to: 0, by: -1) where disk.exists("\(path).\(number)") {
                disk.rename("\(path).\(number)", "\(path).\(number + 1)")
            }
        }
        func line() -> String {
            let pad = String(repeating: "x", count: Int.random(in: 0...40, using: &random))
            written.append("line \(written.count) \(pad)超")
            return written[written.count - 1] + "\n"
        }
        for _ in 0..<Int.random(in: 20...80, using: &random) {
            switch Int.random(in: 0..<14, using: &random) {
            case 0...4:
                for _ in 0..<Int.random(in: 1...4, using: &random) { disk.append(line(), to: path) }
            case 5:
                // A line in two writes, in the middle of a character.
                let bytes = Array(line().utf8)
                disk.append(Array(bytes.dropLast(2)), to: path)
                if Bool.random(using: &random) { reader.pass() }
                disk.append(Array(bytes.suffix(2)), to: path)
            case 6:
                shift()
                disk.rename(path, path + ".1")
                if Bool.random(using: &random) {
                    // The program goes on writing to the file that it has open.
                    disk.append("", to: path)
                    reader.pass()
                    clock.advance(by: .milliseconds(700))
                    disk.append(line(), to: path + ".1")
                }
                disk.append(line(), to: path)
            case 7:
                shift()
                disk.copy(path, path + ".1")
                disk.truncate(path)
                disk.append(line(), to: path)
            case 8...10:
                clock.advance(by: .milliseconds(Int.random(in: 1...4_000, using: &random)))
                reader.pass()
            case 11: store.fail(.beforeCommit)
            case 12: store.fail(.afterCommit)
            default:
                disk.closeAll()
                reader = follower(["/logs/*.log*"])
                if Bool.random(using: &random) { reader.pass() }
            }
            clock.advance(by: .milliseconds(10))
        }
        settle(reader, seconds: 200)
        let bodies = store.bodies
        #expect(bodies == written, "seed \(seed)")
        #expect(total("martlet_log_gaps") == 0)
    }

    @Test func `a line without its end waits until it has one or the file is replaced`() {
        disk.append("one\ntw", to: "/logs/app.log")
        let reader = follower()
        settle(reader)
        #expect(store.bodies == ["one"])
        disk.append("o\nthree", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies == ["one", "two"])
        disk.rename("/logs/app.log", "/logs/app.log.1")
        settle(reader)
        #expect(store.bodies == ["one", "two"])
        disk.append("four\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies == ["one", "two", "three", "four"])
    }

    @Test func `old content is passed over at first sight only`() {
        disk.append("old\nhalf", to: "/logs/app.log")
        let paths = ["/logs/*.log"]
        var reader = follower(paths) { $0.from = .end }
        settle(reader)
        disk.append(" done\nnew\n", to: "/logs/app.log")
        disk.append("another\n", to: "/logs/second.log")
        settle(reader)
        #expect(store.bodies == ["half done", "new", "another"])
        // While the agent is down a third file appears: it is new all the same.
        disk.closeAll()
        disk.append("third\n", to: "/logs/third.log")
        reader = follower(paths) { $0.from = .end }
        settle(reader)
        #expect(store.bodies.last == "third")
    }

    @Test func `a truncated file without a copy is begun anew and the gap is counted`() {
        disk.append("one\nunfinished", to: "/logs/app.log")
        let reader = follower()
        settle(reader)
        disk.truncate("/logs/app.log")
        disk.append("two\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies == ["one", "unfinished", "two"])
        #expect(total("martlet_log_gaps") == 1)
    }

    @Test func `a rotated file whose new name matches too is not read twice, nor after a crash`() {
        disk.append("one\n", to: "/logs/app.log")
        let paths = ["/logs/*.log"]
        var reader = follower(paths)
        settle(reader)
        disk.rename("/logs/app.log", "/logs/app-2026-11-21.log")
        disk.append("two\n", to: "/logs/app.log")
        settle(reader)
        disk.closeAll()
        reader = follower(paths)
        settle(reader)
        disk.append("late\n", to: "/logs/app-2026-11-21.log")
        settle(reader)
        #expect(store.bodies == ["one", "two", "late"])
    }

    @Test func `a removed file is closed, so that its disk space is free`() {
        disk.append("one\n", to: "/logs/app.log")
        let reader = follower()
        settle(reader)
        #expect(disk.openHandles == 1)
        disk.remove("/logs/app.log")
        settle(reader, seconds: 90)
        #expect(disk.openHandles == 0)
        disk.append("two\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies == ["one", "two"])
    }

    @Test func `an idle file is closed and found again when it grows or rotates`() {
        disk.append("one\n", to: "/logs/app.log")
        let reader = follower()
        settle(reader, seconds: 400)
        #expect(disk.openHandles == 0)
        disk.append("two\n", to: "/logs/app.log")
        settle(reader, seconds: 400)
        disk.append("three\n", to: "/logs/app.log")
        disk.rename("/logs/app.log", "/logs/app.log.1")
        disk.append("four\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies == ["one", "two", "three", "four"])
    }

    @Test func `long lines are cut at a word, junk is kept as text, and both are counted`() {
        let long = String(repeating: "word ", count: 40_000)
        var random = LogsRandom(seed: 3)
        let junk = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        disk.append(long + "secret@example.com\n", to: "/logs/app.log")
        disk.append(junk + [0x0a], to: "/logs/app.log")
        disk.append(
            [UInt8](repeating: 0x80, count: 300_000) + Array("\nafter\n".utf8), to: "/logs/app.log")
        settle(follower())
        let records = store.records
        #expect(records.first?.body.utf8.count ?? 0 <= Limits.lineBytesMax)
        #expect(records.first?.body.hasSuffix("word") == true)
        #expect(records.first?.attributes == [Label("cut", "true")])
        #expect(records.last?.body == "after")
        let lines = 4 + junk.count { $0 == 0x0a }
        #expect(records.count == lines)
        #expect(total("martlet_log_lines") == Double(lines))
        #expect(total("martlet_limit_refusals") == 2)
    }

    @Test func `a file of junk without a newline costs no more than a line`() {
        for _ in 0..<40 {
            disk.append([UInt8](repeating: 0x78, count: 100_000), to: "/logs/app.log")
        }
        let reader = follower()
        settle(reader)
        #expect(store.bodies.isEmpty)
        disk.append("\nnext\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies.map(\.utf8.count) == [Limits.lineBytesMax, 4])
    }

    @Test func `stack traces are one record when asked for, and a private key always`() {
        let trace = """
            2026-11-21 03:00:00,123 ERROR worker failed
            Traceback (most recent call last):
              File "app.py", line 3, in <module>
            ValueError: 超时
            """
        let key = """
            -----BEGIN RSA PRIVATE KEY-----
            MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn
            /ygWyF8PbnGy
            -----END RSA PRIVATE KEY-----
            """
        disk.append("first\n\(trace)\nloading \(key)\nlast\n", to: "/logs/app.log")
        let reader = follower { $0.multiline = true }
        settle(reader)
        #expect(store.bodies == ["first", trace, "loading ‹key›", "last"])
        #expect(store.records[1].severity == .error)
        disk.append("\(key)\nplain\n", to: "/logs/other.log")
        settle(follower(["/logs/other.log"]))
        #expect(store.bodies.suffix(2) == ["‹key›", "plain"])
    }

    @Test func `records carry source, file and labels, and are counted by level and source`() {
        disk.append("ERROR a\nall fine\n", to: "/logs/app.log")
        settle(
            follower {
                $0.labels = ["team": "search"]
                $0.level = .info
            })
        #expect(
            store.records.map(\.labels).allSatisfy {
                $0 == ["source": "app", "file": "/logs/app.log", "team": "search"]
            })
        let samples = registry.families().first { $0.name == "martlet_log_lines" }?.samples ?? []
        #expect(samples.first { $0.labels["level"] == "error" }?.value == 1)
        #expect(samples.first { $0.labels["level"] == "info" }?.value == 1)
        #expect(samples.allSatisfy { $0.labels["source"] == "app" })
    }

    @Test func `a new configuration leaves unchanged sources where they are`() {
        disk.append("one\n", to: "/logs/app.log")
        let reader = follower()
        settle(reader)
        var first = LogSourceConfig(source: "app", paths: ["/logs/app.log"])
        first.from = .start
        var second = LogSourceConfig(source: "web", paths: ["/logs/web.log"])
        second.from = .start
        disk.append("half", to: "/logs/app.log")
        disk.append("web\n", to: "/logs/web.log")
        settle(reader)
        reader.apply([first, second])
        disk.append(" done\n", to: "/logs/app.log")
        settle(reader)
        #expect(store.bodies.sorted() == ["half done", "one", "web"])
        reader.apply([])
        #expect(disk.openHandles == 0)
    }

    @Test func `following stops when its task is cancelled`() async {
        disk.append("one\n", to: "/logs/app.log")
        let reader = LogFollower(
            configs: [
                {
                    var config = LogSourceConfig(source: "app", paths: ["/logs/app.log"])
                    config.from = .start
                    return config
                }()
            ], files: disk.files, intake: store.intake, clock: .system, registry: registry)
        let task = Task { await reader.run() }
        while store.bodies.isEmpty { await Task.yield() }
        task.cancel()
        await task.value
        #expect(disk.openHandles == 0)
    }
}
