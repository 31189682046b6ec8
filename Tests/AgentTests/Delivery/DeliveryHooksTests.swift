// Webhooks over the real server: every signed request of the samples gets its verdict, nothing that was
// answered is lost to a kill, and no name of the samples is in the data folder afterwards.

import Basics
import Bytes
import Carry
import Foundation
import Testing

/// A row of `signatures.csv`.
private struct SignedRequest {
    var source: String
    var file: String
    var secret: String
    var headers: [(name: String, value: String)]
    var isAccepted: Bool
    /// Signed together with a moment, which has to be near the server's.
    var needsNow: Bool
    var note: String
}

private func signedRequests() throws -> [SignedRequest] {
    let text = try String(contentsOfFile: payloads + "/signatures.csv", encoding: .utf8)
    return try cells(text).dropFirst().map { row in
        let headers = try JSON(text: row[3]).fields ?? []
        return SignedRequest(
            source: row[0], file: row[1], secret: row[2],
            headers: headers.map { ($0.key, $0.value.text ?? "") },
            isAccepted: !row[4].hasPrefix("reject"),
            needsNow: row[4].contains("within tolerance"), note: row.count > 5 ? row[5] : "")
    }
}

/// The headers of a request that was signed with a moment, signed anew with now.
private func resigned(
    _ request: SignedRequest, _ body: [UInt8]
) throws -> [(name: String, value: String)] {
    let seconds = String(Int(Date().timeIntervalSince1970))
    let id = request.headers.first { $0.name == "webhook-id" }?.value ?? ""
    let code = try hmac(request.secret, Data("\(id).\(seconds).".utf8) + Data(body))
    return request.headers.map { name, value in
        switch name {
        case "webhook-timestamp": (name, seconds)
        case "webhook-signature": (name, "v1," + code.base64EncodedString())
        default: (name, value)
        }
    }
}

/// Names and addresses of people in a payload.
///
/// Every address wherever it stands, and every full name of an object that is a person. One-word
/// names are left out: they are parts of repositories' names.
private func people(in json: JSON, _ found: inout Set<String>) {
    switch json {
    case .string(let text):
        for match in text.matches(of: /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/) {
            found.insert(String(match.0))
        }
    case .array(let items): for item in items { people(in: item, &found) }
    case .object(let fields):
        let keys = Set(fields.map(\.key))
        let isPerson = !keys.isDisjoint(with: [
            "email", "emailAddress", "username", "login", "accountId", "displayName", "fullName",
        ])
        for (key, value) in fields {
            let isName =
                ["displayName", "fullName", "author_name", "user_name", "real_name"].contains(key)
                || key == "name" && isPerson
            if isName, let text = value.text, text.contains(" ") { found.insert(text) }
            people(in: value, &found)
        }
    default: break
    }
}

private func bytes(ofFolder folder: String) throws -> Data {
    var all = Data()
    for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
        all += (try? Data(contentsOf: URL(filePath: folder + "/" + name))) ?? Data()
    }
    return all
}

