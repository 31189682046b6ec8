// Is this delivery from whom it says? A pure function of the source's configuration, the headers, the
// bytes of the body as they came, the URL and the time. Nothing is parsed before it has said yes. What
// each sender does is written in its own documentation; the traps (a SHA-1 header that is still sent,
// a signature list that an attacker may shorten, a URL that is signed with its query) are tests.

public import Basics
internal import Bytes

/// Why a delivery was refused; the text is the label of `martlet_ingest_rejected_total`.
public enum VerifyRefusal: String, Sendable, CaseIterable, Error {
    case noSecretConfigured = "no_secret_configured"
    case missingProof = "missing_proof"
    case malformedProof = "malformed_proof"
    case wrongProof = "wrong_proof"
    /// A weaker proof than the source is configured for.
    case downgrade
    /// The signed time is too far from the clock: a replay, or a wrong clock.
    case staleTime = "stale_time"
    /// A handshake for a source that has its secret already.
    case handshakeClosed = "handshake_closed"
}

/// What a handshake is answered with.
public struct HandshakeAnswer: Sendable, Equatable {
    public var headers: [(name: String, value: String)]
    /// A secret that the sender chose and that has to be kept, readable by the agent alone.
    public var secretToKeep: DeliverySecret?

    public init(
        headers: [(name: String, value: String)], secretToKeep: DeliverySecret? = nil
    ) {
        self.headers = headers
        self.secretToKeep = secretToKeep
    }

    public static func == (left: HandshakeAnswer, right: HandshakeAnswer) -> Bool {
        left.secretToKeep == right.secretToKeep
            && left.headers.elementsEqual(right.headers) { $0 == $1 }
    }
}

/// The answer to whether a delivery is what it says.
public enum DeliveryVerdict: Sendable, Equatable {
    case accepted
    case refused(VerifyRefusal)
    case handshake(HandshakeAnswer)
}

/// How far the signed time may be from the clock, in either direction: the Standard Webhooks habit.
let signedTimeToleranceMillis: Millis = 300_000

/// Checks one delivery.
///
/// - Parameters:
///   - source: what the source was configured with; its secrets are tried side by side.
///   - body: the bytes as they came, form encoding and all.
///   - url: path with query as it was asked for; Trello signs the configured callback URL instead.
///   - now: the time of the agent's clock.
public func verify(
    _ source: DeliverySourceConfig, headers: DeliveryHeaders, body: [UInt8], url: String,
    now: Millis
) -> DeliveryVerdict {
    if source.kind == .asana, let answer = asanaHandshake(source, headers) { return answer }
    let proof = source.proof
    if proof == .none { return .accepted }
    guard !source.secrets.isEmpty else { return .refused(.noSecretConfigured) }
    let request = Request(
        source: source, keys: source.secrets.map(\.bytes), headers: headers, body: body, url: url,
        now: now)
    let refusal: VerifyRefusal? =
        switch (proof, source.kind) {
        case (.bearer, _): request.bearer()
        case (.basic, _): request.basic()
        case (.url, _): request.secretInURL()
        case (.hmac, _): request.hubSignature256()
        case (.signature, _): request.standardWebhook()
        case (_, .github), (_, .pelorus): request.hubSignature256()
        case (_, .gitlab): request.gitlab()
        case (_, .jira): request.jira()
        case (_, .circleci): request.circleci()
        case (_, .trello): request.trello()
        case (_, .asana): request.asana()
        case (_, .jenkins), (_, .gerrit): request.anySecret()
        case (_, .devlake), (_, .generic), (_, .cdevents), (_, .cloudevents): request.bearer()
        }
    return refusal.map { .refused($0) } ?? .accepted
}

/// Asana's first call carries the secret it will sign with; it is echoed and kept.
///
/// A later one must not replace a kept secret: whoever could do that could sign anything.
private func asanaHandshake(
    _ source: DeliverySourceConfig, _ headers: DeliveryHeaders
) -> DeliveryVerdict? {
    guard headers.has("x-hook-secret") else { return nil }
    guard let secret = headers.only("x-hook-secret"), !secret.isEmpty else {
        return .refused(.malformedProof)
    }
    let echo = [(name: "X-Hook-Secret", value: secret)]
    if source.secrets.isEmpty {
        return .handshake(
            HandshakeAnswer(headers: echo, secretToKeep: DeliverySecret(text: secret)))
    }
    let isKnown = source.secrets.contains { isEqualInConstantTime($0.bytes, secret.utf8) }
    return isKnown ? .handshake(HandshakeAnswer(headers: echo)) : .refused(.handshakeClosed)
}
