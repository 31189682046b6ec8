// `martlet import`: histories and files into an agent or a data folder. Everything has ids made of what
// it is, so importing again adds only what is new.

import ArgumentParser
import Basics
import Bytes
import Collect
import Foundation

struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring in a repository's history, reports of builds, or events.",
        discussion: """
            martlet import git .                              commits, merges, tags as releases
            martlet import git ../shop --team search --service shop
            martlet import junit build/*.xml --sha $GIT_COMMIT --repository acme/shop
            martlet import coverage lcov.info
            martlet import jtl load.jtl
            martlet import events history.jsonl               Martlet's own events, one a line
            martlet import training runs.jsonl --model chat-7b
            martlet import openmetrics history.om             samples of any age
            martlet import git . --data ./data                without an agent
            """,
        subcommands: [
            ImportGit.self, ImportJUnit.self, ImportCoverage.self, ImportJTL.self,
            ImportTraining.self, ImportEvents.self, ImportOpenMetrics.self,
        ])
}

struct ImportGit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git", abstract: "Commits, merged changes, and tags as releases.",
        discussion: "martlet import git .    (again whenever you like: only what is new is added)")

    @Argument(help: "The repository's folder.") var folder = "."
    @OptionGroup var door: AgentDoor
    @Option(help: "org/name; else from the remote origin, else the folder.") var repository = ""
    @Option(help: "The team it belongs to.") var team = ""
    @Option(help: "The service it builds; else the repository's name.") var service = ""
    @Option(help: "Commits from this time on: RFC 3339 or a duration ago (365d).")
    var since: String?
    @Flag(help: "Leave out lines added and deleted, which is faster.") var withoutSizes = false
    @Flag(help: "Tags are releases, but no deployments.") var tagsAreNotDeployments = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let talk = try door.open()
        var wanted = GitImport(folder: folder)
        wanted.repository = repository
        wanted.team = team
        wanted.service = service
        wanted.withSizes = !withoutSizes
        wanted.tagsAreDeployments = !tagsAreNotDeployments
        if let since {
            guard
                let time = parseRFC3339(since)
                    ?? parseDuration(since).map({ Clock.system.now() - $0 })
            else {
                throw failure("--since \(since) is neither RFC 3339 nor a duration such as 365d")
            }
            wanted.since = time
        }
        let reading: NormalisedDelivery
        do throws(DeliveryError) {
            reading = try readGit(wanted, people: .forwarding())
        } catch {
            throw failure(error.detail)
        }
        var outcome = ImportOutcome()
        outcome.faults = reading.faults
        // 4,000 events are about a megabyte: far under the limit of a body, and few transactions.
        for start in stride(from: 0, to: reading.events.count, by: 4000) {
            let part = reading.events[start..<min(start + 4000, reading.events.count)]
            let body = Array(part.map(\.json.encoded).joined(separator: [0x0a]))
            outcome.take(
                try talk.ask("POST", "/api/martlet/v1/events", [("source", "git")], body: body).data
            )
        }
        outcome.show(reading.events.map(\.kind), isJSON: json)
    }
}

/// What became of an import.
struct ImportOutcome {
    var added = 0
    var known = 0
    var faults: [String] = []

    mutating func take(_ answer: JSON) {
        added += answer["added"]?.int ?? 0
        known += answer["known"]?.int ?? 0
        faults += (answer["faults"]?.items ?? []).compactMap(\.text)
    }

    func show(_ kinds: [EventKind] = [], isJSON: Bool) {
        if isJSON {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("added")
            writer.number(added)
            writer.key("known")
            writer.number(known)
            writer.key("faults")
            writer.beginArray()
            for fault in faults { writer.string(fault) }
            writer.endArray()
            writer.endObject()
            print(String(decoding: writer.bytes, as: UTF8.self))
            return
        }
        var counts: [EventKind: Int] = [:]
        for kind in kinds { counts[kind, default: 0] += 1 }
        let parts = counts.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key.rawValue)" }
        let detail = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        print("\(added) events added, \(known) known before\(detail)")
        for fault in faults.prefix(20) { remark("note: \(fault)") }
        if added > 0 { print("See them: martlet kpi") }
    }
}
