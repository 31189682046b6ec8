import Basics
import Collect
import Glibc
import Testing

@Suite struct LogsDiskTests {
    @Test func `real files are followed through wildcards, renaming and truncation`() throws {
        let folder = "/tmp/martlet-logs-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.system.makeFolder(folder + "/deep/er")
        let path = folder + "/deep/er/app.log"
        defer {
            for name in ["app.log", "app.log.1", "app.log.2"] {
                unlink("\(folder)/deep/er/\(name)")
            }
            for inner in ["/deep/er", "/deep", ""] { rmdir(folder + inner) }
        }
        let clock = ManualClock(now: 1_795_230_000_000)
        let store = LogsFakeStore()
        var config = LogSourceConfig(source: "app", paths: [folder + "/**/[a-c]?p.log"])
        config.from = .start
        let follower = LogFollower(
            configs: [config], intake: store.intake, clock: clock.clock, registry: Registry())
        func write(_ text: String) throws {
            let file = try Files.system.open(path, .append)
            defer { Files.system.close(file) }
            try Array(text.utf8).withUnsafeBytes { try Files.system.write(file, $0) }
        }
        func settle() {
            for _ in 0..<30 {
                clock.advance(by: .seconds(1))
                while follower.pass() {}
            }
        }
        try write("one\n")
        settle()
        try write("two\n")
        try Files.system.rename(path, path + ".1")
        try write("three\n")
        settle()
        try write("four\n")
        settle()
        let file = try Files.system.open(path, .append)
        try Files.system.truncate(file, 0)
        Files.system.close(file)
        try write("five, longer than all that was there before\n")
        settle()
        #expect(
            store.bodies == [
                "one", "two", "three", "four", "five, longer than all that was there before",
            ])
    }

    @Test(arguments: [
        ("*.log", "a.log", true), ("*.log", ".a.log", false), (".*", ".a", true),
        ("a?c", "abc", true), ("a?c", "ac", false), ("[!a]x", "bx", true), ("[!a]x", "ax", false),
        ("[a-c]*[0-9]", "bcd7", true), ("*a*b*c", "xaybzc", true), ("*a*b*c", "xaybz", false),
        ("[", "[", true), ("a[b", "a[b", true),
    ])
    func `wildcards match names`(pattern: String, name: String, expected: Bool) {
        let disk = LogsFakeDisk(now: { 0 })
        disk.append("x\n", to: "/l/" + name)
        disk.append("x\n", to: "/l/unrelated-file")
        let store = LogsFakeStore()
        var config = LogSourceConfig(source: "s", paths: ["/l/" + pattern])
        config.from = .start
        config.exclude = ["/l/unrelated*"]
        LogFollower(
            configs: [config], files: disk.files, intake: store.intake,
            clock: ManualClock(now: 0).clock, registry: Registry()
        ).pass()
        #expect(store.bodies.count == (expected ? 1 : 0))
    }
}
