// `martlet init`: a commented configuration to start from.

import ArgumentParser
import Basics
import Foundation

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a commented martlet.yml.",
        discussion: """
            martlet init                 writes ./martlet.yml
            martlet init -o /etc/martlet/martlet.yml
            """)

    @Option(name: .shortAndLong, help: "Where to write it.")
    var output = "martlet.yml"

    @Flag(help: "Replace a file that exists.")
    var force = false

    func run() throws {
        if FileManager.default.fileExists(atPath: output) && !force {
            throw failure(
                "\(output) exists; name another file with --output, or replace it with --force")
        }
        do {
            try starterConfiguration.write(toFile: output, atomically: true, encoding: .utf8)
        } catch {
            throw failure("cannot write \(output): \(error.localizedDescription)")
        }
        print("Wrote \(output). Start with: martlet run --config \(output)")
    }
}
