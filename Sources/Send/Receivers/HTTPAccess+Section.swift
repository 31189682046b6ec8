// Reads `http_config:`: who we are to a receiver's server, and how we know it.

import Basics
import Bytes

extension HTTPAccess {
    init(_ section: Section) {
        self.init()
        var count = 0
        if let basic = section.section("basic_auth") {
            count += 1
            let user = basic.string("username") ?? ""
            authentication = .basic(user: user, password: Self.source(basic, "password"))
            if user.isEmpty { basic.error("username", "is needed") }
            basic.finish()
        }
        if let other = section.section("authorization") {
            count += 1
            let type = other.string("type") ?? "Bearer"
            if let credentials = Self.source(other, "credentials") {
                authentication = .authorization(type: type, credentials: credentials)
            } else {
                other.error("credentials", "credentials or credentials_file is needed")
            }
            other.finish()
        }
        if let token = Self.source(section, "bearer_token") {
            count += 1
            authentication = .authorization(type: "Bearer", credentials: token)
        }
        if count > 1 {
            section.problems.error(
                section.node,
                "\(section.path): at most one of basic_auth, authorization and bearer_token")
        }
        if let part = section.section("tls_config") {
            tls.authorityFile = part.string("ca_file")
            tls.certificateFile = part.string("cert_file")
            tls.keyFile = part.string("key_file")
            tls.serverName = part.string("server_name")
            tls.skipsVerification = part.bool("insecure_skip_verify") ?? false
            part.finish(foreign: ["ca", "cert", "key", "min_version", "max_version"])
        }
        proxy = section.string("proxy_url")
        followsRedirects = section.bool("follow_redirects") ?? true
        section.finish(foreign: [
            "oauth2", "enable_http2", "no_proxy", "proxy_from_environment", "proxy_connect_header",
            "http_headers",
        ])
    }

    static func source(_ section: Section, _ key: String) -> Source? {
        let text = section.string(key)
        let file = section.string("\(key)_file")
        if text != nil && file != nil {
            section.error(key, "at most one of \(key) and \(key)_file")
        }
        if let text { return .text(Secret(text)) }
        return file.map(Source.file)
    }
}
