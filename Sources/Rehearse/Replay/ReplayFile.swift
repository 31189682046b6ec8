// Requests from a file of JSON lines, as teams have them: whole records (`method`, `path`, `headers`,
// `body`, `label`), bare bodies, or rows that a template makes into bodies. A line that cannot be read
// is reported with its number and does not stop the rest.

internal import Basics
public import Bytes

/// A request to be replayed.
public struct ReplayItem: Sendable {
    public var request: CapturedRequest
    public var label: String?

    public init(request: CapturedRequest, label: String? = nil) {
        self.request = request
        self.label = label
    }
}

/// A line that is no request.
public struct ReplayLineError: Error, Equatable, CustomStringConvertible {
    public var line: Int
    public var reason: String

    public var description: String { "line \(line): \(reason)" }
}

/// A file of requests, read.
public struct ReplayFile: Sendable {
    public private(set) var items: [ReplayItem] = []
    public private(set) var faults: [ReplayLineError] = []

    /// Reads JSON lines.
    ///
    /// - Parameters:
    ///   - template: makes a row into a body: a text `$.pixels` in it stands for that field of the row.
    ///   - path: asked when a line names none.
    public init(_ bytes: [UInt8], template: JSON? = nil, path: String = "") {
        var ids = Set<String>()
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
            .enumerated()
        where line.contains(where: { $0 > 0x20 }) {
            let json: JSON
            do {
                json = try JSON(Array(line))
            } catch {
                faults.append(
                    ReplayLineError(
                        line: index + 1, reason: "column \(error.column): \(error.reason)"))
                continue
            }
            guard json.fields != nil else {
                faults.append(ReplayLineError(line: index + 1, reason: "not a JSON object"))
                continue
            }
            var item =
                template.map { Self.row(json, template: $0, path: path) }
                ?? Self.record(json, path: path)
            if item.request.id.isEmpty { item.request.id = "line-\(index + 1)" }
            // The id joins answers, records and a resumed run, so it must name one line.
            if !ids.insert(item.request.id).inserted {
                item.request.id += "#\(index + 1)"
                ids.insert(item.request.id)
            }
            items.append(item)
        }
    }

    private static func record(_ json: JSON, path: String) -> ReplayItem {
        let isRecord =
            json["body"] != nil || json["body_base64"] != nil || json["method"] != nil
            || json["path"] != nil
        guard isRecord else { return row(json, template: nil, path: path) }
        let headers = (json["headers"]?.fields ?? []).compactMap { name, value in
            value.text.map { (name: name.lowercased(), value: $0) }
        }
        let request = CapturedRequest(
            id: json["id"].map(Reply.name) ?? "", time: Millis(json["time"]?.int ?? 0),
            method: json["method"]?.text ?? "POST", path: json["path"]?.text ?? path,
            headers: Scrub.headers(headers), body: bodyBytes(json))
        return ReplayItem(request: request, label: json["label"].flatMap(labelText))
    }

    /// A row is its own body, but for its label; or what the template makes of it.
    private static func row(_ json: JSON, template: JSON?, path: String) -> ReplayItem {
        let fields = (json.fields ?? []).filter { $0.key != "label" }
        let body = template.map { filled($0, json) } ?? .object(fields)
        return ReplayItem(
            request: CapturedRequest(
                id: json["id"].map(Reply.name) ?? "", time: Millis(json["time"]?.int ?? 0),
                path: path, headers: [("content-type", "application/json")], body: body.encoded),
            label: json["label"].flatMap(labelText))
    }

    private static func labelText(_ label: JSON) -> String? {
        label == .null ? nil : Reply.name(label)
    }

    private static func filled(_ template: JSON, _ row: JSON) -> JSON {
        switch template {
        case .string(let text):
            guard text.hasPrefix("$."), let path = JSONPath(text) else { return template }
            return path.values(in: row).first ?? .null
        case .array(let items): return .array(items.map { filled($0, row) })
        case .object(let fields): return .object(fields.map { ($0.key, filled($0.value, row)) })
        default: return template
        }
    }
}

/// The body of a record: JSON as it stands, a text, or base64.
func bodyBytes(_ json: JSON) -> [UInt8] {
    if let text = json["body_base64"]?.text { return base64Bytes(text) ?? [] }
    switch json["body"] {
    case .string(let text): return Array(text.utf8)
    case .some(let value): return value.encoded
    case nil: return []
    }
}
