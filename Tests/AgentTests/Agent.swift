// The agent as a process, and the real programs beside it: Prometheus, node exporter, Chromium.
// Ports are drawn, folders are fresh, and whatever was started is ended with the test.

import Basics
import Bytes
import Carry
import Foundation
import Testing

/// The repository's root.
let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// One client for all tests.
let client = Fetch.curl()

/// The binary under test: the release build when `make test` names it, else the debug build.
let martletBinary: String = {
    if let path = ProcessInfo.processInfo.environment["MARTLET_RELEASE"] { return path }
    let release = root.appending(path: ".build/release/martlet").path
    let debug = root.appending(path: ".build/debug/martlet").path
    return FileManager.default.isExecutableFile(atPath: debug) ? debug : release
}()

/// A folder that goes with the test.
final class Scratch: Sendable {
    let path: String

    /// - Parameter inMemory: on a file system that never waits for a disk, where there is one.
    init(inMemory: Bool = false) throws {
        let fast = "/dev/shm/"
        let isFast = inMemory && FileManager.default.isWritableFile(atPath: fast)
        path = (isFast ? fast : NSTemporaryDirectory()) + "martlet-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}

/// The first of some names that is an executable file on the usual paths.
func find(_ names: String...) -> String? {
    for name in names {
        for folder in ["/usr/bin", "/usr/local/bin", "/usr/sbin"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
    }
    return nil
}

private let nextPort = Lock(10_240 + Int(getpid()) * 97 % 20_000)

/// A port that nobody listens on right now.
///
/// Below those that the system gives to outgoing connections, and none twice: another test's client could
/// otherwise have it before the agent listens.
func freePort() -> Int {
    while true {
        let port = nextPort.withLock { next in
            next = next < 32_700 ? next + 1 : 10_240
            return next
        }
        if isFree(port) { return port }
    }
}

private func isFree(_ port: Int) -> Bool {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

/// A program that runs beside the test.
final class Child: @unchecked Sendable {  // Process is thread-safe for signals and waiting.
    let process = Process()
    let log: String

    init(_ binary: String, _ arguments: [String], folder: Scratch, in directory: String? = nil)
        throws
    {
        log =
            folder.path
            + "/\((binary as NSString).lastPathComponent)-\(UUID().uuidString.prefix(4)).log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let handle = try FileHandle(forWritingTo: URL(filePath: log))
        process.executableURL = URL(filePath: binary)
        process.arguments = arguments
        process.standardOutput = handle
        process.standardError = handle
        if let directory { process.currentDirectoryURL = URL(filePath: directory) }
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end and gives the exit status.
    func wait() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// A running agent.
final class Agent: Sendable {
    let child: Child
    let url: String
    let port: Int
    let folder: Scratch

    /// Starts an agent and waits until it is ready.
    init(
        _ arguments: [String] = [], configuration: String? = nil, folder: Scratch? = nil,
        port: Int? = nil
    ) async throws {
        let folder = try folder ?? Scratch()
        let port = port ?? freePort()
        var all = [
            "run", "--listen", "127.0.0.1:\(port)", "--data", folder.path + "/data",
            "--share", root.path,
        ]
        if let configuration {
            all += ["--config", try folder.write("martlet.yml", configuration)]
        }
        child = try Child(martletBinary, all + arguments, folder: folder, in: folder.path)
        self.folder = folder
        self.port = port
        url = "http://127.0.0.1:\(port)"
        try await until("the agent is ready", seconds: 60) {
            if !child.process.isRunning {
                throw TestFailure("the agent ended:\n\(child.output)")
            }
            return (try? await get(url + "/-/ready").status) == 200
        }
    }

    /// The single number that an instant query yields, or nil.
    func value(_ query: String) async throws -> Double? {
        try await queryValue(url, query)
    }
}

/// What a test says when its surroundings fail it.
struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Asks until the answer is yes; fails with the question after some seconds.
///
/// On a machine so busy that hardly a question was asked in that time, it goes on asking.
func until(
    _ what: String, seconds: Double = 30, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var questions = 0
    while try await !condition() {
        questions += 1
        let now = ContinuousClock.now
        let isEnough = now > deadline && Double(questions) > 2 * seconds
        // A question that hangs must not hold up all tests behind it.
        if isEnough || now > deadline + .seconds(3 * seconds) {
            throw TestFailure("not within \(seconds) s: \(what)")
        }
        try await Task.sleep(for: .milliseconds(100))
    }
}

func get(_ url: String, _ headers: [(name: String, value: String)] = []) async throws
    -> FetchResponse
{
    try await client.send(FetchRequest("GET", url, headers: headers))
}

func post(_ url: String, _ body: String) async throws -> FetchResponse {
    try await client.send(
        FetchRequest(
            "POST", url, headers: [("Content-Type", "application/json")], body: Array(body.utf8)))
}

func text(_ response: FetchResponse) -> String { String(decoding: response.body, as: UTF8.self) }

/// The first value of an instant query at any server with Prometheus' API.
func queryValue(_ url: String, _ query: String) async throws -> Double? {
    try await queryValues(url, query).first
}

func queryValues(_ url: String, _ query: String) async throws -> [Double] {
    let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let response = try await get(url + "/api/v1/query?query=" + encoded)
    let data = try JSON(response.body)["data"]
    if data?["resultType"]?.text == "scalar" {
        return data?["result"]?.items?.last?.text.flatMap(Double.init).map { [$0] } ?? []
    }
    return (data?["result"]?.items ?? []).compactMap {
        $0["value"]?.items?.last?.text.flatMap(Double.init)
    }
}

/// Runs the binary to its end.
func run(_ arguments: [String], in directory: String? = nil) throws -> (
    status: Int32, output: String
) {
    let folder = try Scratch()
    let child = try Child(martletBinary, arguments, folder: folder, in: directory)
    return (child.wait(), child.output)
}
