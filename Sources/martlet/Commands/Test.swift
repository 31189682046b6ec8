// `martlet test`: rules against their unit tests, PromQL against scripts, receivers against a marked
// notification.

import ArgumentParser

struct TestGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Test rules, PromQL scripts and receivers.",
        subcommands: [])
}
