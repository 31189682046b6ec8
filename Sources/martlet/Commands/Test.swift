// `martlet test`: rules against their unit tests, PromQL against scripts, receivers against a marked
// notification.

import ArgumentParser
import Basics
import Bytes
import Carry
import Query
import Reason
import Send

struct TestGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test rules, PromQL scripts and receivers.",
        subcommands: [TestRules.self, TestPromQL.self, TestNotify.self])
}

struct TestRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Run unit tests of rules in promtool's format.",
        discussion: "martlet test rules alerts/tests/*.yml")

    @Argument(help: "The test files.") var files: [String]

    func run() throws {
        let tester = RuleTester()
        var isGood = true
        for file in files {
            let report = tester.run(file)
            for problem in report.problems { remark("\(problem)") }
            for fault in report.failures { remark("\(fault)") }
            print(report.summary)
            isGood = isGood && report.isGood
        }
        if !isGood { throw ExitCode(1) }
    }
}

struct TestPromQL: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promql", abstract: "Run Prometheus' own test scripts.",
        discussion: "martlet test promql promql/promqltest/testdata/*.test")

    @Argument(help: "The scripts.") var files: [String]

    func run() throws {
        var (passed, failed, skipped) = (0, 0, 0)
        for file in files {
            guard let text = try? readText(file) else { throw failure("cannot read \(file)") }
            let report = ScriptRunner().run(text, named: file)
            for fault in report.failures { print("\(file), \(fault)") }
            print("\(file): \(report.summary)")
            passed += report.passedCount
            failed += report.failures.count
            skipped += report.skips.count
        }
        print("\(passed) passed, \(failed) failed, \(skipped) skipped")
        if failed > 0 { throw ExitCode(1) }
    }
}

struct TestNotify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify",
        abstract: "Send a marked firing and resolved pair and print the answers.",
        discussion: """
            martlet test notify                    every receiver of the configuration
            martlet test notify on-call --config martlet.yml
            """)

    @Argument(help: "The receiver; all without it.") var receiver: String?
    @Option(help: "The configuration.") var config: String?
    @Option(help: "A webhook beside those of the configuration.") var webhook: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var options = AgentOptions()
        options.configFile = config
        options.webhook = webhook
        let configuration: Configuration
        do {
            configuration = try Agent.configuration(options)
        } catch {
            throw failure("\(error)")
        }
        let names = configuration.receiverNames
        if names.isEmpty {
            throw failure(
                "no receiver is configured; try --webhook URL, or write receivers: in a file")
        }
        if let receiver, !names.contains(receiver) {
            throw failure(
                "there is no receiver \(receiver); there are: \(names.joined(separator: ", "))")
        }
        var world = NotifierWorld(
            outbox: MemoryOutbox().store, fetch: .curl(), clock: .system,
            registry: Registry())
        world.texts.externalURL = configuration.publicURL
        world.texts.language = configuration.language
        let notifier = Notifier(world: world, plan: configuration.notifications.plan)
        let answers = await notifier.testNotification(receiver)
        if json {
            print(String(decoding: encoded(answers), as: UTF8.self))
        } else {
            for answer in answers {
                let status = answer.httpStatus.map(String.init) ?? "no answer"
                let mark = answer.isAccepted ? "ok" : "FAILED"
                print(
                    "\(mark)  \(answer.receiver)/\(answer.integration)  \(answer.status): \(status) \(answer.text)"
                )
            }
        }
        if !answers.allSatisfy(\.isAccepted) { throw ExitCode(1) }
    }

    private func encoded(_ answers: [TestAnswer]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for answer in answers {
            writer.beginObject()
            writer.field("receiver", answer.receiver)
            writer.field("status", answer.status)
            writer.key("httpStatus")
            if let status = answer.httpStatus { writer.number(status) } else { writer.null() }
            writer.field("text", answer.text)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}
