// The disk breaks at the n-th operation, for the journal, SQLite and librrd alike: what was acknowledged
// before is there afterwards, whether the operation failed, the process was killed, or the power went
// and took with it what had not been synced. Some places here, `make faults` tries each of 2,000.

import Basics
import Dispatch
import Foundation
import Testing

private let bench = URL(filePath: martletBinary).deletingLastPathComponent()
    .appending(path: "martlet-bench").path
private let compiler = find("clang", "cc", "gcc") ?? "/opt/swift/usr/bin/clang"
private let places =
    ProcessInfo.processInfo.environment["MARTLET_FAULTS"].flatMap(Int.init) ?? 24
/// Forty steps are three hours with a seal and cost CI little; 130 make more than 2,000 operations.
private let steps = ProcessInfo.processInfo.environment["MARTLET_FAULTS"] == nil ? 40 : 130
private let modes = ["fail", "kill", "power"]

/// What the driver had told when it ended.
private struct Told {
    var samples = -1
    var record = -1
    var log = -1

    init(_ output: String) {
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let step = Int(words[1]) else { continue }
            switch words[0] {
            case "samples": samples = step
            case "record": record = step
            case "log": log = step
            default: break
            }
        }
    }
}

@Suite(
    .serialized,
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: bench)
            && FileManager.default.isExecutableFile(atPath: compiler),
        "martlet-bench is not built, or there is no C compiler"))
struct FaultTests {
    let scratch: Scratch
    let library: String

    init() throws {
        // The library says what a power loss takes, so that the disk may be one that never waits.
        scratch = try Scratch(inMemory: true)
        library = scratch.path + "/fault.so"
        let source = root.appending(path: "Tests/Faults/fault.c").path
        let built = try execute(
            compiler, ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        try #require(built.status == 0, "\(built.output)")
    }

    @Test func `nothing acknowledged is lost wherever the disk breaks`() throws {
        let total = try operations()
        try #require(total > 400, "only \(total) operations were seen: is the library loaded?")
        let every = max(1, min(total, 2000) / places)
        let offset = Int.random(in: 0..<every)
        let chosen = Array(stride(from: 1 + offset, through: min(total, 2000), by: every))
        let progress = LongRun(
            "\(chosen.count) of \(total) operations × \(modes.joined(separator: ", "))",
            steps: chosen.count * modes.count)
        let outcomes = Lock<[String]>([])
        DispatchQueue.concurrentPerform(iterations: chosen.count * modes.count) { index in
            let mode = modes[index % modes.count]
            let place = chosen[index / modes.count]
            let fault = Result { try broken(mode, place) }
            outcomes.withLock { outcomes in
                switch fault {
                case .success(nil): break
                case .success(let text?): outcomes.append("\(mode) at \(place): \(text)")
                case .failure(let error): outcomes.append("\(mode) at \(place): \(error)")
                }
            }
            progress.step()
        }
        let lost = outcomes.withLock { $0 }
        progress.end("\(lost.count) losses")
        #expect(lost.isEmpty, "\(lost.prefix(3).joined(separator: "\n"))")
        if places >= 2000 { #expect(chosen.count == 2000, "only \(total) operations") }
    }

    /// Breaks one run at one place.
    ///
    /// - Returns: what the check said afterwards; nil when all was there.
    private func broken(_ mode: String, _ place: Int) throws -> String? {
        let folder = scratch.path + "/\(mode)-\(place)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try driver(
            ["write", folder, "\(steps)"],
            [
                "LD_PRELOAD": library, "FAULT_FOLDER": folder, "FAULT_AT": "\(place)",
                "FAULT_MODE": mode,
            ])
        let told = Told(run.output)
        let check = try driver(
            ["check", folder, "\(told.samples)", "\(told.record)", "\(told.log)"], [:])
        return check.status == 0 ? nil : check.output
    }

    /// How many operations a whole run makes.
    private func operations() throws -> Int {
        let folder = scratch.path + "/whole"
        let counted = scratch.path + "/count"
        let run = try driver(
            ["write", folder, "\(steps)"],
            ["LD_PRELOAD": library, "FAULT_FOLDER": folder, "FAULT_COUNT": counted])
        try #require(run.status == 0, "\(run.output)")
        let text = try String(contentsOfFile: counted, encoding: .utf8)
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    private func driver(_ arguments: [String], _ environment: [String: String]) throws -> (
        status: Int32, output: String
    ) {
        try execute(bench, ["faults"] + arguments, environment)
    }
}

/// Runs a program to its end with some more environment.
private func execute(
    _ binary: String, _ arguments: [String], _ environment: [String: String] = [:]
) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: binary)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
