// The APIs of forges, trackers and build servers, answering with captured rows page by page as the
// real ones do, and noting what they were asked.

import Basics
import Bytes
import Carry
import Foundation

/// A server that stands in for GitHub, GitLab, Jira and Jenkins.
final class ForgeStub: Sendable {
    struct Asked: Sendable {
        var path: String
        var query: [String: String]
        var authorization: String
        var status: Int
        var at: ContinuousClock.Instant
    }

    fileprivate struct State {
        /// Rows by the end of the path.
        var lists: [String: [JSON]]
        var asked: [Asked] = []
        /// Paths that refuse once because too much was asked, with the seconds to wait.
        var limits: [String: Int] = [:]
    }

    static let pageLength = 10
    private let state: Lock<State>
    private let server: HTTPServer
    let url: String

    init(_ lists: [String: [JSON]]) throws {
        let state = Lock(State(lists: lists))
        self.state = state
        var options = HTTPServerOptions()
        options.port = UInt16(freePort())
        let url = "http://127.0.0.1:\(options.port)"
        self.url = url
        server = try HTTPServer(
            options,
            routes: [
                Route(["GET"], "/*", .quick) { request in
                    state.withLock { $0.answer(request, url) }
                }
            ], clock: .system, registry: Registry())
    }

    deinit { server.stop() }

    var asked: [Asked] { state.withLock { $0.asked } }

    func set(_ list: String, _ rows: [JSON]) { state.withLock { $0.lists[list] = rows } }

    /// Lets a path refuse once.
    func limit(_ list: String, seconds: Int) { state.withLock { $0.limits[list] = seconds } }
}

extension ForgeStub.State {
    fileprivate mutating func answer(_ request: HTTPRequest, _ url: String) -> HTTPResponse {
        let query = Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first }
        let list = lists.keys.first { request.path.hasSuffix($0) }
        var response: HTTPResponse
        if let list, let seconds = limits.removeValue(forKey: list) {
            let reset = Int(Date().timeIntervalSince1970) + seconds
            response = HTTPResponse(
                status: 403,
                headers: [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "\(reset)")])
        } else if let list {
            response = page(lists[list] ?? [], request.path, query, url)
        } else {
            response = .json(Array("[]".utf8))
        }
        asked.append(
            ForgeStub.Asked(
                path: request.path, query: query,
                authorization: request[header: "authorization"] ?? "", status: response.status,
                at: .now))
        return response
    }

    /// One page in the way of the API that the path belongs to.
    private func page(
        _ rows: [JSON], _ path: String, _ query: [String: String], _ url: String
    ) -> HTTPResponse {
        if path.hasSuffix("/api/json") { return body("builds", rows) }
        let length = ForgeStub.pageLength
        if path.hasPrefix("/rest/agile") {
            let start = query["startAt"].flatMap(Int.init) ?? 0
            let part = Array(rows.dropFirst(start).prefix(length))
            let isLast = start + length >= rows.count
            let name = path.hasSuffix("/sprint") ? "values" : "issues"
            return body(
                name, part,
                [
                    ("isLast", .bool(isLast)), ("startAt", .number(start)),
                    ("total", .number(rows.count)),
                ])
        }
        let number = query["page"].flatMap(Int.init) ?? 1
        let part = Array(rows.dropFirst((number - 1) * length).prefix(length))
        let hasNext = number * length < rows.count
        var response =
            path.hasSuffix("/actions/runs")
            ? body("workflow_runs", part, [("total_count", .number(rows.count))])
            : HTTPResponse.json(JSON.array(part).encoded)
        if path.hasPrefix("/api/v4") {
            response.headers.append(("x-next-page", hasNext ? "\(number + 1)" : ""))
        } else if hasNext {
            let rest = query.filter { $0.key != "page" }.sorted { $0.key < $1.key }
                .map {
                    "\($0.key)=\($0.value.replacing(">", with: "%3E").replacing("=", with: "%3D"))"
                }
            let next = "\(url)\(path)?\((rest + ["page=\(number + 1)"]).joined(separator: "&"))"
            response.headers.append(("link", "<\(next)>; rel=\"next\""))
        }
        return response
    }

    private func body(
        _ name: String, _ rows: [JSON], _ more: [(String, JSON)] = []
    ) -> HTTPResponse {
        .json(JSON.object(more + [(name, .array(rows))]).encoded)
    }
}
