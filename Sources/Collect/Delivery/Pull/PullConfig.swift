// What is pulled and from where: a source whose events also come by hook, or that has no hook at all.
// The names of events are the same either way, so what is pulled and hooked counts once.

public import Bytes

/// A section of `sources:`.
public struct PullConfig: Sendable, Equatable {
    public var source: DeliverySourceConfig
    /// `https://api.github.com`, `https://gitlab.com`, `https://x.atlassian.net`, `https://ci.example.org`.
    public var url: String
    /// Repository, project path, board id, or the job's path (`job/shop/job/main`).
    public var project: String
    /// The user of HTTP Basic (Jira, Jenkins); empty for a bearer token.
    public var user = ""
    public var token: DeliverySecret?
    public var tokenFile: String?
    public var intervalMillis: Int64 = 300_000

    public init(source: DeliverySourceConfig, url: String, project: String) {
        self.source = source
        self.url = url
        self.project = project
    }

    /// Reads a section: the keys of a hook's source, and those of pulling.
    public init(section: Section) {
        let url = section.string("url") ?? ""
        let project = section.string("project") ?? ""
        let login = section.string("user") ?? ""
        let token = section.string("token").map(DeliverySecret.init(text:))
        let file = section.string("token_file")
        let interval = section.duration("interval")
        let kind = section.string("kind").flatMap(DeliveryKind.init(rawValue:)) ?? .generic
        if ![.github, .gitlab, .jira, .jenkins].contains(kind) {
            section.error("kind", "pulls from github, gitlab, jira or jenkins")
        }
        let isWeb = url.hasPrefix("https://") || url.hasPrefix("http://")
        if !isWeb { section.error("url", "must begin with https://") }
        if project.isEmpty { section.error("project", "is missing") }
        if let interval, interval < 10_000 {
            section.error("interval", "must be at least 10s, or the sender will refuse")
        }
        var source = DeliverySourceConfig(kind: kind, name: section.string("name") ?? kind.rawValue)
        source.takeBelonging(section)
        section.finish()
        self.init(
            source: source, url: url.hasSuffix("/") ? String(url.dropLast()) : url, project: project
        )
        user = login
        self.token = token
        tokenFile = file
        intervalMillis = interval ?? intervalMillis
    }
}
