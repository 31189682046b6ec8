// Running git: read-only, no prompt, no pager, and nothing that a repository's own configuration could
// start (external diffs, text conversion, a file-system monitor). The call blocks; it belongs on a
// thread of its own.

internal import Basics
internal import Foundation

/// One repository, as the git command sees it.
struct GitCommand {
    let folder: String

    /// What a history may weigh on its way through memory: ten times Prometheus' own.
    static let outputBytesMax = 1 << 30

    /// Runs a command and gives what it wrote.
    func run(_ arguments: [String]) throws(DeliveryError) -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["git", "-C", folder, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"]
            + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["GIT_TERMINAL_PROMPT"] = "0"
        environment["GIT_OPTIONAL_LOCKS"] = "0"
        environment["GIT_PAGER"] = "cat"
        environment["LC_ALL"] = "C"
        process.environment = environment
        let (output, faults) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = faults
        process.standardInput = Foundation.FileHandle.nullDevice
        let said = Lock("")
        let isRead = DispatchSemaphore(value: 0)
        do {
            try process.run()
        } catch {
            throw DeliveryError(
                "git_missing", "git cannot be started: \(error.localizedDescription)")
        }
        let faultReader = faults.fileHandleForReading
        startThread("git-stderr") {
            let data = faultReader.readDataToEndOfFile()
            said.withLock { $0 = String(decoding: data.prefix(2000), as: UTF8.self) }
            isRead.signal()
        }
        var bytes: [UInt8] = []
        while true {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { break }
            bytes += data
            if bytes.count > GitCommand.outputBytesMax { process.terminate() }
        }
        process.waitUntilExit()
        isRead.wait()
        if bytes.count > GitCommand.outputBytesMax {
            throw DeliveryError(
                "too_large", "the history has more than \(GitCommand.outputBytesMax) bytes")
        }
        guard process.terminationStatus == 0 else {
            let text = trimmed(said.withLock { $0 }).split(separator: "\n").first ?? "no message"
            throw DeliveryError(
                "git_failed",
                "git \(arguments.first ?? ""): status \(process.terminationStatus): \(text)")
        }
        return bytes
    }
}
