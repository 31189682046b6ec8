// Reads `receivers:` in Alertmanager's form, with three kinds of its own for WeCom, DingTalk and Feishu.
// Kinds that Alertmanager knows and Martlet does not speak are warnings. In `martlet.yml`, where there is
// no `route:`, `group_by`, `group_wait`, `group_interval` and `repeat_interval` may stand at a receiver.

import Basics
public import Bytes
import Reason

/// What `global:` of a notify file says for all receivers.
struct NotifyGlobal {
    var slackURL: HTTPAccess.Source?
    var pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"
    var smarthost: String?
    var smtpFrom: String?
    var smtpHello = "localhost"
    var smtpUser = ""
    var smtpPassword: HTTPAccess.Source?
    var smtpRequiresTLS = true
    var access = HTTPAccess()
    /// After so long an alert without an end is over.
    var resolveTimeoutMillis: Millis = 300_000

    init() {}

    init(_ section: Section) {
        resolveTimeoutMillis = section.duration("resolve_timeout") ?? resolveTimeoutMillis
        slackURL = HTTPAccess.source(section, "slack_api_url")
        pagerDutyURL = section.string("pagerduty_url") ?? pagerDutyURL
        smarthost = section.string("smtp_smarthost")
        smtpFrom = section.string("smtp_from")
        smtpHello = section.string("smtp_hello") ?? smtpHello
        smtpUser = section.string("smtp_auth_username") ?? ""
        smtpPassword = HTTPAccess.source(section, "smtp_auth_password")
        smtpRequiresTLS = section.bool("smtp_require_tls") ?? true
        if let part = section.section("http_config") { access = HTTPAccess(part) }
        section.finish(foreign: [
            "opsgenie_api_url", "opsgenie_api_key", "opsgenie_api_key_file", "wechat_api_url",
            "wechat_api_secret", "wechat_api_corp_id", "victorops_api_url", "victorops_api_key",
            "victorops_api_key_file", "telegram_api_url", "webex_api_url", "smtp_auth_secret",
            "smtp_auth_identity", "rocketchat_api_url", "jira_api_url", "smtp_tls_config",
        ])
    }
}

extension Receiver {
    /// Receivers' keys of Alertmanager that are not served.
    private static let foreign: Set<String> = [
        "discord_configs", "incidentio_configs", "jira_configs", "mattermost_configs",
        "opsgenie_configs", "pushover_configs", "rocketchat_configs", "sns_configs",
        "telegram_configs", "victorops_configs", "webex_configs", "wechat_configs",
    ]

    /// Reads the receivers of a configuration; faults go to the section's problems.
    ///
    /// - Parameters:
    ///   - root: the section that holds the key `receivers`.
    ///   - grouping: what holds where a receiver says nothing; nil where a `route:` says it.
    public static func read(_ root: Section, grouping: Grouping? = Grouping()) -> [Receiver] {
        read(root, grouping: grouping, global: NotifyGlobal())
    }

    static func read(_ root: Section, grouping: Grouping?, global: NotifyGlobal) -> [Receiver] {
        var names: Set<String> = []
        return (root.sections("receivers") ?? []).compactMap { section in
            let name = section.string("name") ?? ""
            if name.isEmpty { section.error("name", "a receiver needs a name") }
            if !names.insert(name).inserted {
                section.error("name", "receiver \(quoted(name)) is there twice")
            }
            var integrations: [Integration] = []
            for (key, read) in readers {
                for part in section.sections(key) ?? [] {
                    if let one = read(part, global) { integrations.append(one) }
                }
            }
            var receiver = Receiver(name: name, integrations: integrations)
            if let grouping { receiver.grouping = Grouping(section, over: grouping) }
            section.finish(foreign: foreign)
            return name.isEmpty ? nil : receiver
        }
    }

    private typealias Reader = (Section, NotifyGlobal) -> Integration?

