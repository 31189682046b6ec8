// Reads `receivers:` of the configuration, in Alertmanager's form. Kinds of receivers that
// Alertmanager knows and Martlet does not speak are warnings. `group_by`, `group_wait`,
// `group_interval` and `repeat_interval` may stand at a receiver, because there is no `route:` yet
// to hold them.

import Basics
public import Bytes

extension Receiver {
    /// Receivers' keys of Alertmanager that are not served.
    private static let foreign: Set<String> = [
        "discord_configs", "email_configs", "incidentio_configs", "jira_configs",
        "mattermost_configs", "msteams_configs", "msteamsv2_configs", "opsgenie_configs",
        "pagerduty_configs", "pushover_configs", "rocketchat_configs", "slack_configs",
        "sns_configs", "telegram_configs", "victorops_configs", "webex_configs", "wechat_configs",
    ]

    /// Reads the receivers of a configuration; faults go to the section's problems.
    ///
    /// - Parameters:
    ///   - root: the section that holds the key `receivers`.
    ///   - grouping: what holds where a receiver says nothing.
    public static func read(_ root: Section, grouping: Grouping = Grouping()) -> [Receiver] {
        var names: Set<String> = []
        return (root.sections("receivers") ?? []).compactMap { section in
            let name = section.string("name") ?? ""
            if name.isEmpty { section.error("name", "a receiver needs a name") }
            if !names.insert(name).inserted {
                section.error("name", "receiver \(quoted(name)) is there twice")
            }
            let webhooks = (section.sections("webhook_configs") ?? []).compactMap(Webhook.init)
            var receiver = Receiver(name: name, webhooks: webhooks)
            receiver.grouping = Grouping(section, over: grouping)
            section.finish(foreign: foreign)
            return name.isEmpty ? nil : receiver
        }
    }
}

extension Grouping {
    /// Reads the grouping keys of a section; what is missing stays as it is in `base`.
    public init(_ section: Section, over base: Grouping = Grouping()) {
        self = base
        if let names = section.strings("group_by") { labels = names == ["..."] ? nil : names }
        waitMillis = section.duration("group_wait") ?? waitMillis
        intervalMillis = section.duration("group_interval") ?? intervalMillis
        repeatMillis = section.duration("repeat_interval") ?? repeatMillis
        if intervalMillis <= 0 {
            section.error("group_interval", "must be greater than zero")
            intervalMillis = 300_000
        }
        if repeatMillis <= 0 {
            section.error("repeat_interval", "must be greater than zero")
            repeatMillis = 4 * 3_600_000
        }
    }
}

extension Webhook {
    init?(_ section: Section) {
        let url = section.string("url")
        let file = section.string("url_file")
        let sendsResolved = section.bool("send_resolved")
        let alertsMax = section.int("max_alerts")
        let timeout = section.duration("timeout")
        let access = section.section("http_config").map(HTTPAccess.init)
        section.finish(foreign: ["payload"])
        switch (url, file) {
        case (let url?, nil):
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                section.error("url", "must begin with http:// or https://")
                return nil
            }
            self.init(url: .text(Secret(url)))
        case (nil, let file?): self.init(url: .file(file))
        default:
            section.problems.error(
                section.node, "\(section.path): exactly one of url and url_file is needed")
            return nil
        }
        self.sendsResolved = sendsResolved ?? self.sendsResolved
        self.alertsMax = max(0, alertsMax ?? 0)
        // Alertmanager takes 0 for no limit; here a delivery always ends.
        if let timeout, timeout > 0 { timeoutMillis = timeout }
        if let access { self.access = access }
    }
}

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

    private static func source(_ section: Section, _ key: String) -> Source? {
        let text = section.string(key)
        let file = section.string("\(key)_file")
        if text != nil && file != nil {
            section.error(key, "at most one of \(key) and \(key)_file")
        }
        if let text { return .text(Secret(text)) }
        return file.map(Source.file)
    }
}
