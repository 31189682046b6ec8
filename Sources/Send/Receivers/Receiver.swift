// Who is told, and how. A receiver is a name with integrations, as in Alertmanager; each integration has
// its deliveries, its patience and its memory of its own, so that a chat that is down delays no mail.

public import Basics

/// What an HTTP request to a receiver carries and how its server is verified.
public struct HTTPAccess: Sendable, Equatable {
    /// A secret that stands in the configuration or in a file of its own.
    public enum Source: Sendable, Equatable {
        case text(Secret)
        case file(String)
    }

    public enum Authentication: Sendable, Equatable {
        case none
        case basic(user: String, password: Source?)
        /// `Authorization: <type> <credentials>`.
        case authorization(type: String, credentials: Source)
    }

    public var authentication = Authentication.none
    public var tls = FetchTLS()
    public var proxy: String?
    public var followsRedirects = true

    public init() {}
}

/// One way of telling a receiver.
public struct Integration: Sendable, Equatable {
    /// What is spoken there.
    public enum Kind: Sendable, Equatable {
        case webhook
        case slack(SlackSettings)
        case pagerDuty(PagerDutySettings)
        case teams(TeamsSettings)
        case bot(BotSettings)
        case mail(MailSettings)

        /// The name under which it is shown.
        public var name: String {
            switch self {
            case .webhook: "webhook"
            case .slack: "slack"
            case .pagerDuty: "pagerduty"
            case .teams: "msteams"
            case .bot(let bot): bot.chat.rawValue
            case .mail: "email"
            }
        }
    }

    public var kind: Kind
    /// Where it is told; for mail the server, `smtp://host:port`.
    public var url: HTTPAccess.Source
    /// False tells only of firing alerts.
    public var sendsResolved = true
    /// The most alerts of one notification; 0 for all.
    public var alertsMax = 0
    /// A receiver that needs longer is taken to be down.
    public var timeoutMillis: Millis = 10_000
    public var access = HTTPAccess()

    public init(_ kind: Kind, url: HTTPAccess.Source) {
        self.kind = kind
        self.url = url
    }

    /// A webhook.
    public static func webhook(_ url: HTTPAccess.Source) -> Integration {
        Integration(.webhook, url: url)
    }
}

/// Somebody who is told of alerts.
public struct Receiver: Sendable, Equatable {
    public var name: String
    public var integrations: [Integration]
    /// How alerts are grouped where no routing tree says so.
    public var grouping = Grouping()

    public init(name: String, integrations: [Integration]) {
        self.name = name
        self.integrations = integrations
    }

    /// The receiver that `--webhook URL` makes.
    public static func webhook(_ url: String) -> Receiver {
        Receiver(name: "webhook", integrations: [.webhook(.text(Secret(url)))])
    }

    /// A name for one integration of a receiver, under which its deliveries are kept: `ops/0`.
    static func target(_ name: String, _ index: Int) -> String { "\(name)/\(index)" }
}
