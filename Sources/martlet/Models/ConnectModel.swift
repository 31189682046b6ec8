// `martlet connect model NAME URL`: asks the address what serves there, writes one entry under `models:`,
// and reloads the agent. A server that does not answer is written too, with a remark: it may come up
// later, and the agent goes on asking.

import Basics
import Carry
import Foundation
import Reason

/// Connects a model server.
struct ConnectModel {
    var name: String
    var server: String
    var config: String
    var url: String?

    func run() throws {
        let old = isFile(config) ? try readText(config) : ""
        let before = try load(old)
        if before.models.models.contains(where: { $0.name == name }) {
            throw failure("the model \(name) is connected already; see models: in \(config)")
        }
        let new = entry(in: old)
        // Nothing is written unless the result can be read.
        let model = try load(new).models.model(name)
        let found = blocking { await ModelServers.find(model, fetch: .curl()) }
        do {
            try new.write(toFile: config, atomically: true, encoding: .utf8)
        } catch {
            throw failure("cannot write \(config): \(error.localizedDescription)")
        }
        print("Wrote models: \(name) to \(config).")
        if let kind = found.kind, let metrics = found.metrics {
            print("\(server) is \(kind.title); its metrics are at \(metrics).")
        } else {
            print("No model server was recognised there yet: \(found.fault ?? "no answer").")
            print("The agent asks again every 15 seconds; name other metrics with metrics: URL.")
        }
        let base = url ?? before.publicURL
        do {
            _ = try Talk.remote(url: base, headers: []).ask("POST", "/-/reload", accepts: [200])
            print("The agent at \(base) has reloaded. Its page: \(base)/models")
        } catch {
            print("No agent took it yet. Start one: martlet run --config \(config)")
        }
    }

    private func load(_ text: String) throws -> Configuration {
        do {
            return try Configuration.parse(text.isEmpty ? "{}" : text, file: config)
        } catch {
            throw failure("\(error)")
        }
    }

    /// The file's text with one more entry under `models:`, the rest untouched.
    private func entry(in old: String) -> String {
        let entry = ["  - name: \(quoted(name))", "    server: \(server)"]
        var lines = old.components(separatedBy: "\n")
        if let index = lines.firstIndex(where: { $0.hasPrefix("models:") }) {
            lines[index] = "models:"
            lines.insert(contentsOf: entry, at: index + 1)
            return lines.joined(separator: "\n")
        }
        let end = old.isEmpty || old.hasSuffix("\n") ? "" : "\n"
        return old + end + (["models:"] + entry).joined(separator: "\n") + "\n"
    }
}
