// Carries one message to one webhook: makes the request, with its secrets read at the last moment
// and never put into an error.

import Basics
import Bytes

struct Courier: Sendable {
    let fetch: Fetch
    let userAgent: String
    /// Reads a file that holds a secret.
    let readFile: @Sendable (String) throws(FileError) -> String

    /// Posts a payload.
    func post(
        _ payload: [UInt8], to webhook: Webhook, deliveryID: String
    ) async -> Result<FetchResponse, FetchError> {
        var secrets: [Secret] = []
        do throws(FetchError) {
            let request = try self.request(payload, webhook, deliveryID, &secrets)
            return .success(try await fetch.send(request))
        } catch {
            return .failure(hidden(error, secrets))
        }
    }

    private func request(
        _ payload: [UInt8], _ webhook: Webhook, _ deliveryID: String, _ secrets: inout [Secret]
    ) throws(FetchError) -> FetchRequest {
        let url = try reveal(webhook.url, &secrets)
        var request = FetchRequest(
            "POST", url,
            headers: [
                ("Content-Type", "application/json"), ("User-Agent", userAgent),
                ("X-Martlet-Delivery", deliveryID),
            ], body: payload, timeout: .milliseconds(webhook.timeoutMillis),
            // An answer is only looked at, never used; nobody writes a book there.
            bodyBytesMax: 1 << 20)
        switch webhook.access.authentication {
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
        request.tls = webhook.access.tls
        request.proxy = webhook.access.proxy
        request.followsRedirects = webhook.access.followsRedirects
        return request
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
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let part = bytes[start..<min(start + 3, bytes.count)]
        var word: UInt32 = 0
        for index in 0..<3 {
            word = word << 8 | UInt32(index < part.count ? part[start + index] : 0)
        }
        for index in 0..<4 {
            let isPadding = index > part.count
            result.append(
                isPadding ? UInt8(ascii: "=") : alphabet[Int(word >> (18 - 6 * UInt32(index)) & 63)]
            )
        }
    }
    return String(decoding: result, as: UTF8.self)
}
