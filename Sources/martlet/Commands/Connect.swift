// `martlet connect KIND NAME`: makes a secret, writes the section and the secret's file, prints what to
// paste at the other end, checks a round trip to the running agent, and reloads it.

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
            martlet connect model chat http://127.0.0.1:8000  recognises the server and scrapes it
            """)

    @Argument(help: "github, gitlab, jira, jenkins, gerrit, circleci, devlake, generic or model.")
    var kind: String
    @Argument(help: "A name for it, as it stands in the URL.") var name: String
    @Argument(help: "For a model: the address of its server.") var server: String?
    @Option(help: "The configuration to write to.") var config = "martlet.yml"
    @Option(help: "The team its events belong to.") var team: String?
    @Option(help: "How the other end reaches this agent.") var publicURL: String?
    @Option(help: "The agent to reload.") var url: String?
    @Option(help: "Wait this long for the first delivery (5m).") var wait: String?

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
        let old = isFile(config) ? try readText(config) : ""
        let before = try load(old)
        if before.delivery.hooks.contains(where: { $0.source == "\(kind.rawValue)/\(name)" }) {
            throw failure("\(kind.rawValue)/\(name) is connected already; see hooks: in \(config)")
        }
        let folder = (config as NSString).deletingLastPathComponent
        let secretName = "secrets/\(kind.rawValue)-\(name).secret"
        let secretPath = folder.isEmpty ? secretName : folder + "/" + secretName
        let new = section(kind, secretName, in: old)
        // Nothing is written unless the result can be read.
        _ = try load(new)
        let secret = try writeSecret(secretPath)
        do {
            try new.write(toFile: config, atomically: true, encoding: .utf8)
        } catch {
            throw failure("cannot write \(config): \(error.localizedDescription)")
        }
        print(
            "Wrote hooks: \(kind.rawValue)/\(name) to \(config), its secret to \(secretPath) (mode 600)."
        )
        let base = publicURL ?? before.externalURL ?? url ?? before.publicURL
        say(kind, hook: "\(base)/hooks/\(kind.rawValue)/\(name)", secret, secretPath)
        try reload(kind, url ?? before.publicURL)
    }

    private func load(_ text: String) throws -> Configuration {
        do {
            return try Configuration.parse(text.isEmpty ? "{}" : text, file: config)
        } catch {
            throw failure("\(error)")
        }
    }

    /// The file's text with one more entry under `hooks:`, the rest untouched.
    private func section(_ kind: DeliveryKind, _ secret: String, in old: String) -> String {
        var entry = [
            "  - kind: \(kind.rawValue)", "    name: \(name)", "    secret_file: \(secret)",
        ]
        if let team { entry.append("    team: \(quoted(team))") }
        var lines = old.components(separatedBy: "\n")
        if let index = lines.firstIndex(where: { $0.hasPrefix("hooks:") }) {
            lines[index] = "hooks:"
            lines.insert(contentsOf: entry, at: index + 1)
            return lines.joined(separator: "\n")
        }
        let end = old.isEmpty || old.hasSuffix("\n") ? "" : "\n"
        return old + end + (["hooks:"] + entry).joined(separator: "\n") + "\n"
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
            print("--public-url, or pull instead (sources: in deploy/martlet.example.yml).")
        }
    }

    private func reload(_ kind: DeliveryKind, _ base: String) throws {
        let talk = Talk.remote(url: base, headers: [])
        do {
            _ = try talk.ask("POST", "/-/reload", accepts: [200])
        } catch {
            print("\nNo agent took it yet. Start one: martlet run --config \(config)")
            return
        }
        _ = try talk.ask("GET", "/hooks/\(kind.rawValue)/\(name)")
        print("\nThe agent at \(base) has reloaded and answers for this source.")
        guard let wait else { return }
        guard let millis = parseDuration(wait) else {
            throw failure("--wait \(wait) is not a duration")
        }
        let source = "\(kind.rawValue)/\(name)"
        let end = Clock.system.now() + millis
        print("Waiting for the first delivery …")
        while Clock.system.now() < end {
            let query = "martlet_ingest_accepted_total{source=\(quoted(source))}"
            let found = try talk.ask("GET", "/api/v1/query", [("query", query)]).data
            if found["result"]?.items?.isEmpty == false {
                print("The first delivery came at \(CivilTime(Clock.system.now()).rfc3339).")
                return
            }
            Thread.sleep(forTimeInterval: 2)
        }
        throw failure(
            "no delivery came within \(wait); see the other end's list of deliveries", status: 1)
    }
}
