// `martlet connect KIND PROJECT --pull`: for agents that no webhook can reach. Asks the other end once,
// and only when it answers writes a `sources:` section, reloads the agent and says when the first
// events came.

import Basics
import Bytes
import Carry
import Collect
import Foundation

extension Connect {
    /// Adds a pulled source.
    func pull(_ kind: DeliveryKind) throws {
        guard [.github, .gitlab, .jira, .jenkins].contains(kind) else {
            throw failure("\(kind.rawValue) cannot be pulled; try github, gitlab, jira or jenkins")
        }
        let source = label ?? name.split(separator: "/").last.map(String.init) ?? name
        let old = isFile(config) ? try readText(config) : ""
        var new = ConfigurationText(text: old)
        try new.add(entry(kind, source), to: "sources")
        let before = try load(old)
        // Nothing is written unless the result can be read, and the other end answers.
        let after = try load(new.text)
        guard
            let wanted = after.delivery.sources.first(where: { found in
                !before.delivery.sources.contains { $0.cursorName == found.cursorName }
            })
        else { throw failure("\(kind.rawValue)/\(source) is pulled already; see \(config)") }
        try check(wanted)
        try write(new.text)
        print("Wrote sources: \(kind.rawValue)/\(source) to \(config).")
        let base = url ?? before.publicURL
        let begun = Clock.system.now()
        guard reload(base) else { return }
        print("\nThe agent at \(base) has reloaded and pulls now.")
        try first(
            of: "\(kind.rawValue)/\(source)", at: base, within: wait ?? "30s", since: begun,
            orElse: "see the agent's log: it names the list that could not be read")
    }

    private func entry(_ kind: DeliveryKind, _ source: String) -> [String] {
        var entry = ["  - \(kind.rawValue): \(quoted(name))", "    name: \(quoted(source))"]
        if let from { entry.append("    url: \(quoted(from))") }
        if let user { entry.append("    user: \(quoted(user))") }
        if let tokenFile {
            let isWhole = tokenFile.hasPrefix("/")
            let here = FileManager.default.currentDirectoryPath
            entry.append("    token_file: \(quoted(isWhole ? tokenFile : here + "/" + tokenFile))")
        }
        entry.append("    every: \(every)")
        if let team { entry.append("    team: \(quoted(team))") }
        return entry
    }

    /// One round trip: the first page of the first list.
    private func check(_ wanted: PullConfig) throws {
        var wanted = wanted
        if let path = wanted.tokenFile {
            guard let token = try? readText(path).trimmed, !token.isEmpty else {
                throw failure("the token cannot be read from \(path)")
            }
            wanted.token = DeliverySecret(text: token)
        }
        var session = PullSession(wanted, people: PeopleBook(salt: [0]))
        guard case .fetch(let request) = session.next(now: 0) else { return }
        let answer = blocking { () async -> Result<FetchResponse, FetchError> in
            do throws(FetchError) {
                return .success(try await Fetch.curl().send(request))
            } catch {
                return .failure(error)
            }
        }
        let response: FetchResponse
        switch answer {
        case .success(let given): response = given
        case .failure(let error):
            throw failure("\(wanted.url) does not answer: \(error)", status: 1)
        }
        switch response.status {
        case 200: break
        case 401, 403:
            throw failure(
                "\(wanted.url) answered \(response.status): "
                    + (wanted.token == nil
                        ? "give a token with --token-file FILE" : "the token may not read this"),
                status: 1)
        case 404:
            throw failure(
                "\(wanted.url) knows no \(name): check the name, or give a token that may see it "
                    + "with --token-file FILE", status: 1)
        default: throw failure("\(wanted.url) answered \(response.status)", status: 1)
        }
        let count = session.take(response, now: Clock.system.now()).events.count
        let left = response[header: "x-ratelimit-remaining"].map { ", \($0) requests left" } ?? ""
        print("\(wanted.url) answers: \(count) events on its first page\(left).")
    }
}
