// `martlet rehearse`: a candidate beside the model in service, without an agent or with one.

import ArgumentParser

struct RehearseGroup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse",
        abstract: "Compare a candidate with the model in service, and reach a verdict.",
        discussion: """
            martlet rehearse replay requests.jsonl --primary http://a:8000 --candidate http://b:8000
            martlet rehearse judge pairs.csv --primary v1 --candidate v2
            martlet rehearse report chat

            Exit status: 0 promote (better, or no difference beyond the margin), 1 reject,
            2 bad usage or input, 3 hold (more requests are needed), 4 not enough data.
            """,
        subcommands: [RehearseReplay.self, RehearseJudge.self, RehearseReport.self])
}
