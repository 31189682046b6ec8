// How a job reaches its targets: who it says it is, whom it trusts, through which proxy. Secrets in
// files are read anew for every scrape, so that rotating one needs no reload. No secret is ever part
// of a message.

public import Basics
public import Bytes

/// The HTTP side of a scrape job.
public struct ScrapeClient: Sendable, Equatable {
    /// A secret, written out or in a file.
    public enum Secret: Sendable, Equatable {
        case text(String)
        case file(String)
    }

    public enum Credentials: Sendable, Equatable {
        case none
        case basic(user: Secret, password: Secret)
        case authorization(type: String, Secret)
    }

    /// A header that is sent with every scrape.
    public struct Header: Sendable, Equatable {
        public var name: String
        public var value: Secret
    }

    public var credentials = Credentials.none
    public var tls = FetchTLS()
    public var followsRedirects = true
    public var proxy: String?
    /// nil asks for gzip except on loopback, where unpacking costs more than the bytes.
    public var asksForGzip: Bool?
    public var headers: [Header] = []

    public init() {}

    /// Takes the client's keys out of a job's section.
    ///
    /// - Parameter folder: where relative paths start.
    public init(_ section: Section, folder: String) {
        readCredentials(section, folder)
        readTLS(section.section("tls_config"), folder)
        followsRedirects = section.bool("follow_redirects") ?? true
        proxy = section.string("proxy_url")
        asksForGzip = section.bool("enable_compression")
        guard let named = section.section("http_headers") else { return }
        for (key, _) in named.node.fields ?? [] {
            guard let name = key.text, let header = named.section(name) else { continue }
            for key in ["values", "secrets"] {
                headers += (header.strings(key) ?? []).map { Header(name: name, value: .text($0)) }
            }
            headers += (header.strings("files") ?? []).map {
                Header(name: name, value: .file(joined(folder, $0)))
            }
            header.finish()
        }
    }

    private mutating func readCredentials(_ section: Section, _ folder: String) {
        var given = 0
        if let basic = section.section("basic_auth") {
            given += 1
            let user = secret(basic, "username", "username_file", folder) ?? .text("")
            let password = secret(basic, "password", "password_file", folder) ?? .text("")
            credentials = .basic(user: user, password: password)
            basic.finish()
        }
        if let authorization = section.section("authorization") {
            given += 1
            let type = authorization.string("type") ?? "Bearer"
            if type.lowercased() == "basic" {
                authorization.error("type", "use basic_auth for the type Basic")
            }
            let found = secret(authorization, "credentials", "credentials_file", folder)
            credentials = .authorization(type: type, found ?? .text(""))
            authorization.finish()
        }
        if let token = secret(section, "bearer_token", "bearer_token_file", folder) {
            given += 1
            credentials = .authorization(type: "Bearer", token)
        }
        if given > 1 {
            section.error(
                "authorization", "give at most one of basic_auth, authorization and bearer_token")
        }
    }

    private mutating func readTLS(_ section: Section?, _ folder: String) {
        guard let section else { return }
        tls.authorityFile = section.string("ca_file").map { joined(folder, $0) }
        tls.certificateFile = section.string("cert_file").map { joined(folder, $0) }
        tls.keyFile = section.string("key_file").map { joined(folder, $0) }
        tls.serverName = section.string("server_name")
        tls.skipsVerification = section.bool("insecure_skip_verify") ?? false
        if (tls.certificateFile == nil) != (tls.keyFile == nil) {
            section.error("cert_file", "cert_file and key_file go together")
        }
        section.finish(foreign: [
            "ca", "cert", "key", "ca_ref", "cert_ref", "key_ref", "min_version", "max_version",
        ])
    }

    /// The headers that carry credentials and whatever else the job sends.
    ///
    /// - Throws: ``FileError`` when a secret's file cannot be read; it names the file, not its content.
    func requestHeaders(_ files: Files) throws(FileError) -> [(name: String, value: String)] {
        var sent: [(name: String, value: String)] = []
        switch credentials {
        case .none: break
        case .basic(let user, let password):
            let pair = try user.read(files) + ":" + password.read(files)
            sent.append(("Authorization", "Basic " + base64(Array(pair.utf8))))
        case .authorization(let type, let secret):
            sent.append(("Authorization", type + " " + (try secret.read(files))))
        }
        for header in headers { sent.append((header.name, try header.value.read(files))) }
        return sent
    }
}

extension ScrapeClient.Secret {
    fileprivate func read(_ files: Files) throws(FileError) -> String {
        switch self {
        case .text(let text): text
        case .file(let path): try files.trimmedText(path)
        }
    }
}

private func secret(
    _ section: Section, _ key: String, _ fileKey: String, _ folder: String
) -> ScrapeClient.Secret? {
    let text = section.string(key)
    let file = section.string(fileKey)
    if text != nil && file != nil {
        section.error(fileKey, "give either \(key) or \(fileKey)")
    }
    if let text { return .text(text) }
    return file.map { .file(joined(folder, $0)) }
}

/// Base64 with padding (RFC 4648).
func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let part = bytes[start..<min(start + 3, bytes.count)]
        let word = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
        for index in 0..<4 {
            let isPadding = index > part.count
            result.append(isPadding ? UInt8(ascii: "=") : alphabet[word >> (18 - 6 * index) & 63])
        }
    }
    return String(decoding: result, as: UTF8.self)
}
