// The disk breaks at the n-th operation, for the journal, SQLite and librrd alike: what was acknowledged
// before is there afterwards, whether the operation failed, the process was killed, or the power went
// and took with it what had not been synced. Some places here, `make faults` tries each of 2,000.

import Foundation
import Testing

private let bench = URL(filePath: martletBinary).deletingLastPathComponent()
    .appending(path: "martlet-bench").path
private let compiler = find("clang", "cc", "gcc") ?? "/opt/swift/usr/bin/clang"
private let places =
    ProcessInfo.processInfo.environment["MARTLET_FAULTS"].flatMap(Int.init) ?? 24
/// Forty steps are three hours with a seal and cost CI little; a hundred make some 2,000 operations.
private let steps = ProcessInfo.processInfo.environment["MARTLET_FAULTS"] == nil ? 40 : 100

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
        scratch = try Scratch()
        library = scratch.path + "/fault.so"
        let source = root.appending(path: "Tests/Faults/fault.c").path
        let built = try execute(
            compiler, ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        try #require(built.status == 0, "\(built.output)")
    }

    @Test(arguments: ["fail", "kill", "power"])
    func `nothing acknowledged is lost wherever the disk breaks`(_ mode: String) throws {
        let total = try operations()
        try #require(total > 400, "only \(total) operations were seen: is the library loaded?")
        let last = min(total, 2000)
        let every = max(1, last / places)
        let offset = Int.random(in: 0..<every)
        var lost: [String] = []
        for place in stride(from: 1 + offset, through: last, by: every) {
            let folder = scratch.path + "/\(mode)-\(place)"
            let run = try driver(
                ["write", folder, "\(steps)"],
                [
                    "LD_PRELOAD": library, "FAULT_FOLDER": folder, "FAULT_AT": "\(place)",
                    "FAULT_MODE": mode,
                ])
            let told = Told(run.output)
            let check = try driver(
                ["check", folder, "\(told.samples)", "\(told.record)", "\(told.log)"], [:])
            if check.status != 0 { lost.append("operation \(place): \(check.output)") }
            try? FileManager.default.removeItem(atPath: folder)
        }
        #expect(lost.isEmpty, "\(mode): \(lost.prefix(3).joined(separator: "\n"))")
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
