// `HOST:PORT` as people write it: `127.0.0.1:9797`, `[::1]:9797`, `:9797`, `localhost:9797`.

/// An address to listen on.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    var host: String
    var port: UInt16

    static let standard = ListenAddress(host: "127.0.0.1", port: 9797)

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        let host = String(text[..<colon])
        let isBare6 = host.contains(":") && !(host.hasPrefix("[") && host.hasSuffix("]"))
        guard !isBare6 else { return nil }
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = port
    }

    var isLoopback: Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
    }

    var description: String { "\(host):\(port)" }

    /// What one types into a browser on this machine.
    func url(isTLS: Bool) -> String {
        let name = host == "0.0.0.0" ? "127.0.0.1" : (host == "[::]" ? "[::1]" : host)
        return "\(isTLS ? "https" : "http")://\(name):\(port)"
    }
}
