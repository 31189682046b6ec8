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

    /// Reads a section: `github: owner/repo` or `kind` and `project`, the keys of a hook's source,
    /// and those of pulling.
    public init(section: Section) {
        let short = PullConfig.kinds.compactMap { kind in
            section.string(kind.rawValue).map { (kind, $0) }
        }
        let given = section.string("kind").flatMap(DeliveryKind.init(rawValue:))
        let kind = short.first?.0 ?? given ?? .generic
        let project = short.first?.1 ?? section.string("project") ?? ""
        let url = section.string("url") ?? PullConfig.publicURL(kind)
        let login = section.string("user") ?? ""
        let token = section.string("token").map(DeliverySecret.init(text:))
        let file = section.string("token_file")
        let rhythm = section.duration("every")
        let interval = section.duration("interval") ?? rhythm
        if !PullConfig.kinds.contains(kind) {
            section.error("kind", "pulls from github, gitlab, jira or jenkins")
        }
        if short.count > 1 || !short.isEmpty && given != nil {
            section.error(short[0].0.rawValue, "names a second source; give each its own entry")
        }
        let isWeb = url.hasPrefix("https://") || url.hasPrefix("http://")
        if !isWeb { section.error("url", "must begin with https://") }
        if project.isEmpty { section.error("project", "is missing") }
        if let interval, interval < 10_000 {
            section.error(
                rhythm == nil ? "interval" : "every",
                "must be at least 10s, or the sender will refuse")
        }
        let usual =
            short.isEmpty ? kind.rawValue : project.split(separator: "/").last.map(String.init)
        var source = DeliverySourceConfig(
            kind: kind, name: section.string("name") ?? usual ?? kind.rawValue)
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

    /// Whose APIs are pulled.
    public static let kinds: [DeliveryKind] = [.github, .gitlab, .jira, .jenkins]

    /// The address of a kind that has one for everybody; empty for those that run on one's own.
    static func publicURL(_ kind: DeliveryKind) -> String {
        switch kind {
        case .github: "https://api.github.com"
        case .gitlab: "https://gitlab.com"
        default: ""
        }
    }
}
