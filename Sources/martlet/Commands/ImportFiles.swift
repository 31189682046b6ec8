// `martlet import junit|coverage|jtl|training|events FILE…`: each file is sent as it is; the agent
// reads it, so that an upload by curl and an import by hand are the same.

import ArgumentParser
import Basics
import Bytes
import Collect
import Foundation

/// What is known beside the files.
struct UploadOptions: ParsableArguments {
    @Argument(help: "The files.") var files: [String]
    @OptionGroup var door: AgentDoor
    @Option(help: "The team.") var team: String?
    @Option(help: "The repository, org/name.") var repository: String?
    @Option(help: "The service.") var service: String?
    @Option(help: "The commit that was built.") var sha: String?
    @Option(help: "The build.") var build: String?
    @Option(help: "The model.") var model: String?
    @Option(help: "The version of the model.") var version: String?
    @Option(help: "The run.") var run: String?
    @Flag(help: "Print JSON.") var json = false

    func send(_ kind: UploadKind) throws {
        let talk = try door.open()
        var outcome = ImportOutcome()
        for file in files {
            let bytes: [UInt8]
            let changed: Date?
            do {
                bytes = Array(try Data(contentsOf: URL(filePath: file)))
                let facts = try FileManager.default.attributesOfItem(atPath: file)
                changed = facts[.modificationDate] as? Date
            } catch {
                throw failure("cannot read \(file): \(error.localizedDescription)")
            }
            // A file that does not say when it was made was made when it was written.
            let time = changed.map { numberText($0.timeIntervalSince1970.rounded(), .plain) }
            let query: [(name: String, value: String?)] = [
                ("time", time), ("team", team), ("repository", repository), ("service", service),
                ("sha", sha), ("build", build), ("model", model), ("version", version),
                ("run", run),
            ]
            do {
                outcome.take(
                    try talk.ask(
                        "POST", "/api/martlet/v1/uploads/\(kind.rawValue)", query, body: bytes
                    ).data)
            } catch {
                remark("in \(file)")
                throw error
            }
        }
        outcome.show(isJSON: json)
    }
}

struct ImportJUnit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "junit", abstract: "Test reports in JUnit's XML.",
        discussion:
            "martlet import junit build/reports/*.xml --repository acme/shop --sha $GIT_COMMIT")
    @OptionGroup var options: UploadOptions
    func run() throws { try options.send(.junit) }
}

struct ImportCoverage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage", abstract: "Coverage: Cobertura or LCOV.",
        discussion: "martlet import coverage coverage.xml --repository acme/shop")
    @OptionGroup var options: UploadOptions
    func run() throws { try options.send(.coverage) }
}

struct ImportJTL: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jtl", abstract: "Load tests of JMeter, CSV or XML.",
        discussion: "martlet import jtl load.jtl --service shop")
    @OptionGroup var options: UploadOptions
    func run() throws { try options.send(.jtl) }
}

struct ImportTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "training",
        abstract: "Loss and metrics of training runs, a JSON object a line.",
        discussion: "martlet import training run.jsonl --model chat-7b --version 12")
    @OptionGroup var options: UploadOptions
    func run() throws { try options.send(.training) }
}

struct ImportEvents: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Martlet's own events, a JSON object a line.",
        discussion: "martlet import events history.jsonl")
    @OptionGroup var options: UploadOptions
    func run() throws { try options.send(.events) }
}