    private static var readers: [(String, Reader)] {
        [
            ("webhook_configs", Integration.readWebhook), ("email_configs", Integration.readMail),
            ("pagerduty_configs", Integration.readPagerDuty),
            ("slack_configs", Integration.readSlack),
            ("msteams_configs", Integration.readTeams),
            ("msteamsv2_configs", Integration.readTeams),
            ("wecom_configs", { Integration.readBot($0, $1, .wecom) }),
            ("dingtalk_configs", { Integration.readBot($0, $1, .dingtalk) }),
            ("feishu_configs", { Integration.readBot($0, $1, .feishu) }),
        ]
    }
}

extension Integration {
    /// Chats and mails name so many alerts and say how many more there are.
    private static let shownAlertsMax = 30

    fileprivate static func readWebhook(_ section: Section, _ global: NotifyGlobal) -> Integration?
    {
        finish(section, global, .webhook, url(section, "url"), resolved: true, more: ["payload"])
    }

    fileprivate static func readSlack(_ section: Section, _ global: NotifyGlobal) -> Integration? {
        var slack = SlackSettings()
        section.replace(&slack.channel, "channel")
        section.replace(&slack.username, "username")
        section.replace(&slack.iconEmoji, "icon_emoji")
        section.replace(&slack.color, "color")
        section.replace(&slack.title, "title")
        section.replace(&slack.titleLink, "title_link")
        section.replace(&slack.text, "text")
        section.replace(&slack.pretext, "pretext")
        section.replace(&slack.fallback, "fallback")
        section.replace(&slack.imageURL, "image_url")
        section.check(slack.templates)
        return finish(
            section, global, .slack(slack), url(section, "api_url", or: global.slackURL),
            resolved: false,
            more: [
                "fields", "actions", "short_fields", "footer", "callback_id", "icon_url",
                "thumb_url", "link_names", "mrkdwn_in",
            ])
    }

    fileprivate static func readTeams(_ section: Section, _ global: NotifyGlobal) -> Integration? {
        var teams = TeamsSettings()
        section.replace(&teams.title, "title")
        section.replace(&teams.text, "text")
        section.check(teams.templates)
        return finish(
            section, global, .teams(teams), url(section, "webhook_url"), resolved: true,
            more: ["summary"])
    }

    fileprivate static func readPagerDuty(_ section: Section, _ global: NotifyGlobal)
        -> Integration?
    {
        guard let key = HTTPAccess.source(section, "routing_key") else {
            section.problems.error(
                section.node, "\(section.path): routing_key or routing_key_file is needed")
            return nil
        }
        var duty = PagerDutySettings(routingKey: key)
        section.replace(&duty.summary, "description")
        section.replace(&duty.severity, "severity")
        section.replace(&duty.client, "client")
        section.replace(&duty.clientURL, "client_url")
        section.replace(&duty.component, "component")
        section.replace(&duty.group, "group")
        section.replace(&duty.eventClass, "class")
        for (name, text) in section.texts("details") ?? [] {
            duty.details.removeAll { $0.name == name }
            duty.details.append((name, text))
        }
        section.check(duty.templates)
        let address = section.string("url") ?? global.pagerDutyURL
        return finish(
            section, global, .pagerDuty(duty), .text(Secret(address)), resolved: true,
            more: ["service_key", "service_key_file", "images", "links", "source"])
    }

    fileprivate static func readBot(
        _ section: Section, _ global: NotifyGlobal, _ chat: BotSettings.Chat
    ) -> Integration? {
        var bot = BotSettings(chat)
        section.replace(&bot.title, "title")
        section.replace(&bot.text, "text")
        bot.secret = HTTPAccess.source(section, "secret")
        bot.mentions = section.strings("mentions") ?? []
        if chat == .wecom && bot.secret != nil {
            section.error("secret", "WeCom's robots know no signature; their URL is the secret")
        }
        section.check(bot.templates)
        return finish(
            section, global, .bot(bot), url(section, "webhook_url"), resolved: true, more: [])
    }

