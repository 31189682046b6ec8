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
        let binaries = URL(filePath: martletBinary).deletingLastPathComponent().path
        let folder = try Scratch()
        // The reader's own clone, so that nothing is written into the tree under test.
        for name in ["alerts", "dashboards", "deploy", "Makefile"] {
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + name, withDestinationPath: root.path + "/" + name)
        }
        try FileManager.default.createDirectory(
            atPath: folder.path + "/.build/release", withIntermediateDirectories: true)
        for name in ["martlet", "martlet-bench"] {
            try? FileManager.default.createSymbolicLink(
                atPath: folder.path + "/.build/release/" + name,
                withDestinationPath: binaries + "/" + name)
        }
        var running: Child?
        let all = try blocks()
        #expect(all.count >= 8)
        for block in all {
            if block.starts {
                running?.send(SIGTERM)
                _ = running?.wait()
                let command = block.text.contains("make run") ? "martlet run" : block.text
                running = try shell(command, binaries, folder)
                try await until("the agent of README line \(block.line) is ready", seconds: 60) {
                    guard running?.process.isRunning == true else {
                        throw TestFailure("line \(block.line): \(running?.output ?? "")")
                    }
                    return (try? await get("http://127.0.0.1:9797/-/ready").status) == 200
                }
            } else {
                let child = try shell(block.text, binaries, folder)
                #expect(
                    child.wait() == 0, "README line \(block.line): \(block.text)\n\(child.output)")
            }
        }
        running?.send(SIGTERM)
        _ = running?.wait()
    }

    /// Runs a block; an agent replaces its shell, so that a signal reaches it.
    private func shell(_ text: String, _ binaries: String, _ folder: Scratch) throws -> Child {
        let isAgent = text.hasPrefix("martlet run") || text.hasPrefix("martlet demo")
        let script =
            "export PATH=\(binaries):$PATH; set -euo pipefail; \(isAgent ? "exec " : "")\(text)"
        return try Child("/bin/bash", ["-c", script], folder: folder, in: folder.path)
    }
}
