// `martlet rehearse replay`: recorded requests to two servers, a verdict, and the three worst pairs;
// without a configuration or an agent. Written down as it goes, so that it can be resumed.

import ArgumentParser
import Basics
import Bytes
import Carry
import Foundation
import Rehearse

struct RehearseReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send recorded requests to both models and reach a verdict.",
        discussion: """
            martlet rehearse replay requests.jsonl --primary http://a:8000 --candidate http://b:8000
            martlet rehearse replay prompts.jsonl --primary http://a/v1/chat/completions \\
                --candidate http://b/v1/chat/completions --record pairs.jsonl \\
                --template '{"messages":[{"role":"user","content":"$.prompt"}],"max_tokens":32}'
            martlet rehearse replay requests.jsonl --primary URL --candidate URL --rate 20
            martlet rehearse replay requests.jsonl --primary URL --candidate URL --recorded 2

            A line of the file is a record {"id","method","path","headers","body","label"}, a bare
            body, or a row that --template makes into a body. A URL that ends in a protocol's path
            (/chat/completions, /infer, :predict, …) is asked as it stands; any other stands in front
            of each request's own path. The sides are asked in an order drawn for each request.
            With --record the same command goes on where it was stopped.

            Exit status: 0 promote (better, or no difference beyond the margin), 1 reject,
            2 bad usage or input, 3 hold, 4 not enough data.
            """)

    @Argument(help: "Requests, one JSON object a line.") var file: String
    @Option(help: "The model in service.") var primary: String
    @Option(help: "The candidate.") var candidate: String
    @Option(
        help: "A second copy of the primary, to learn its noise; the primary itself without it.")
    var second: String?
    @Option(help: "The first requests are asked of the primary twice.") var noise = 50
    @Option(help: "Makes a line into a body: JSON in which \"$.name\" stands for a field.")
    var template: String?
    @Option(help: "The path, when neither lines nor URLs name one.") var path = ""
    @Option(help: "The model name that the candidate is asked for.") var model: String?
    @Option(
        help: ArgumentHelp(
            "A header for both sides, `primary:` or `candidate:` in front for one: "
                + "candidate:authorization=file:/run/key.", valueName: "name=value"))
    var header: [String] = []
    @Option(
        help: ArgumentHelp(
            "A change of the candidate's bodies: temperature=0.", valueName: "path=json"))
    var set: [String] = []
    @Option(help: "Requests a second.") var rate: Double?
    @Option(help: "At the recorded times, this many times as fast.") var recorded: Double?
    @Option(help: "Requests under way at once.") var concurrency = 1
    @Option(help: "Seconds for one answer.") var timeout = 120
    @Option(help: "Stop after so many requests.") var limit: Int?
    @Option(help: "Of the order in which the sides are asked.") var seed: UInt64 = 1
    @Option(help: "Write every pair, redacted, to this file, and go on from it.")
    var record: String?
    @Option(help: "An OpenAI embeddings URL, to compare texts by meaning.") var embeddings: String?
    @Option(help: "Slices: tenant=header:x-tenant, body:model, query:lang; comma-separated.")
    var slice = ""
    @OptionGroup var rules: RehearseRules
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Show no progress.") var quiet = false

    func run() async throws {
        let requests = try readRequests()
        var options = try rules.options()
        options.slices = try sliceRules(
            slice.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        let comparison = Comparison(options)
        var trial = Trial(try rules.policy())
        var examples = WorstPairs()
        let past = try record.map { try PairLog.read($0) } ?? []
        for entry in past {
            let outcome = comparison.outcome(of: entry.pair, meaning: entry.meaning)
            trial.add(outcome)
            examples.add(entry.pair, outcome)
        }
        let log = try record.map { try PairLog($0) }
        let servers = try RehearsalServers(self)
        defer { servers.stop() }
        var replayOptions = ReplayOptions()
        replayOptions.concurrency = max(concurrency, 1)
        replayOptions.secondPairs = noise
        replayOptions.seed = seed
        if let rate { replayOptions.pace = .rate(rate) }
        if let recorded { replayOptions.pace = .recorded(speed: recorded) }
        let replay = Replay(replayOptions, comparison: comparison, sides: servers.sides)
        let meter = ProgressLine(isShown: !quiet && !json)
        var fault: (any Error)?
        trial = await replay.run(
            requests, done: Set(past.map(\.pair.request.id)), into: trial
        ) { replayed, progress in
            examples.add(replayed.pair, replayed.outcome)
            do { try log?.append(replayed.pair, meaning: replayed.meaning) } catch { fault = error }
            meter.show(progress)
        }
        meter.end()
        if let fault { complain("the record is incomplete: \(fault)") }
        let standing = trial.standing()
        report(standing, examples)
        if standing.verdict != .promote { throw ExitCode(standing.verdict.exitStatus) }
    }

    private func readRequests() throws -> [ReplayItem] {
        let text: String
        do { text = try readText(file) } catch { throw failure("cannot read \(file): \(error)") }
        var shape: JSON?
        if let template {
            let source = isFile(template) ? try readText(template) : template
            do { shape = try JSON(text: source) } catch { throw failure("--template: \(error)") }
        }
        let primaryPath = ReplayServer.address(primary)?.path ?? path
        let read = ReplayFile(Array(text.utf8), template: shape, path: primaryPath)
        for fault in read.faults.prefix(5) { complain("\(file), \(fault)") }
        if read.faults.count > 5 { complain("and \(read.faults.count - 5) more lines") }
        guard !read.items.isEmpty else { throw failure("\(file) holds no request") }
        if read.items.contains(where: { $0.request.path.isEmpty }) {
            throw failure(
                "requests without a path: give --primary an endpoint such as "
                    + "http://host/v1/chat/completions, or name one with --path")
        }
        return limit.map { Array(read.items.prefix($0)) } ?? read.items
    }

    private func report(_ standing: Standing, _ examples: WorstPairs) {
        if json {
            var fields = standing.json.fields ?? []
            fields.append(("cached_tokens", examples.cachedJSON))
            print(String(decoding: JSON.object(fields).encoded, as: UTF8.self))
            return
        }
        print(StandingPrinter().text(standing))
        if let warning = examples.cacheWarning { print("\n\(warning)") }
        print(examples.text)
    }
}
