// How a command reaches what an agent knows: the agent that is named, the agent that holds the data
// folder, the folder itself when nobody holds it, or the agent at the usual address.

import ArgumentParser
import Basics
import Bytes
import Carry
import Foundation
import Keep

/// Options of commands that ask an agent.
struct AgentDoor: ParsableArguments {
    @Option(help: "The agent to ask (http://127.0.0.1:9797).") var url: String?
    @Option(help: "A data folder; used directly when no agent holds it.") var data: String?
    @Option(help: "A file with a bearer token.") var tokenFile: String?
    @Option(help: "The configuration, for work without an agent.") var config: String?

    /// Finds the way in.
    func open() throws -> Talk {
        var headers: [(name: String, value: String)] = []
        if let tokenFile {
            guard let token = try? readText(tokenFile).trimmed else {
                throw failure("cannot read the token in \(tokenFile)")
            }
            headers.append(("Authorization", "Bearer \(token)"))
        }
        if let url { return .remote(url: url, headers: headers) }
        let folder = data ?? "./data"
        if let holder = FolderLock.holder(of: folder) {
            let address =
                holder.address.contains("://") ? holder.address : "http://\(holder.address)"
            return .remote(url: address, headers: headers)
        }
        guard data != nil || isFile(folder + "/martlet.db") else {
            return .remote(url: "http://127.0.0.1:9797", headers: headers)
        }
        do {
            let configuration = try Configuration.load(config)
            return .local(
                try OfflineDelivery(folder: folder, config: configuration.delivery))
        } catch {
            throw failure("\(error)")
        }
    }
}

/// An open way to an agent's end points.
enum Talk {
    case remote(url: String, headers: [(name: String, value: String)])
    case local(OfflineDelivery)

    /// Asks; an answer that is no success ends the command with what it said.
    ///
    /// - Parameter accepts: further status codes that are answers.
    func ask(
        _ method: String, _ path: String, _ query: [(name: String, value: String?)] = [],
        body: [UInt8] = [], accepts: Set<Int> = []
    ) throws -> (status: Int, data: JSON) {
        let query = query.compactMap { name, value in value.map { (name: name, value: $0) } }
        let status: Int
        let bytes: [UInt8]
        switch self {
        case .local(let offline):
            let answer: HTTPResponse
            do {
                answer = try offline.answer(
                    HTTPRequest(method: method, path: path, query: query, body: body))
            } catch {
                throw failure("\(error)")
            }
            (status, bytes) = (answer.status, answer.body)
        case .remote(let url, let headers):
            let request = FetchRequest(
                method, url + path + text(query), headers: headers,
                body: method == "GET" ? nil : body, timeout: .seconds(120))
            let answer = blocking { () async -> Result<FetchResponse, FetchError> in
                do throws(FetchError) {
                    return .success(try await Fetch.curl().send(request))
                } catch {
                    return .failure(error)
                }
            }
            switch answer {
            case .success(let response): (status, bytes) = (response.status, response.body)
            case .failure(let error):
                throw failure(
                    "no agent answers at \(url): \(error). Start one with `martlet run`, name it "
                        + "with --url, or name a data folder with --data")
            }
        }
        let json = try? JSON(bytes)
        guard (200..<300).contains(status) || accepts.contains(status) else {
            throw failure(
                json?["error"]?.text ?? "the agent answered \(status)",
                status: status == 404 ? 2 : 1)
        }
        return (status, json?["data"] ?? json ?? .null)
    }

    private func text(_ query: [(name: String, value: String)]) -> String {
        if query.isEmpty { return "" }
        var plain = CharacterSet.alphanumerics
        plain.insert(charactersIn: "-._~")
        func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        }
        return "?" + query.map { "\($0.name)=\(escaped($0.value))" }.joined(separator: "&")
    }
}