@Suite(.serialized) struct DeliveryHooksTests {
    @Test(.enabled(if: samplesAreThere, "the sample payloads are not here"))
    func `every signed request of the samples gets its verdict, and nobody is named`() async throws
    {
        let requests = try signedRequests()
        // One source for each kind and secret.
        var names: [String: String] = [:]
        var configuration = "host: {enabled: false}\nhooks:\n"
        for request in requests where names[request.source + request.secret] == nil {
            let name = "s\(names.count)"
            names[request.source + request.secret] = name
            configuration += "  - kind: \(request.source)\n    name: \(name)\n"
            configuration += "    secret: \(quoted(request.secret))\n"
            if request.source == "trello" {
                configuration +=
                    "    callback_url: https://martlet.example.org/hooks/trello?board=1\n"
            }
        }
        let agent = try await Agent(configuration: configuration)
        var named: Set<String> = []
        var wrong: [String] = []
        for request in requests {
            let file = "\(payloads)/\(request.source)/\(request.file)"
            let isEmpty = request.file == "(empty body)"
            let body = isEmpty ? [] : [UInt8](try Data(contentsOf: URL(filePath: file)))
            let name = try #require(names[request.source + request.secret])
            let answer = try await client.send(
                FetchRequest(
                    "POST", "\(agent.url)/hooks/\(request.source)/\(name)",
                    headers: (request.needsNow ? try resigned(request, body) : request.headers) + [
                        ("Content-Type", "application/json")
                    ], body: body))
            let isAccepted = (200..<300).contains(answer.status)
            if isAccepted != request.isAccepted {
                wrong.append("\(request.source)/\(request.file) \(request.note): \(answer.status)")
            }
            if isAccepted, let json = try? JSON(body) { people(in: json, &named) }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(requests.count): \(wrong.prefix(10))")
        try await until("the inbox is empty", seconds: 60) {
            let text = text(try await get(agent.url + "/metrics"))
            return text.contains("martlet_ingest_waiting 0")
        }
        agent.child.send(SIGTERM)
        #expect(agent.child.wait() == 0)
        let data = try bytes(ofFolder: agent.folder.path + "/data")
        let leaked = named.filter { data.range(of: Data($0.utf8)) != nil }
        #expect(named.count >= 5, "the samples name \(named.count) people")
        #expect(leaked.isEmpty, "in the data folder: \(leaked.prefix(5))")
    }

    @Test(.enabled(if: samplesAreThere, "the sample payloads are not here"))
    func `every payload of the samples is answered, and none of their people is in the data`()
        async throws
    {
        let kinds = [
            "asana", "cdevents", "circleci", "cloudevents", "devlake", "gerrit", "github", "gitlab",
            "jenkins", "jira", "pelorus", "trello",
        ]
        let hooks = kinds.map { kind in
            let url = kind == "trello" ? ", callback_url: https://m.example.org/hooks" : ""
            return "  - {kind: \(kind), name: all, proof: none\(url)}"
        }
        let agent = try await Agent(
            configuration: "host: {enabled: false}\nhooks:\n" + hooks.joined(separator: "\n") + "\n"
        )
        var named: Set<String> = []
        var answers: [Int: Int] = [:]
        for kind in kinds {
            let folder = "\(payloads)/\(kind)"
            for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
                let body = [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + name)))
                // `pull_request.opened.json` is named after its event.
                let event = name.split(separator: ".").first.map(String.init) ?? ""
                let answer = try await client.send(
                    FetchRequest(
                        "POST", "\(agent.url)/hooks/\(kind)/all",
                        headers: [
                            ("Content-Type", "application/json"), ("X-GitHub-Event", event),
                            ("X-GitHub-Delivery", name), ("Idempotency-Key", name),
                        ], body: body))
                answers[answer.status, default: 0] += 1
                #expect(answer.status < 500, "\(kind)/\(name): \(answer.status)")
                if let json = try? JSON(body) { people(in: json, &named) }
            }
        }
        print("answers by status:", answers.sorted { $0.key < $1.key }, "people:", named.count)
        #expect(answers[202] ?? 0 > 100)
        try await until("the inbox is empty", seconds: 60) {
            let text = text(try await get(agent.url + "/metrics"))
            return text.contains("martlet_ingest_waiting 0")
        }
        agent.child.send(SIGTERM)
        #expect(agent.child.wait() == 0)
        let data = try bytes(ofFolder: agent.folder.path + "/data")
        let leaked = named.filter { data.range(of: Data($0.utf8)) != nil }
        #expect(named.count >= 30, "the samples name \(named.count) people")
        #expect(leaked.isEmpty, "in the data folder: \(leaked.sorted().prefix(20))")
    }

    @Test func `a webhook that was answered survives kill -9`() async throws {
        let folder = try Scratch()
        let configuration = """
            host: {enabled: false}
            hooks: [{kind: generic, name: ci, secret: s3cret}]
            """
        var accepted: Set<String> = []
        for round in 0..<3 {
            let agent = try await Agent(configuration: configuration, folder: folder)
            for index in 0..<40 {
                let id = "build-\(round)-\(index)"
                let body =
                    #"{"kind":"build","id":"\#(id)","time":1763700000000,"service":"shop","#
                    + #""fields":{"build":"\#(id)","status":"success","finished":1763700000000}}"#
                let answer = try await client.send(
                    FetchRequest(
                        "POST", agent.url + "/hooks/generic/ci",
                        headers: [
                            ("Authorization", "Bearer s3cret"),
                            ("Content-Type", "application/json"),
                        ], body: Array(body.utf8)))
                if answer.status == 202 { accepted.insert(id) }
            }
            agent.child.send(SIGKILL)
            _ = agent.child.wait()
        }
        #expect(accepted.count == 120)
        let agent = try await Agent(configuration: configuration, folder: folder)
        try await until("every accepted build is known") {
            let answer = try await get(
                agent.url
                    + "/api/martlet/v1/kpis/build_success_rate/rows?from=1763600000&to=1763800000")
            let rows = try JSON(answer.body)["data"]?["rows"]?.items ?? []
            return rows.count == accepted.count
        }
    }

    @Test func `a seeded burst beside refreshing pages is answered whole, and survives kill -9`()
        async throws
    {
        let seed = Int.random(in: 0..<1_000_000)
        print("seed", seed)
        let folder = try Scratch()
        let configuration = """
            host: {enabled: false}
            hooks: [{kind: generic, name: ci, secret: s3cret}]
            """
        let agent = try await Agent(configuration: configuration, folder: folder)
        let accepted = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            // Sixteen senders at once, as many as a busy forge keeps open.
            for sender in 0..<16 {
                group.addTask {
                    var taken: Set<String> = []
                    for index in 0..<40 {
                        let id = "b-\(seed)-\(sender)-\(index)"
                        let time =
                            1_763_700_000_000 + (seed * 31 + sender * 977 + index) % 86_400 * 1000
                        let body =
                            #"{"kind":"build","id":"\#(id)","time":\#(time),"service":"shop","#
                            + #""fields":{"build":"\#(id)","status":"success"}}"#
                        let answer = try await client.send(
                            FetchRequest(
                                "POST", agent.url + "/hooks/generic/ci",
                                headers: [
                                    ("Authorization", "Bearer s3cret"),
                                    ("Content-Type", "application/json"),
                                ], body: Array(body.utf8)))
                        if answer.status == 202 { taken.insert(id) }
                    }
                    return taken
                }
            }
            for path in ["/delivery", "/api/martlet/v1/kpis", "/api/martlet/v1/decisions"] {
                group.addTask {
                    for _ in 0..<10 {
                        let status = try await get(agent.url + path).status
                        #expect(status == 200)
                    }
                    return []
                }
            }
            return try await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        agent.child.send(SIGKILL)
        _ = agent.child.wait()
        #expect(accepted.count == 640)
        let again = try await Agent(configuration: configuration, folder: folder)
        try await until("every accepted build is known", seconds: 60) {
            let answer = try await get(
                again.url
                    + "/api/martlet/v1/kpis/build_success_rate/rows?from=1763600000&to=1763900000")
            let rows = try JSON(answer.body)["data"]?["rows"]?.items ?? []
            return rows.count == accepted.count
        }
    }
}
