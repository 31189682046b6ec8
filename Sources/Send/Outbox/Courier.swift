// Carries one message to one integration: makes the request, with its secrets and signatures put in at
// the last moment and never into an error, and understands the answer.

import Basics
import Bytes
import Crypto

struct Courier: Sendable {
    let fetch: Fetch
    let userAgent: String
    /// Reads a file that holds a secret.
    let readFile: @Sendable (String) throws(FileError) -> String
    /// Wall time, for signatures.
    var now: @Sendable () -> Millis = { 0 }

    /// Sends a payload.
    func send(
        _ payload: [UInt8], to integration: Integration, deliveryID: String
    ) async -> Result<FetchResponse, FetchError> {
        var secrets: [Secret] = []
        do throws(FetchError) {
            let request = try self.request(payload, integration, deliveryID, &secrets)
            return .success(understood(try await fetch.send(request), integration))
        } catch {
            return .failure(hidden(error, secrets))
        }
    }

    private func request(
        _ payload: [UInt8], _ integration: Integration, _ deliveryID: String,
        _ secrets: inout [Secret]
    ) throws(FetchError) -> FetchRequest {
        var url = try reveal(integration.url, &secrets)
        var payload = payload
        switch integration.kind {
        case .pagerDuty(let duty):
            payload = inserting("routing_key", try reveal(duty.routingKey, &secrets), into: payload)
        case .bot(let bot):
            if let secret = bot.secret {
                let key = try reveal(secret, &secrets)
                (url, payload) = signed(bot.chat, url, payload, key)
                secrets.append(Secret(url))
            }
        default: break
        }
        var request = FetchRequest(
            "POST", url, body: payload, timeout: .milliseconds(integration.timeoutMillis),
            // An answer is only looked at, never used; nobody writes a book there.
            bodyBytesMax: 1 << 20)
        request.tls = integration.access.tls
        if case .mail(let mail) = integration.kind {
            request.envelope = try envelope(mail, &secrets)
            return request
        }
        request.headers = [
            ("Content-Type", "application/json"), ("User-Agent", userAgent),
            ("X-Martlet-Delivery", deliveryID),
        ]
        try authenticate(&request, integration.access, &secrets)
        request.proxy = integration.access.proxy
        request.followsRedirects = integration.access.followsRedirects
        return request
    }

    private func envelope(
        _ mail: MailSettings, _ secrets: inout [Secret]
    ) throws(FetchError) -> MailEnvelope {
        let password = try mail.password.map { (source) throws(FetchError) in
            try reveal(source, &secrets)
        }
        return MailEnvelope(
            from: address(mail.from), to: mail.to.map(address), hello: mail.hello, user: mail.user,
            password: password ?? "", requiresTLS: mail.requiresTLS)
    }

    private func authenticate(
        _ request: inout FetchRequest, _ access: HTTPAccess, _ secrets: inout [Secret]
    ) throws(FetchError) {
        switch access.authentication {
        case .none: break
        case .basic(let user, let password):
            let text = try password.map { (source) throws(FetchError) in
                try reveal(source, &secrets)
            }
            let pair = Array("\(user):\(text ?? "")".utf8)
            request.headers.append(("Authorization", "Basic \(base64(pair))"))
        case .authorization(let type, let credentials):
            request.headers.append(
                ("Authorization", "\(type) \(try reveal(credentials, &secrets))"))
        }
    }

    private func reveal(
        _ source: HTTPAccess.Source, _ secrets: inout [Secret]
    ) throws(FetchError) -> String {
        switch source {
        case .text(let secret):
            secrets.append(secret)
            return secret.revealed
        case .file(let path):
            do {
                let text = trimmed(try readFile(path))
                secrets.append(Secret(text))
                return text
            } catch {
                throw .other(error.description)
            }
        }
    }

    /// DingTalk signs in the URL, with milliseconds; Feishu in the body, with seconds, and with the text
    /// as the key of an empty message.
    private func signed(
        _ chat: BotSettings.Chat, _ url: String, _ payload: [UInt8], _ key: String
    ) -> (String, [UInt8]) {
        let now = now()
        switch chat {
        case .wecom: return (url, payload)
        case .dingtalk:
            let text = "\(now)\n\(key)"
            let signature = base64(sign(Array(key.utf8), Array(text.utf8)))
                .replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
            return (
                "\(url)\(url.contains("?") ? "&" : "?")timestamp=\(now)&sign=\(signature)", payload
            )
        case .feishu:
            let signature = base64(sign(Array("\(now / 1000)\n\(key)".utf8), []))
            let stamped = inserting("timestamp", "\(now / 1000)", into: payload)
            return (url, inserting("sign", signature, into: stamped))
        }
    }

    /// The answer in terms of HTTP: a robot's refusal hides behind 200, and a mail server counts
    /// the other way round, 4 for "later" and 5 for "never".
    private func understood(_ answer: FetchResponse, _ integration: Integration) -> FetchResponse {
        var answer = answer
        switch integration.kind {
        case .bot:
            if answer.status == 200, let fault = BotSettings.fault(in: answer.body) {
                answer.status = BotSettings.busyCodes.contains(fault.code) ? 429 : 400
            }
        case .mail:
            let code = answer.status
            answer.body = Array("SMTP \(code)".utf8)
            answer.status = code >= 500 ? 422 : code >= 400 ? 503 : 200
        default: break
        }
        return answer
    }

    private func hidden(_ error: FetchError, _ secrets: [Secret]) -> FetchError {
        func hide(_ text: String) -> String {
            secrets.reduce(text) { $1.hidden(in: $0) }
        }
        switch error {
        case .badURL(let url): return .badURL(hide(url))
        case .cannotConnect(let reason): return .cannotConnect(hide(reason))
        case .timedOut(let reason): return .timedOut(hide(reason))
        case .tls(let reason): return .tls(hide(reason))
        case .other(let reason): return .other(hide(reason))
        case .tooLarge: return error
        }
    }
}

private func sign(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
}

/// A JSON object with one more field at its front.
private func inserting(_ name: String, _ text: String, into object: [UInt8]) -> [UInt8] {
    guard object.count > 2 else { return object }
    let field = JSON.object([(name, .string(text))]).encoded.dropFirst().dropLast()
    return Array("{".utf8) + field + Array(",".utf8) + object.dropFirst()
}

/// The address in `Name <address>`.
private func address(_ text: String) -> String {
    guard let open = text.lastIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close
    else {
        return text
    }
    return String(text[text.index(after: open)..<close])
}

private func trimmed(_ text: String) -> String {
    var bytes = Array(text.utf8)[...]
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
}

/// Base64 with padding (RFC 4648).
func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count / 3 * 4 + 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var word: UInt32 = 0
        for index in 0..<3 {
            word = word << 8 | UInt32(index < count ? bytes[start + index] : 0)
        }
        for index in 0..<4 {
            let isPadding = index > count
            result.append(
                isPadding ? UInt8(ascii: "=") : alphabet[Int(word >> (18 - 6 * UInt32(index)) & 63)]
            )
        }
    }
    return String(decoding: result, as: UTF8.self)
}
