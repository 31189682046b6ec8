// `martlet rehearse report`: what a rehearsal of a running agent has found, by its name.

import ArgumentParser
import Basics
import Bytes
import Foundation
import Rehearse

struct RehearseReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Print what a rehearsal of the agent has found.",
        discussion: """
            martlet rehearse report                       which rehearsals there are
            martlet rehearse report chat                  all candidates of one
            martlet rehearse report chat --candidate v2 --json

            Exit status: that of the worst verdict: 0 promote, 1 reject, 3 hold, 4 not enough data;
            2 when there is no such rehearsal.
            """)

    @Argument(help: "The rehearsal's name; all without it.") var name: String?
    @Option(help: "Only this candidate.") var candidate: String?
    @OptionGroup var door: AgentDoor
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let talk = try door.open()
        let path = "/api/martlet/v1/rehearsals" + (name.map { "/\($0)" } ?? "")
        let answer = try talk.ask("GET", path).data
        if json { print(String(decoding: answer.encoded, as: UTF8.self)) }
        let rehearsals = answer["rehearsals"]?.items ?? (answer["name"] != nil ? [answer] : [])
        if rehearsals.isEmpty && !json {
            print("No rehearsal is configured; see rehearsals: in martlet.yml, or replay a file:")
            print("  martlet rehearse replay requests.jsonl --primary URL --candidate URL")
        }
        var worst = Verdict.promote
        for rehearsal in rehearsals {
            for one in rehearsal["candidates"]?.items ?? []
            where candidate == nil || one["name"]?.text == candidate {
                let verdict =
                    one["verdict"]?.text.flatMap { Verdict(rawValue: $0) } ?? .notEnoughData
                if verdict.gravity > worst.gravity { worst = verdict }
                if !json { show(rehearsal, one, verdict) }
            }
        }
        if name != nil && worst != .promote { throw ExitCode(worst.exitStatus) }
    }

    private func show(_ rehearsal: JSON, _ candidate: JSON, _ verdict: Verdict) {
        let words = Words()
        let names = "\(rehearsal["name"]?.text ?? "") · \(candidate["name"]?.text ?? "")"
        let word = verdict.rawValue.replacing("_", with: " ").uppercased()
        print("\(names): \(word) after \(candidate["pairs"]?.int ?? 0) pairs")
        if let more = candidate["pairs_needed"]?.int, more > 0 {
            print("  about \(more) more are needed")
        }
        for reason in candidate["reasons"]?.items ?? [] { print("  • \(words.text(reason))") }
        let head = ["metric", "pairs", "primary", "candidate", "difference", "verdict"]
        let rows = (candidate["metrics"]?.items ?? []).map { metric in
            [
                [metric["metric"]?.text, metric["slice"]?.text].compactMap(\.self)
                    .joined(separator: " "),
                metric["pairs"]?.int.map(String.init) ?? "", figure(metric["primary"]),
                figure(metric["candidate"]), metric["gain_text"]?.text ?? figure(metric["gain"]),
                metric["gate"]?.boolean == false
                    ? "(shown only)" : metric["verdict"]?.text ?? "",
            ]
        }
        if !rows.isEmpty { print(tableText([head] + rows)) }
        print("")
    }

    private func figure(_ value: JSON?) -> String {
        value?.double.map { String(format: "%.4g", $0) } ?? "–"
    }
}

extension Verdict {
    /// Which of several verdicts speaks for all.
    fileprivate var gravity: Int {
        switch self {
        case .promote: 0
        case .hold: 1
        case .notEnoughData: 2
        case .reject: 3
        }
    }
}
