// The `web:` section, and Prometheus' own web.config file, which has the same keys: TLS and users.
// Listening beyond loopback without any of them is refused unless the configuration says it in words.

import Basics
import Bytes
import Carry

/// Who may reach the server, and how.
struct WebConfig: Sendable {
    var certificateFile: String?
    var keyFile: String?
    var users: [String: String] = [:]
    var bearerTokenFile: String?
    var hosts: [String] = []
    var listensOpenly = false

    var isSecured: Bool { !users.isEmpty || bearerTokenFile != nil }
    var isTLS: Bool { certificateFile != nil }

    /// The sentence that allows an open port; long on purpose, so that nobody writes it by accident.
    static let openSentence = "anyone who reaches this port may read everything"

    init() {}

    init(_ section: Section) {
        if let path = section.string("config_file") { merge(file: path, at: section) }
        merge(section)
        bearerTokenFile = section.string("bearer_token_file")
        hosts = section.strings("hosts") ?? []
        if let sentence = section.string("listen_without_authentication") {
            listensOpenly = sentence == WebConfig.openSentence
            if !listensOpenly {
                section.error(
                    "listen_without_authentication",
                    "must be the words \(quoted(WebConfig.openSentence))")
            }
        }
        section.finish(foreign: ["http_server_config"])
    }

    private mutating func merge(file path: String, at section: Section) {
        guard let text = try? readText(path) else {
            section.error("config_file", "cannot read \(path)")
            return
        }
        do {
            let file = Section(try YAML.parse(text), path: "", problems: section.problems)
            merge(file)
            file.finish(foreign: ["http_server_config"])
        } catch {
            section.error("config_file", "\(path): \(error)")
        }
    }

    private mutating func merge(_ section: Section) {
        for (user, hash) in section.texts("basic_auth_users") ?? [] {
            if !hash.hasPrefix("$2") {
                section.error("basic_auth_users", "the value of \(user) is not a bcrypt hash")
            }
            users[user] = hash
        }
        guard let tls = section.section("tls_server_config") else { return }
        certificateFile = tls.string("cert_file") ?? certificateFile
        keyFile = tls.string("key_file") ?? keyFile
        if (certificateFile == nil) != (keyFile == nil) {
            tls.error("cert_file", "cert_file and key_file go together")
        }
        tls.finish(foreign: [
            "client_auth_type", "client_ca_file", "min_version", "max_version", "cipher_suites",
            "prefer_server_cipher_suites", "curve_preferences", "client_allowed_sans",
        ])
    }

    /// The access rules for the server.
    func access(hosts more: [String]) throws(StartError) -> Access {
        var access = Access()
        access.users = users
        access.hosts = hosts + more
        if let path = bearerTokenFile {
            guard let token = try? readText(path).trimmed, !token.isEmpty else {
                throw StartError("cannot read a token from web.bearer_token_file \(path)")
            }
            access.bearerTokens = [token]
        }
        return access
    }

    /// The PEM texts of the certificate and its key.
    func tlsTexts() throws(StartError) -> (certificate: String, key: String)? {
        guard let certificateFile, let keyFile else { return nil }
        guard let certificate = try? readText(certificateFile), let key = try? readText(keyFile)
        else {
            throw StartError(
                "cannot read \(certificateFile) or \(keyFile) of web.tls_server_config")
        }
        return (certificate, key)
    }
}
