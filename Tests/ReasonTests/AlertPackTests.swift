// The alerts that Martlet brings: each has its texts and its test, the tests hold here and in Debian's
// promtool, and none fires over a day on machines that are well.

import Basics
import Glibc
import Query
import Testing

@testable import Reason

private let folder = "\(packageFolder)/alerts"

private func pack() -> [RuleGroup] {
    RuleFile.load(["*.yml"], folder: folder, files: .system) { (text) throws(QueryError) in
        _ = try parseExpression(text)
    }.groups
}

private let packs = [
    "agent", "anomalies", "delivery", "host", "logs", "models", "rehearsals", "scrape",
    "trend",
]
private let hasPromtool = access("/usr/bin/promtool", X_OK) == 0

@Suite struct AlertPacks {
    @Test func `every rule reads, and says what, what to do and where to look, in both languages`()
    {
        let read = RuleFile.load(["*.yml"], folder: folder, files: .system) {
            (text) throws(QueryError) in
            _ = try parseExpression(text)
        }
        #expect(read.problems.isEmpty)
        let rules = read.groups.flatMap(\.rules)
        #expect(rules.count >= 37)
        for rule in rules {
            let notes = Dictionary(
                uniqueKeysWithValues: rule.annotations.map { ($0.name, $0.source) })
            #expect(notes["runbook_url"] == "/help#\(rule.name)")
            for name in ["summary", "description", "action"] {
                #expect(notes[name]?.isEmpty == false, "\(rule.name) \(name)")
                let han = notes["\(name)_zh"]?.unicodeScalars.contains {
                    $0.value >= 0x4e00 && $0.value < 0xa000
                }
                #expect(han == true, "\(rule.name) \(name)_zh")
            }
            let severity = rule.labels.first { $0.name == "severity" }?.source
            #expect(["warning", "critical"].contains(severity), "\(rule.name)")
        }
        #expect(Set(rules.map(\.name)).count == rules.count)
    }

    @Test func `every alert has a test`() {
        let tests = textFiles("\(folder)/tests").map(\.text).joined()
        for rule in pack().flatMap(\.rules) {
            let isNamed = tests.contains("\"\(rule.name)\"")
            // One test of inodes asks for all alerts at once.
            #expect(isNamed || rule.name == "HostInodesLow", "\(rule.name)")
        }
    }

    @Test(arguments: packs)
    func `the tests hold here`(_ name: String) {
        let report = RuleTester().run("\(folder)/tests/\(name).yml")
        #expect(
            report.isGood,
            "\(report.failures.map(\.description).joined(separator: "\n"))\(report.problems)")
        #expect(report.passedCount > 3)
    }

    @Test(.enabled(if: hasPromtool, "no promtool"), arguments: packs)
    func `the tests hold in promtool`(_ name: String) throws {
        let pipe = try #require(
            popen("/usr/bin/promtool test rules '\(folder)/tests/\(name).yml' 2>&1", "r"))
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            said += buffer.prefix(count)
        }
        #expect(pclose(pipe) == 0, "\(String(decoding: said, as: UTF8.self))")
    }

    @Test(arguments: WellMachine.Kind.allCases)
    func `a day on a machine that is well fires nothing`(_ kind: WellMachine.Kind) {
        var machine = WellMachine(kind, seed: 20_261_121)
        let source = MemorySource()
        let store = BenchStore()
        // Reads see the machine's series and what the rules wrote.
        let engine = Engine.local(source: source.source)
        var evaluators = pack().map { group in
            var group = group
            group.intervalMillis = 240_000
            return GroupEvaluator(group, world: RuleWorld(engine: engine, intake: store.intake))
        }
        machine.run(into: source)
        var fired: Set<String> = []
        var failed: Set<String> = []
        for time in stride(from: machine.start, through: machine.start + 86_400_000, by: 240_000) {
            if machine.isAsleep(at: time) { continue }
            for index in evaluators.indices {
                for alert in evaluators[index].step(at: time) {
                    let hours = Double(time - machine.start) / 3_600_000
                    fired.insert(
                        "\(alert.labels) after \(numberText(hours)) h: \(alert.annotations["summary"] ?? "")"
                    )
                }
                for rule in evaluators[index].snapshot.rules where rule.health == .err {
                    failed.insert("\(rule.rule.name): \(rule.lastError ?? "")")
                }
            }
        }
        #expect(fired.isEmpty, "\(fired.sorted().joined(separator: "\n"))")
        #expect(failed.isEmpty, "\(failed.sorted().joined(separator: "\n"))")
    }
}
