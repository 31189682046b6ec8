// `martlet version`: what to name in a report.

import ArgumentParser

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @Flag(help: "Print JSON.") var json = false

    func run() {
        print(json ? "{\"version\":\"\(martletVersion)\"}" : "martlet \(martletVersion)")
    }
}
