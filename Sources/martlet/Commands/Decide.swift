// `martlet decide`: the questions that wait, or one of them with its reasons. The exit status of
// go-no-go is 1 unless the release may go, so that a pipeline stops on it.

import ArgumentParser
import Basics
import Bytes

struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask for a decision, with its reasons.",
        discussion: """
            martlet decide                                what may be decided now
            martlet decide commit --team search           how much to take on
            martlet decide go-no-go --service shop        exit status 1 unless it may go
            martlet decide go-no-go --service shop --strict --json
            martlet decide drift-response --model ranker  leave, watch, label, recalibrate, retrain, roll back
            martlet decide drift-response --reference tested.csv --current today.csv    from files, no agent
            """)

    @Argument(help: "commit, go-no-go or drift-response; all without it.") var name: String?
    @OptionGroup var door: AgentDoor
    @Option(help: "For this team.") var team: String?
    @Option(help: "For this service.") var service: String?
    @Option(help: "For this model (drift-response).") var model: String?
    @Option(name: .customLong("model-version"), help: "For this version of the model.")
    var modelVersion: String?
    @Option(help: "Decide from files: what the model was tested on.") var reference: String?
    @Option(help: "Decide from files: what is seen now.") var current: String?
    @Flag(help: "Conditions stop it too.") var strict = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let words = Words()
        if let reference, let current {
            let decision = try FileDecision(
                reference: reference, current: current, model: model ?? current,
                version: modelVersion ?? ""
            ).decided()
            return json ? printJSON(decision) : show(decision, words)
        }
        let talk = try door.open()
        guard let name else {
            let answer = try talk.ask("GET", "/api/martlet/v1/decisions").data
            if json { return printJSON(answer) }
            let decisions = answer["decisions"]?.items ?? []
            if decisions.isEmpty {
                print("No events yet, so nothing to decide: martlet import git .")
            }
            for decision in decisions { show(decision, words) }
            return
        }
        let (status, decision) = try talk.ask(
            "GET", "/api/martlet/v1/decisions/\(name)",
            [
                ("team", team), ("service", service), ("model", model), ("version", modelVersion),
                ("strict", strict ? "1" : nil),
            ], accepts: [409])
        json ? printJSON(decision) : show(decision, words)
        if status == 409 { throw ExitCode(1) }
    }

    private func show(_ decision: JSON, _ words: Words) {
        let subject = decision["subject"]?.text ?? ""
        let name = decision["name"]?.text ?? ""
        let verdict = (decision["verdict"]?.text ?? "").replacing("_", with: " ")
        print("\(name)\(subject.isEmpty ? "" : " · \(subject)"): \(verdict.uppercased())")
        print("  \(words.text(decision["summary"]))")
        print("  → \(words.text(decision["recommendation"]))")
        for reason in decision["reasons"]?.items ?? [] {
            print("  • \(words.text(reason["phrase"]))  \(reason["link"]?.text ?? "")")
        }
        let gates = decision["gates"]?.items ?? []
        // The table of gates says what is missing already.
        for missing in gates.isEmpty ? decision["missing"]?.items ?? [] : [] {
            print("  ? \(words.text(missing))")
        }
        if decision["flip"]?["key"] != nil { print("  ↔ \(words.text(decision["flip"]))") }
        if !gates.isEmpty {
            print(
                tableText(
                    gates.map { gate in
                        let state = gate["state"]?.text ?? ""
                        let mark = state == "pass" ? "✓" : state == "fail" ? "✗" : "?"
                        return [
                            "    \(mark) \(gate["gate"]?.text ?? "")", state,
                            gate["must"]?.boolean == true ? "must" : "", gate["owner"]?.text ?? "",
                            words.text(gate["evidence"]),
                        ]
                    }))
        }
        print("  \(decision["id"]?.text ?? "")\n")
    }
}
