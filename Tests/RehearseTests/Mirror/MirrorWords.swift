// A rehearsal between stubs: what the tests of this folder begin with.

import Basics
import Carry
import Foundation
import Keep
import Testing

@testable import Rehearse

/// A folder for one test.
struct Scratch {
    let path = "/tmp/martlet-rehearse-\(UInt64.random(in: 0...UInt64.max))"

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// A rehearsal that runs, with what it counted.
struct Stage {
    let rehearsal: Rehearsal
    let registry: Registry
    let keeper: PairKeeper
    let said: Lock<[String]>

    init(
        primary: StubServer, candidates: [(name: String, url: String)], folder: String,
        registry: Registry = Registry(), _ change: (inout MirrorSettings) throws -> Void = { _ in }
    ) throws {
        let relay = RelayOptions(server: try #require(Server(primary.url)))
        var made: [CandidateSettings] = []
        for candidate in candidates {
            made.append(
                CandidateSettings(
                    name: candidate.name, server: try #require(Server(candidate.url))))
        }
        var settings = MirrorSettings(name: "chat", relay: relay, candidates: made)
        try change(&settings)
        self.registry = registry
        let said = Lock<[String]>([])
        self.said = said
        keeper = try PairKeeper(folder: folder, registry: registry)
        rehearsal = try Rehearsal(
            settings, keeper: keeper, clock: .system, registry: registry,
            log: { text in said.withLock { $0.append(text) } })
    }

    func stop() {
        rehearsal.stop(graceMillis: 1000)
        try? keeper.close()
    }

    /// The sum of a counter over the labels that hold these.
    func count(_ name: String, _ labels: [String: String] = [:]) -> Int {
        var sum = 0.0
        for family in registry.families() where name == family.name + "_total" {
            for sample in family.samples
            where labels.allSatisfy({ sample.labels[$0.key] == $0.value }) {
                sum += sample.value
            }
        }
        return Int(sum)
    }

    func skipped(_ reason: SkipReason, _ candidate: String = "new") -> Int {
        count(
            "martlet_rehearsal_skipped_total", ["reason": reason.rawValue, "candidate": candidate])
    }

    func pairs(_ candidate: String = "new") -> Int {
        count("martlet_rehearsal_pairs_total", ["candidate": candidate])
    }

    func ending(_ ending: Ending) -> Int {
        count("martlet_rehearsal_candidate_answers_total", ["ending": ending.rawValue])
    }
}

/// A chat answer.
func chat(_ text: String, in tokens: Int = 10, out: Int = 5) -> String {
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\(text)\"},"
        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":\(tokens),"
        + "\"completion_tokens\":\(out)}}"
}

/// A server that answers every chat the same.
func chatServer(_ text: String) -> StubServer {
    StubServer { _, socket in
        put(socket, plain("200 OK", chat(text), headers: "Content-Type: application/json\r\n"))
    }
}
