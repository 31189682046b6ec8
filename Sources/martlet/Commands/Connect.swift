// `martlet connect KIND NAME`: makes a secret, writes the section and the secret's file, prints what to
// paste at the other end, checks a round trip to the running agent, and reloads it. With --pull the
// agent asks the other end instead (ConnectPull.swift).

import ArgumentParser
import Basics
import Bytes
import Carry
import Collect
import Foundation

struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect a forge, a tracker, a build server or a model server.",
        discussion: """
            martlet connect github shop                     writes hooks: and the secret's file
            martlet connect gitlab shop --team search --config /etc/martlet/martlet.yml
            martlet connect jira board --public-url https://martlet.example.org
            martlet connect jenkins ci --wait 5m            waits for the first delivery
            martlet connect github acme/shop --pull         no webhook: the agent asks every 5m
            martlet connect gitlab acme/shop --pull --token-file gitlab.token
            martlet connect jira 8 --pull --from https://acme.atlassian.net --user me@acme.example \
                --token-file jira.token
            martlet connect model chat http://127.0.0.1:8000  recognises the server and scrapes it
            """)

    @Argument(help: "github, gitlab, jira, jenkins, gerrit, circleci, devlake, generic or model.")
    var kind: String
    @Argument(help: "A name for it, as it stands in the URL; with --pull the project or board.")
    var name: String
    @Argument(help: "For a model: the address of its server.") var server: String?
    @Option(help: "The configuration to write to.") var config = "martlet.yml"
    @Option(help: "The team its events belong to.") var team: String?
    @Option(help: "How the other end reaches this agent.") var publicURL: String?
    @Option(help: "The agent to reload.") var url: String?
    @Option(help: "Wait this long for the first delivery (5m).") var wait: String?
    @Flag(help: "Ask the other end instead of being told by webhooks.") var pull = false
    @Option(help: "With --pull: the other end's URL, when it is not the public one.")
    var from: String?
    @Option(help: "With --pull: a file with a token that may read.") var tokenFile: String?
    @Option(help: "With --pull: the user of the token, for Jira and Jenkins.") var user: String?
    @Option(help: "With --pull: how often.") var every = "5m"
    @Option(name: .customLong("as"), help: "With --pull: the name of the source.")
    var label: String?

    func run() throws {
        if kind == "model" {
            guard let server else {
                throw failure(
                    "name the server, too: martlet connect model \(name) http://HOST:PORT")
            }
            return try ConnectModel(name: name, server: server, config: config, url: url).run()
        }
        let kinds: [DeliveryKind] = [
            .github, .gitlab, .jira, .jenkins, .gerrit, .circleci, .devlake, .generic,
        ]
        guard let kind = DeliveryKind(rawValue: kind), kinds.contains(kind) else {
            throw failure(
                "\(kind) cannot be connected; try \(kinds.map(\.rawValue).joined(separator: ", "))")
        }
        if pull { return try pull(kind) }
        let old = isFile(config) ? try readText(config) : ""
        let before = try load(old)
        if before.delivery.hooks.contains(where: { $0.source == "\(kind.rawValue)/\(name)" }) {
            throw failure("\(kind.rawValue)/\(name) is connected already; see hooks: in \(config)")
        }
        let folder = (config as NSString).deletingLastPathComponent
        let secretName = "secrets/\(kind.rawValue)-\(name).secret"
        let secretPath = folder.isEmpty ? secretName : folder + "/" + secretName
        var new = ConfigurationText(text: old)
        try new.add(entry(kind, secretName), to: "hooks")
        // Nothing is written unless the result can be read.
        _ = try load(new.text)
        let secret = try writeSecret(secretPath)
        try write(new.text)
        print(
            "Wrote hooks: \(kind.rawValue)/\(name) to \(config), its secret to \(secretPath) (mode 600)."
        )
        let base = publicURL ?? before.externalURL ?? url ?? before.publicURL
        say(kind, hook: "\(base)/hooks/\(kind.rawValue)/\(name)", secret, secretPath)
        try reload(kind, url ?? before.publicURL)
    }

    func write(_ text: String) throws {
        do {
            try text.write(toFile: config, atomically: true, encoding: .utf8)
        } catch {
            throw failure("cannot write \(config): \(error.localizedDescription)")
        }
    }

    func load(_ text: String) throws -> Configuration {
        do {
            return try Configuration.parse(text.isEmpty ? "{}" : text, file: config)
        } catch {
            throw failure("\(error)")
        }
    }

    private func entry(_ kind: DeliveryKind, _ secret: String) -> [String] {
        var entry = [
            "  - kind: \(kind.rawValue)", "    name: \(name)", "    secret_file: \(secret)",
        ]
        if let team { entry.append("    team: \(quoted(team))") }
        return entry
    }

    private func writeSecret(_ path: String) throws -> String {
        // 256 bits in hexadecimal: every kind of sender takes them.
        let secret = (0..<4).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data((secret + "\n").utf8),
                attributes: [.posixPermissions: 0o600])
        else { throw failure("cannot write \(path)") }
        return secret
    }

    private func say(_ kind: DeliveryKind, hook: String, _ secret: String, _ path: String) {
        print("\nAt the other end:")
        switch kind {
        case .github:
            print("  Settings → Webhooks → Add webhook")
            print("  Payload URL    \(hook)\n  Content type   application/json")
            print("  Secret         \(secret)\n  Events         Send me everything")
        case .gitlab:
            print("  Settings → Webhooks → Add new webhook")
            print("  URL            \(hook)\n  Secret token   \(secret)")
            print(
                "  Triggers       push, tag, issues, merge requests, jobs, pipelines, deployments, releases"
            )
        case .jira:
            print("  System → WebHooks → Create")
            print("  URL            \(hook)\n  Secret         \(secret)")
            print("  Events         issue created, updated, deleted; sprint started, closed")
        case .jenkins:
            print("  Generic or Notification plugin: POST JSON to")
            print("  URL            \(hook)\n  Header         Authorization: Bearer \(secret)")
        default:
            print("  POST JSON to   \(hook)")
            print("  with           Authorization: Bearer $(cat \(path))")
        }
        if hook.contains("127.0.0.1") || hook.contains("localhost") {
            print(
                "\nThe other end cannot reach \(hook) from outside this machine: set external_url or"
            )
            print("--public-url, or pull instead: martlet connect \(kind.rawValue) PROJECT --pull")
        }
    }

    private func reload(_ kind: DeliveryKind, _ base: String) throws {
        let begun = Clock.system.now()
        guard reload(base) else { return }
        _ = try Talk.remote(url: base, headers: []).ask("GET", "/hooks/\(kind.rawValue)/\(name)")
        print("\nThe agent at \(base) has reloaded and answers for this source.")
        guard let wait else { return }
        try first(
            of: "\(kind.rawValue)/\(name)", at: base, within: wait, since: begun,
            orElse: "see the other end's list of deliveries")
    }

    /// Lets the agent take the file; false, with what to do, when there is none.
    func reload(_ base: String) -> Bool {
        do {
            _ = try Talk.remote(url: base, headers: []).ask("POST", "/-/reload", accepts: [200])
            return true
        } catch {
            print("\nNo agent took it yet. Start one: martlet run --config \(config)")
            return false
        }
    }

    /// Waits until the agent has kept something of a source, and says when that was.
    ///
    /// Nothing in time is a failure only where somebody asked to wait.
    func first(
        of source: String, at base: String, within span: String, since begun: Millis,
        orElse advice: String
    ) throws {
        guard let millis = parseDuration(span) else {
            throw failure("--wait \(span) is not a duration")
        }
        let talk = Talk.remote(url: base, headers: [])
        print("Waiting for the first events of \(source) …")
        while Clock.system.now() < begun + millis {
            let query = "martlet_ingest_accepted_total{source=\(quoted(source))} > 0"
            let found = try talk.ask("GET", "/api/v1/query", [("query", query)]).data
            if found["result"]?.items?.isEmpty == false {
                print("The first events came by \(CivilTime(Clock.system.now()).rfc3339).")
                return
            }
            Thread.sleep(forTimeInterval: 1)
        }
        let word = "nothing came within \(span); \(advice)"
        if wait != nil { throw failure(word, status: 1) }
        print(word)
    }
}
