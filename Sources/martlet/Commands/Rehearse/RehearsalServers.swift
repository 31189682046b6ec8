// The servers of a replay, from the command's options: addresses, headers with secrets read from files,
// changes of the candidate's bodies.

import Basics
import Bytes
import Carry
import Foundation
import Rehearse

/// Both sides, a second primary, and a model of meaning.
struct RehearsalServers {
    private let primary: ReplayServer
    private let candidate: ReplayServer
    private let second: ReplayServer?
    private let meaning: ReplayServer?

    init(_ command: RehearseReplay) throws {
        func server(
            _ url: String, _ name: String, _ headers: [(name: String, value: String)],
            isCandidate: Bool = false
        ) throws -> ReplayServer {
            guard let (address, path) = ReplayServer.address(url) else {
                throw failure("--\(name) \(url): write it as http://host:port or with a path")
            }
            var settings = CandidateSettings(name: name, server: address)
            settings.headers = headers
            if isCandidate {
                settings.model = command.model
                settings.body = try command.set.map { change in
                    let parts = change.split(separator: "=", maxSplits: 1).map(String.init)
                    guard parts.count == 2, let path = JSONPath(parts[0]),
                        let value = try? JSON(text: parts[1])
                    else { throw failure("--set \(change): write it as temperature=0") }
                    return (path, value)
                }
            }
            var options = CourierOptions()
            options.name = name
            options.concurrency = max(command.concurrency, 1) + 1
            options.deadlineMillis = Millis(command.timeout) * 1000
            options.answerBytesMax = 64 << 20
            options.niceness = 0
            let own = path ?? (address.prefix.isEmpty && !command.path.isEmpty ? command.path : nil)
            return ReplayServer(settings, path: own, options: options)
        }
        let headers = try Self.headers(command.header)
        primary = try server(command.primary, "primary", headers.primary)
        candidate = try server(command.candidate, "candidate", headers.candidate, isCandidate: true)
        second = try command.second.map { try server($0, "second", headers.primary) }
        meaning = try command.embeddings.map { try server($0, "embeddings", []) }
    }

    var sides: ReplaySides {
        let meaning = meaning
        var ask: (@Sendable (String, String) async -> Double?)?
        if let meaning {
            ask = { left, right in
                let body = JSON.object([
                    ("input", .array([.string(left), .string(right)])), ("model", .string("m")),
                ])
                let request = CapturedRequest(
                    id: "meaning", time: 0, path: "/v1/embeddings",
                    headers: [("content-type", "application/json")], body: body.encoded)
                let vectors = Reply(await meaning.ask(request), dialect: .embeddings).vectors
                return vectors.count == 2 ? cosine(vectors[0], vectors[1]) : nil
            }
        }
        let (primary, candidate) = (primary, candidate)
        var again: ReplaySides.Ask?
        if let second { again = { await second.ask($0) } }
        return ReplaySides(
            primary: { await primary.ask($0) }, candidate: { await candidate.ask($0) },
            second: again, meaning: ask)
    }

    func stop() {
        for server in [primary, candidate, second, meaning] { server?.stop() }
    }

    /// `name=value` for both, `side:name=value` for one; `file:PATH` reads the value from a file, so
    /// that no secret stands on a command line.
    private static func headers(_ texts: [String]) throws -> (
        primary: [(name: String, value: String)], candidate: [(name: String, value: String)]
    ) {
        var primary: [(name: String, value: String)] = []
        var candidate: [(name: String, value: String)] = []
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw failure("--header needs name=value; for a secret name=file:PATH")
            }
            var name = parts[0].lowercased()
            var value = parts[1]
            if value.hasPrefix("file:") {
                let file = String(value.dropFirst(5))
                do { value = try readText(file).trimmed } catch {
                    throw failure("--header \(name): cannot read \(file)")
                }
            }
            let isPrimary = name.hasPrefix("primary:")
            let isCandidate = name.hasPrefix("candidate:")
            if isPrimary || isCandidate { name = String(name.drop { $0 != ":" }.dropFirst()) }
            if !isCandidate { primary.append((name, value)) }
            if !isPrimary { candidate.append((name, value)) }
        }
        return (primary, candidate)
    }
}
