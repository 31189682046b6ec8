// The copy as the candidate gets it: its own address, model, headers and credentials; never the caller's.
// A stream is asked to end with its usage, on the copy only, since the primary's request is not touched.

internal import Bytes
public import Carry

extension CandidateSettings {
    /// Makes the copy of a request.
    ///
    /// - Parameter id: goes along as `x-request-id`, so that the candidate's logs can be joined.
    /// - Returns: nil when the body had to be rewritten and is no JSON object.
    public func copy(of request: RelayedRequest, tag: UInt64, id: String) -> Errand? {
        guard let body = rewritten(request) else { return nil }
        var block = request.headers.filtered { name in
            !Scrub.isTelling(name) && !CandidateSettings.own.contains(name)
        }
        for (name, value) in headers { block.set(name, value) }
        block.set("x-request-id", id)
        block.set("x-martlet-shadow", "1")
        return Errand(
            tag: tag, server: server, method: request.method, path: path(of: request.path),
            headers: block, body: body)
    }

    /// Headers that a copy has of its own.
    private static let own = ["via", "x-request-id", "host"].map { Array($0.utf8) }

    /// A server that has its models' names in the path asks the candidate by its own.
    func path(of path: String) -> String {
        let fitting = paths.filter { path.hasPrefix($0.from) }
        guard let longest = fitting.max(by: { $0.from.utf8.count < $1.from.utf8.count }) else {
            return path
        }
        return longest.to + path.dropFirst(longest.from.count)
    }

    private func rewritten(_ request: RelayedRequest) -> [UInt8]? {
        // The quick look saves reading every body when nothing has to change.
        let isStream = request.body.hasText("\"stream\"")
        if model == nil, body.isEmpty, !isStream { return request.body }
        guard !request.body.isEmpty else { return model == nil ? request.body : nil }
        guard let json = try? JSON(request.body), case .object = json else {
            return model == nil && body.isEmpty ? request.body : nil
        }
        var copy = json
        if let model { copy = JSONPath.model.setting(.string(model), in: copy) }
        for change in body { copy = change.path.setting(change.value, in: copy) }
        // OpenAI's protocol only: others know no such field.
        if json["stream"]?.boolean == true, request.path.contains("completions") {
            copy = JSONPath.includeUsage.setting(.bool(true), in: copy)
        }
        return copy.encoded
    }
}

extension JSONPath {
    fileprivate static let model = JSONPath(names: ["model"])
    fileprivate static let includeUsage = JSONPath(names: ["stream_options", "include_usage"])
}