    fileprivate static func readMail(_ section: Section, _ global: NotifyGlobal) -> Integration? {
        let to = (section.string("to") ?? "").split(separator: ",").map { part in
            part.split(separator: " ").joined(separator: " ")
        }
        let from = section.string("from") ?? global.smtpFrom ?? ""
        let server = section.string("smarthost") ?? global.smarthost ?? ""
        if to.isEmpty { section.error("to", "is needed") }
        if from.isEmpty { section.error("from", "is needed, here or as smtp_from in global") }
        guard server.split(separator: ":").count == 2 else {
            section.error("smarthost", "must be HOST:PORT, here or as smtp_smarthost in global")
            return nil
        }
        var mail = MailSettings(to: to, from: from)
        mail.hello = section.string("hello") ?? global.smtpHello
        mail.user = section.string("auth_username") ?? global.smtpUser
        mail.password = HTTPAccess.source(section, "auth_password") ?? global.smtpPassword
        mail.requiresTLS = section.bool("require_tls") ?? global.smtpRequiresTLS
        section.replace(&mail.html, "html")
        section.replace(&mail.text, "text")
        for (name, text) in section.texts("headers") ?? [] {
            if name.lowercased() == "subject" {
                mail.subject = text
            } else {
                mail.headers[name] = text
            }
        }
        section.check(mail.templates)
        // Port 465 speaks TLS from the first byte; elsewhere it is asked for.
        let scheme = server.hasSuffix(":465") ? "smtps" : "smtp"
        var made = finish(
            section, global, .mail(mail), .text(Secret("\(scheme)://\(server)")), resolved: false,
            more: ["auth_secret", "auth_identity"])
        // A mail server may look at a message for a while before it says yes.
        if let waits = made?.timeoutMillis { made?.timeoutMillis = max(waits, 30_000) }
        return made
    }

    private static func url(
        _ section: Section, _ key: String, or given: HTTPAccess.Source? = nil
    ) -> HTTPAccess.Source? {
        switch (section.string(key), section.string("\(key)_file")) {
        case (let url?, nil):
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                section.error(key, "must begin with http:// or https://")
                return nil
            }
            return .text(Secret(url))
        case (nil, let file?): return .file(file)
        case (nil, nil) where given != nil: return given
        default:
            section.problems.error(
                section.node, "\(section.path): exactly one of \(key) and \(key)_file is needed")
            return nil
        }
    }

    private static func finish(
        _ section: Section, _ global: NotifyGlobal, _ kind: Kind, _ url: HTTPAccess.Source?,
        resolved: Bool, more: Set<String>
    ) -> Integration? {
        let sendsResolved = section.bool("send_resolved") ?? resolved
        let alertsMax = section.int("max_alerts")
        let timeout = section.duration("timeout")
        let access = section.section("http_config").map(HTTPAccess.init) ?? global.access
        var tls = access.tls
        if case .mail = kind, let part = section.section("tls_config") {
            tls.authorityFile = part.string("ca_file")
            tls.certificateFile = part.string("cert_file")
            tls.keyFile = part.string("key_file")
            tls.skipsVerification = part.bool("insecure_skip_verify") ?? false
            part.finish(foreign: ["server_name", "min_version", "max_version"])
        }
        section.finish(foreign: more)
        guard let url else { return nil }
        var made = Integration(kind, url: url)
        made.sendsResolved = sendsResolved
        made.alertsMax = max(0, alertsMax ?? (kind == .webhook ? 0 : shownAlertsMax))
        // Alertmanager takes 0 for no limit; here a delivery always ends.
        if let timeout, timeout > 0 { made.timeoutMillis = timeout }
        made.access = access
        made.access.tls = tls
        return made
    }
}

extension Section {
    /// Puts the text of a key in place of a default.
    fileprivate func replace(_ text: inout String, _ key: String) { text = string(key) ?? text }

    /// Reports templates that cannot be parsed.
    fileprivate func check(_ templates: [String]) {
        for source in templates {
            do throws(TemplateError) {
                _ = try Template(source, name: "notification", functions: .notifications)
            } catch {
                problems.error(
                    node,
                    "\(path): line \(error.line), column \(error.column) of a template: \(error.reason)"
                )
            }
        }
    }
}
