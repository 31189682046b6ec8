// The README is true: every `sh` block in it is run, in order, as a reader would. A block that starts
// an agent is left running for the blocks behind it.

import Basics
import Bytes
import Foundation
import Testing

private struct Block {
    var line: Int
    var text: String
    /// True when it starts an agent and does not return.
    var starts: Bool { ["make run", "martlet run", "martlet demo"].contains { text.contains($0) } }
}

private func blocks() throws -> [Block] {
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    var blocks: [Block] = []
    var current: Block?
    for (index, line) in readme.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
    {
        if line == "```sh" {
            current = Block(line: index + 2, text: "")
        } else if line == "```", let block = current {
            blocks.append(block)
            current = nil
        } else if current != nil {
            current?.text += line + "\n"
        }
    }
    return blocks
}

@Suite(.serialized) struct ReadmeTests {
    @Test func `every command block runs`() async throws {
        let folder = try readersClone()
        var running: Child?
        let all = try blocks()
        #expect(all.count >= 8)
        for block in all {
            if block.starts {
                running?.send(SIGTERM)
                _ = running?.wait()
                let command = block.text.contains("make run") ? "martlet run" : block.text
                running = try shell(command, folder)
                try await until("the agent of README line \(block.line) is ready", seconds: 60) {
                    guard running?.process.isRunning == true else {
                        throw TestFailure("line \(block.line): \(running?.output ?? "")")
                    }
                    return (try? await get("http://127.0.0.1:9797/-/ready").status) == 200
                }
            } else {
                let child = try shell(block.text, folder)
                #expect(
                    child.wait() == 0, "README line \(block.line): \(block.text)\n\(child.output)")
            }
        }
        running?.send(SIGTERM)
        _ = running?.wait()
    }

    @Test(.enabled(if: isClone, "the tree under test is no git repository"))
    func `five commands lead from make run to a figure of a real repository on the page`()
        async throws
    {
        let all = try blocks()
        let start = try #require(all.first { $0.text.contains("make run") })
        let figures = try #require(all.first { $0.text.contains("import git .") })
        let commands = (start.text + figures.text).split(separator: "\n")
        #expect(commands.count == 5, "\(commands)")
        let folder = try readersClone()
        let began = ContinuousClock.now
        // `make run` without its build, which the README's first section is about.
        let agent = try shell("martlet run", folder)
        try await until("the agent is ready", seconds: 60) {
            guard agent.process.isRunning else { throw TestFailure(agent.output) }
            return (try? await get("http://127.0.0.1:9797/-/ready").status) == 200
        }
        let child = try shell(figures.text, folder)
        #expect(child.wait() == 0, "\(child.output)")
        var shown: [String] = []
        try await until("a figure is on the page", seconds: 60) {
            let answer = try await get("http://127.0.0.1:9797/api/martlet/v1/kpis")
            let kpis = try JSON(answer.body)["data"]?["kpis"]?.items ?? []
            shown = kpis.filter { $0["value"]?.double != nil }.compactMap { $0["id"]?.text }
            return !shown.isEmpty
        }
        if Browser.isInstalled {
            let browser = try await Browser()
            try await browser.open("http://127.0.0.1:9797/delivery")
            try await until("the page shows a figure", seconds: 60) {
                let count = try await browser.evaluate(
                    "return document.querySelectorAll('.kpis > *').length")
                return count.int ?? 0 > 0
            }
            try await browser.close()
        }
        let took = ContinuousClock.now - began
        print("from the start to the first figures on the page:", took, "with", shown.count, shown)
        // Generous: a person reads between the commands, a busy machine computes beside the test.
        #expect(took < .seconds(300))
        agent.send(SIGTERM)
        _ = agent.wait()
    }

    /// Runs a block; an agent replaces its shell, so that a signal reaches it.
    private func shell(_ text: String, _ folder: Scratch) throws -> Child {
        let binaries = URL(filePath: martletBinary).deletingLastPathComponent().path
        let isAgent = text.hasPrefix("martlet run") || text.hasPrefix("martlet demo")
        let script =
            "export PATH=\(binaries):$PATH; set -euo pipefail; \(isAgent ? "exec " : "")\(text)"
        return try Child("/bin/bash", ["-c", script], folder: folder, in: folder.path)
    }
}

private let isClone = FileManager.default.fileExists(atPath: root.path + "/.git")

/// The reader's own clone, so that nothing is written into the tree under test.
private func readersClone() throws -> Scratch {
    let folder = try Scratch()
    if isClone {
        let clone = Process()
        clone.executableURL = URL(filePath: "/usr/bin/git")
        clone.arguments = [
            "clone", "--quiet", "--no-checkout", "--shared", root.path, folder.path,
        ]
        try clone.run()
        clone.waitUntilExit()
        guard clone.terminationStatus == 0 else { throw TestFailure("git clone failed") }
    }
    for name in ["alerts", "dashboards", "deploy", "Makefile"] {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/" + name, withDestinationPath: root.path + "/" + name)
    }
    try FileManager.default.createDirectory(
        atPath: folder.path + "/.build/release", withIntermediateDirectories: true)
    let binaries = URL(filePath: martletBinary).deletingLastPathComponent().path
    for name in ["martlet", "martlet-bench"] {
        try? FileManager.default.createSymbolicLink(
            atPath: folder.path + "/.build/release/" + name,
            withDestinationPath: binaries + "/" + name)
    }
    return folder
}
