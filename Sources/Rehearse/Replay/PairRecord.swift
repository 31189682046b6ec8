// A pair as a line of JSON, and back: what a replay writes down so that it can be resumed, judged again
// under other rules, and looked at. Secrets are scrubbed on the way out; the time of the first content
// is written too, because scrubbing may move the bytes that it was read from.

internal import Basics
public import Bytes

extension Pair {
    /// The pair as one JSON object.
    public var record: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("id", .string(request.id)), ("time", .number(Int(request.time))),
            ("method", .string(request.method)), ("path", .string(Scrub.path(request.path))),
            (
                "headers",
                .object(Scrub.headers(request.headers).map { ($0.name, .string($0.value)) })
            ),
        ]
        fields.append(Self.body(request.body))
        if let label { fields.append(("label", .string(label))) }
        if !slices.isEmpty {
            fields.append(
                (
                    "slices",
                    .array(slices.map { .array([.string($0.field), .string($0.value)]) })
                ))
        }
        if let candidateFirst { fields.append(("candidate_first", .bool(candidateFirst))) }
        let dialect = Dialect(path: request.path)
        fields.append(("primary", primary.record(dialect)))
        fields.append(("candidate", candidate.record(dialect)))
        if let second { fields.append(("second", second.record(dialect))) }
        return .object(fields)
    }

    /// Reads a record; nil when it has no two answers.
    public init?(record json: JSON) {
        guard let id = json["id"]?.text, let path = json["path"]?.text,
            let primary = json["primary"].flatMap({ Answer(record: $0) }),
            let candidate = json["candidate"].flatMap({ Answer(record: $0) })
        else { return nil }
        let headers = (json["headers"]?.fields ?? []).map {
            (name: $0.key, value: $0.value.text ?? "")
        }
        self.init(
            request: CapturedRequest(
                id: id, time: Millis(json["time"]?.int ?? 0),
                method: json["method"]?.text ?? "POST", path: path, headers: headers,
                body: bodyBytes(json)),
            primary: primary, candidate: candidate,
            second: json["second"].flatMap { Answer(record: $0) },
            candidateFirst: json["candidate_first"]?.boolean,
            slices: (json["slices"]?.items ?? []).compactMap { entry in
                guard let parts = entry.items, parts.count == 2 else { return nil }
                return Slice(parts[0].text ?? "", parts[1].text ?? "")
            }, label: json["label"]?.text)
    }

    fileprivate static func body(_ bytes: [UInt8]) -> (key: String, value: JSON) {
        if let json = try? JSON(bytes) { return ("body", Scrub.json(json)) }
        if let text = String(validating: bytes, as: UTF8.self) {
            return ("body", .string(Scrub.text(text)))
        }
        return ("body_base64", .string(base64Text(bytes)))
    }
}

extension Answer {
    fileprivate func record(_ dialect: Dialect) -> JSON {
        let read = Reply(self, dialect: dialect).completing(self)
        var fields: [(key: String, value: JSON)] = [
            ("status", .number(status)), ("ending", .string(ending.rawValue)),
            ("content_type", .string(self[header: "content-type"] ?? "")),
            Pair.body(body), ("total", .exact(timing.total)),
        ]
        let timings = [
            ("first_byte", timing.firstByte), ("first_content", read.timing.firstContent),
        ]
        for (name, value) in timings {
            if let value { fields.append((name, .exact(value))) }
        }
        if timing.chunks.count > 1 {
            fields.append(
                ("chunks", .array(timing.chunks.map { .array([.number($0.end), .exact($0.at)]) })))
        }
        let counts = [
            ("tokens_in", read.usage.tokensIn), ("tokens_out", read.usage.tokensOut),
            ("tokens_cached", read.usage.tokensCached),
        ]
        for (name, value) in counts {
            if let value { fields.append((name, .number(value))) }
        }
        return .object(fields)
    }

    fileprivate init?(record json: JSON) {
        guard let status = json["status"]?.int else { return nil }
        let chunks = (json["chunks"]?.items ?? []).compactMap { entry -> Chunk? in
            guard let parts = entry.items, parts.count == 2, let end = parts[0].int,
                let at = parts[1].double
            else { return nil }
            return Chunk(end: end, at: at)
        }
        self.init(
            status: status, headers: [("content-type", json["content_type"]?.text ?? "")],
            body: bodyBytes(json),
            ending: json["ending"]?.text.flatMap { Ending(rawValue: $0) } ?? .whole,
            timing: AnswerTiming(
                firstByte: json["first_byte"]?.double,
                firstContent: json["first_content"]?.double, chunks: chunks,
                total: json["total"]?.double ?? 0),
            usage: Usage(
                tokensIn: json["tokens_in"]?.int, tokensOut: json["tokens_out"]?.int,
                tokensCached: json["tokens_cached"]?.int))
    }
}

private let base64Letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// Base64 with padding (RFC 4648).
func base64Text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let part = bytes[start..<min(start + 3, bytes.count)]
        var word = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        word <<= UInt32(8 * (3 - part.count))
        for place in 0..<4 {
            let six = Int(word >> UInt32(18 - 6 * place)) & 63
            text.append(place <= part.count ? base64Letters[six] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
