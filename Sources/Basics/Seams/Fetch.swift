// The network outwards, as a value: one request, one answer. Scrapes, webhooks and remote engines
// go through it, so a test answers them from a closure.

/// A request to another server.
public struct FetchRequest: Sendable {
    public var method: String
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]?
    public var timeout: Duration
    /// The answer's body may have so many bytes, decompressed; beyond that the fetch fails.
    public var bodyBytesMax: Int
    public var followsRedirects: Bool
    public var proxy: String?
    public var tls: FetchTLS
    /// Makes the request a mail: the URL names the server (`smtp://host:port`), the body is the message
    /// and the answer's status the server's last code.
    public var envelope: MailEnvelope?

    public init(
        _ method: String, _ url: String,
        headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        timeout: Duration = .seconds(10), bodyBytesMax: Int = Limits.bodyBytesMax
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.bodyBytesMax = bodyBytesMax
        followsRedirects = true
        proxy = nil
        tls = FetchTLS()
        envelope = nil
    }
}

/// What a mail server is told around a message.
public struct MailEnvelope: Sendable, Equatable {
    /// Bare addresses.
    public var from: String
    public var to: [String]
    /// What we call ourselves.
    public var hello: String
    /// Empty for a server that wants no log-in.
    public var user: String
    public var password: String
    /// Refuses to send anything in the clear.
    public var requiresTLS: Bool

    public init(
        from: String, to: [String], hello: String, user: String, password: String, requiresTLS: Bool
    ) {
        self.from = from
        self.to = to
        self.hello = hello
        self.user = user
        self.password = password
        self.requiresTLS = requiresTLS
    }
}

/// How a TLS server is verified, and who we say we are.
public struct FetchTLS: Sendable, Equatable {
    /// A file of certificate authorities instead of the system's.
    public var authorityFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    public var serverName: String?
    public var skipsVerification = false

    public init() {}
}

/// What the other server answered, whatever its status.
public struct FetchResponse: Sendable {
    public var status: Int
    /// Names in lower case.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of a name, given in lower case.
    public subscript(header name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// Why no answer came.
public enum FetchError: Error, Sendable, Equatable, CustomStringConvertible {
    case badURL(String)
    case cannotConnect(String)
    case timedOut(String)
    case tooLarge(bytesMax: Int)
    case tls(String)
    case other(String)

    public var description: String {
        switch self {
        case .badURL(let url): "not a URL that can be fetched: \(url)"
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .timedOut(let reason): "timed out: \(reason)"
        case .tooLarge(let bytes): "the body is larger than the limit of \(bytes) bytes"
        case .tls(let reason): "TLS: \(reason)"
        case .other(let reason): reason
        }
    }
}

/// The network outwards.
public struct Fetch: Sendable {
    public var send: @Sendable (FetchRequest) async throws(FetchError) -> FetchResponse

    public init(send: @escaping @Sendable (FetchRequest) async throws(FetchError) -> FetchResponse)
    {
        self.send = send
    }
}

/// A URL that may be shown: scheme, host and port, and nothing that may hold a secret.
public func redactedURL(_ url: String) -> String {
    let bytes = Array(url.utf8)
    guard let scheme = url.range(of: "://") else { return "‹not a URL›" }
    let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    let shown = url[..<scheme.upperBound] + host
    return String(shown) + (shown.utf8.count < bytes.count ? "/…" : "")
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
