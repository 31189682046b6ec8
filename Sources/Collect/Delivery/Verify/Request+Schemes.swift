// The schemes, one function each: nil is yes, a reason is no.

internal import Basics

/// A request with what is needed to judge it.
struct Request {
    let source: DeliverySourceConfig
    let keys: [[UInt8]]
    let headers: DeliveryHeaders
    let body: [UInt8]
    let url: String
    let now: Millis

    /// `X-Hub-Signature-256: sha256=…` (GitHub, Pelorus); the SHA-1 header alone is a downgrade.
    func hubSignature256() -> VerifyRefusal? {
        guard headers.has("x-hub-signature-256") else {
            return headers.has("x-hub-signature") ? .downgrade : .missingProof
        }
        return digest(headers.only("x-hub-signature-256"))
    }

    /// Jira signs with SHA-256 in the header that GitHub had for SHA-1.
    func jira() -> VerifyRefusal? {
        guard let value = headers.only("x-hub-signature") else {
            return headers.has("x-hub-signature") ? .malformedProof : .missingProof
        }
        return digest(value)
    }

    private func digest(_ value: String?) -> VerifyRefusal? {
        guard let value else { return .malformedProof }
        let parts = value.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return .malformedProof }
        guard parts[0] == "sha256" else { return .downgrade }
        guard let code = bytes(hex: parts[1]) else { return .malformedProof }
        return isHMACSHA256(code, of: body, keys: keys) ? nil : .wrongProof
    }

    /// The signing token when the delivery is signed, else the plain token.
    func gitlab() -> VerifyRefusal? {
        if headers.has("webhook-signature") { return standardWebhook() }
        guard headers.has("x-gitlab-token") else { return .missingProof }
        guard let token = headers.only("x-gitlab-token") else { return .malformedProof }
        return isOneOfKeys(token) ? nil : .wrongProof
    }

    /// Standard Webhooks: `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`.
    func standardWebhook() -> VerifyRefusal? {
        guard headers.has("webhook-signature") else {
            return headers.has("x-gitlab-token") ? .downgrade : .missingProof
        }
        guard let id = headers.only("webhook-id"), let time = headers.only("webhook-timestamp"),
            let seconds = Int64(time), let list = headers.only("webhook-signature")
        else { return .malformedProof }
        let known = list.split(separator: " ").filter { $0.hasPrefix("v1,") }
        if known.isEmpty { return .downgrade }
        let message = Array("\(id).\(time).".utf8) + body
        let signingKeys = keys.map(standardWebhookKey)
        let isSigned = known.reduce(false) { found, entry in
            let code = bytes(base64: entry.dropFirst(3)) ?? []
            return isHMACSHA256(code, of: message, keys: signingKeys) || found
        }
        guard isSigned else { return .wrongProof }
        // Seconds far outside the calendar must not overflow on their way to milliseconds.
        let millis = seconds.multipliedReportingOverflow(by: 1000)
        let (distance, overflows) = now.subtractingReportingOverflow(millis.partialValue)
        let isNear =
            !millis.overflow && !overflows
            && distance.magnitude <= UInt64(signedTimeToleranceMillis)
        return isNear ? nil : .staleTime
    }

    /// A `whsec_` secret is the base64 of its key; whether another one is, is a setting.
    private func standardWebhookKey(_ secret: [UInt8]) -> [UInt8] {
        let text = String(decoding: secret, as: UTF8.self)
        if text.hasPrefix("whsec_") { return bytes(base64: text.dropFirst(6)) ?? secret }
        return source.isKeyBase64 ? bytes(base64: text) ?? secret : secret
    }

    /// `v1=…` in a list of versions; an older version is never fallen back to.
    func circleci() -> VerifyRefusal? {
        guard headers.has("circleci-signature") else { return .missingProof }
        guard let list = headers.only("circleci-signature") else { return .malformedProof }
        let known = list.split(separator: ",").filter { $0.hasPrefix("v1=") }
        guard let entry = known.first else { return .downgrade }
        guard known.count == 1, let code = bytes(hex: entry.dropFirst(3)) else {
            return .malformedProof
        }
        return isHMACSHA256(code, of: body, keys: keys) ? nil : .wrongProof
    }

    /// Base64 of HMAC-SHA1 over the body and the callback URL exactly as it was registered.
    func trello() -> VerifyRefusal? {
        guard headers.has("x-trello-webhook") else { return .missingProof }
        guard let value = headers.only("x-trello-webhook"), let code = bytes(base64: value) else {
            return .malformedProof
        }
        let signed = body + Array((source.callbackURL ?? url).utf8)
        return isHMACSHA1(code, of: signed, keys: keys) ? nil : .wrongProof
    }

    func asana() -> VerifyRefusal? {
        guard headers.has("x-hook-signature") else { return .missingProof }
        guard let value = headers.only("x-hook-signature"), let code = bytes(hex: value) else {
            return .malformedProof
        }
        return isHMACSHA256(code, of: body, keys: keys) ? nil : .wrongProof
    }

    /// `Authorization: Bearer …`, as CloudEvents' and DevLake's senders do.
    func bearer() -> VerifyRefusal? {
        guard let token = credentials("bearer") else { return missingCredentials }
        return isOneOfKeys(token) ? nil : .wrongProof
    }

    /// The password of HTTP Basic; a secret that holds a colon is user and password.
    func basic() -> VerifyRefusal? {
        guard let encoded = credentials("basic") else { return missingCredentials }
        guard let pair = bytes(base64: encoded), let colon = pair.firstIndex(of: 0x3a) else {
            return .malformedProof
        }
        let password = pair[(colon + 1)...]
        let fits = keys.reduce(false) { found, key in
            let offered = key.contains(0x3a) ? pair[...] : password
            return isEqualInConstantTime(offered, key) || found
        }
        return fits ? nil : .wrongProof
    }

    /// The last part of the path, or `token` in the query.
    func secretInURL() -> VerifyRefusal? {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var offered: [Substring] = []
        if let last = parts.first?.split(separator: "/").last { offered.append(last) }
        for pair in parts.dropFirst().first?.split(separator: "&") ?? []
        where pair.hasPrefix("token=") || pair.hasPrefix("secret=") {
            offered.append(pair.drop { $0 != "=" }.dropFirst())
        }
        if offered.isEmpty { return .missingProof }
        let fits = offered.reduce(false) { isOneOfKeys(percentDecoded($1)) || $0 }
        return fits ? nil : .wrongProof
    }

    /// For senders that know no proof of their own: Basic, Bearer, a header, or the URL.
    func anySecret() -> VerifyRefusal? {
        if credentials("basic") != nil { return basic() }
        if credentials("bearer") != nil { return bearer() }
        if headers.has("x-martlet-secret") {
            guard let secret = headers.only("x-martlet-secret") else { return .malformedProof }
            return isOneOfKeys(secret) ? nil : .wrongProof
        }
        return secretInURL() == nil ? nil : .missingProof
    }

    private func isOneOfKeys(_ text: String) -> Bool {
        keys.reduce(false) { isEqualInConstantTime($1, text.utf8) || $0 }
    }

    private var missingCredentials: VerifyRefusal {
        headers.has("authorization") ? .malformedProof : .missingProof
    }

    private func credentials(_ scheme: String) -> String? {
        guard let value = headers.only("authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == scheme else { return nil }
        return String(parts[1])
    }
}

/// Decodes `%41`; a fault stands as it is.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    String(
        decoding: percentDecoded(bytes: Array(text.utf8), plusIsSpace: plusIsSpace), as: UTF8.self)
}

func percentDecoded(bytes source: [UInt8], plusIsSpace: Bool) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
        if source[index] == 0x25, index + 2 < source.count,
            let code = bytes(
                hex: String(decoding: source[(index + 1)...(index + 2)], as: UTF8.self))
        {
            decoded += code
            index += 3
        } else {
            decoded.append(plusIsSpace && source[index] == 0x2b ? 0x20 : source[index])
            index += 1
        }
    }
    return decoded
}
