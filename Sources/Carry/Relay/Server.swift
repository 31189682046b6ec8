// Where a leg leads: a server by its origin, the path in front of what is asked for, and how its
// certificate is checked.

public import Basics
internal import CCurl

/// A server that requests are passed to.
public struct Server: Sendable, Equatable {
    /// `http://host:port` or `https://host:port`.
    public var origin: String
    /// In front of every path; empty or `/prefix` without a slash at its end.
    public var prefix: String
    public var tls = FetchTLS()

    init() {
        origin = ""
        prefix = ""
    }

    /// Reads `http(s)://host[:port][/prefix]`; nil when it is something else.
    public init?(_ url: String) {
        let scheme = url.lowercased().hasPrefix("https://") ? "https://" : "http://"
        guard url.lowercased().hasPrefix(scheme) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        guard !host.isEmpty, !host.contains("@"), !host.contains(where: \.isWhitespace),
            !path.contains(where: { $0 == "?" || $0 == "#" })
        else { return nil }
        origin = scheme + host
        prefix = String(path)
        while prefix.hasSuffix("/") { prefix.removeLast() }
    }

    func configureTLS(_ easy: UnsafeMutableRawPointer) {
        guard origin.hasPrefix("https") else { return }
        if let file = tls.authorityFile { martlet_curl_set_text(easy, CURLOPT_CAINFO, file) }
        if let file = tls.certificateFile { martlet_curl_set_text(easy, CURLOPT_SSLCERT, file) }
        if let file = tls.keyFile { martlet_curl_set_text(easy, CURLOPT_SSLKEY, file) }
        if tls.skipsVerification {
            martlet_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            martlet_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }
}
