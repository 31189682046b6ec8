// What a receiver does with a request, as a value: verify, give it an id, and hand it on to the inbox;
// reading comes later. It knows nothing of sockets. The answer is fast and says little: who may not
// send learns the reason's name and no more.

public import Basics
internal import Bytes

/// The answer to a request at `/hooks/KIND/NAME`, and what has to be kept before it is given.
public struct DeliveryAnswer: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)] = []
    public var body: [UInt8]
    /// To be put into the inbox before the answer is sent.
    public var delivery: RawDelivery?
    /// A secret that the sender chose (Asana) and that has to be kept.
    public var secretToKeep: DeliverySecret?
    /// For the audit log and the metric; nil when nothing was refused.
    public var refusal: String?
}

/// Receives deliveries of the configured sources.
public struct DeliveryReceiver: Sendable {
    private let sources: [String: DeliverySourceConfig]
    private let bodyBytesMax: Int
    private let registry: Registry

    /// - Parameter bodyBytesMax: 25 MB is GitHub's own limit; nobody sends more.
    public init(
        sources: [DeliverySourceConfig], registry: Registry, bodyBytesMax: Int = 25 << 20
    ) {
        self.sources = Dictionary(sources.map { ($0.source, $0) }) { first, _ in first }
        self.registry = registry
        self.bodyBytesMax = bodyBytesMax
    }

    /// The source of a path behind `/hooks/`: `github/shop`, and what follows.
    public func source(
        path: String
    ) -> (source: DeliverySourceConfig, subpath: String)? {
        let parts = path.split(separator: "/", maxSplits: 2)
        guard parts.count >= 2, let source = sources["\(parts[0])/\(parts[1])"] else { return nil }
        return (source, parts.count > 2 ? String(parts[2]) : "")
    }

    /// Judges one request.
    ///
    /// - Parameters:
    ///   - source: kind and name, `github/shop`.
    ///   - subpath: what follows the name in the path; a secret in it goes no further.
    ///   - url: path and query as asked for.
    public func receive(
        source name: String, method: String = "POST", headers: DeliveryHeaders, body: [UInt8],
        url: String, subpath: String = "", now: Millis
    ) -> DeliveryAnswer {
        guard let source = sources[name] else {
            return refuse("unknown", 404, "not_found", "no source of this name is configured")
        }
        // Trello asks with HEAD whether the URL is there; browsers with GET, to look.
        if method == "HEAD" || method == "GET" { return answer(200, "ready") }
        if method == "OPTIONS" { return abuseProtection(headers) }
        guard method == "POST" || method == "PUT" else {
            return refuse(name, 405, "method", "send deliveries with POST")
        }
        if body.count > bodyBytesMax {
            return refuse(name, 413, "too_large", "the body has more than \(bodyBytesMax) bytes")
        }
        switch verify(source, headers: headers, body: body, url: url, now: now) {
        case .refused(let reason):
            return refuse(
                name, 401, reason.rawValue, "the delivery is not proven to come from its sender")
        case .handshake(let handshake):
            var answer = answer(200, "handshake")
            answer.headers += handshake.headers
            answer.secretToKeep = handshake.secretToKeep
            return answer
        case .accepted: break
        }
        guard let document = document(headers, body) else {
            return refuse(name, 400, "form_without_payload", "the form has no field 'payload'")
        }
        if source.kind != .gerrit {
            do throws(JSONError) {
                _ = try JSON(document)
            } catch {
                return refuse(name, 400, "not_json", error.description)
            }
        }
        let delivery = RawDelivery(
            source: name, id: deliveryID(source, headers, body), receivedAt: now,
            headers: headers.describing,
            subpath: source.kind == .devlake ? subpath : "", body: document)
        registry.counter(
            "martlet_ingest_accepted_total", "Deliveries that were verified and kept.",
            Labels([("source", name)])
        ).add()
        var answer = answer(202, "accepted")
        answer.delivery = delivery
        return answer
    }

    /// CloudEvents' handshake: a sender asks whether it may send here.
    private func abuseProtection(_ headers: DeliveryHeaders) -> DeliveryAnswer {
        guard let origin = headers.only("webhook-request-origin") else { return answer(204, nil) }
        var answer = answer(200, nil)
        answer.headers += [("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", "*")]
        answer.headers.append(("Allow", "POST, OPTIONS"))
        return answer
    }

    private func answer(_ status: Int, _ word: String?) -> DeliveryAnswer {
        DeliveryAnswer(
            status: status, headers: [("Content-Type", "application/json")],
            body: word.map { Array(#"{"status":"\#($0)"}"#.utf8) } ?? [])
    }

    private func refuse(
        _ source: String, _ status: Int, _ reason: String, _ text: String
    ) -> DeliveryAnswer {
        registry.counter(
            "martlet_ingest_rejected_total", "Deliveries that were refused.",
            Labels([("source", source), ("reason", reason)])
        ).add()
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("status", "error")
        writer.field("errorType", reason)
        writer.field("error", text)
        writer.endObject()
        var answer = DeliveryAnswer(
            status: status, headers: [("Content-Type", "application/json")], body: writer.bytes)
        answer.refusal = reason
        return answer
    }

    /// The document in a body; GitHub can send it as the field `payload` of a form.
    private func document(_ headers: DeliveryHeaders, _ body: [UInt8]) -> [UInt8]? {
        let type = headers["content-type"]?.lowercased() ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded"), body.first != 0x7b else {
            return body
        }
        for pair in body.split(separator: 0x26) where pair.starts(with: "payload=".utf8) {
            return percentDecoded(bytes: Array(pair.dropFirst(8)), plusIsSpace: true)
        }
        return nil
    }

    /// The sender's id of the delivery, else a digest of source and body.
    private func deliveryID(
        _ source: DeliverySourceConfig, _ headers: DeliveryHeaders, _ body: [UInt8]
    ) -> String {
        let names = [
            "x-github-delivery", "idempotency-key", "webhook-id", "x-gitlab-event-uuid",
            "x-atlassian-webhook-identifier", "ce-id",
        ]
        for name in names {
            // An id from outside is a key, not a text to keep at any length.
            if let id = headers.only(name), !id.isEmpty, id.utf8.count <= 200 { return id }
        }
        return hexText(sha256(Array(source.source.utf8) + [0] + body).prefix(16))
    }
}
