// Who is told, and how. A receiver is a name with webhooks, as in Alertmanager. Without a routing
// tree every alert goes to every receiver; the tree will choose among these same receivers later,
// and takes the place of ``Receiver/grouping``.

public import Basics

/// How alerts are put together and how often they are told.
public struct Grouping: Sendable, Equatable {
    /// The labels whose values make a group; nil puts every alert into a group of its own (`...`).
    public var labels: [String]? = ["alertname"]
    /// A new group waits so long for more alerts of the same trouble.
    public var waitMillis: Millis = 30_000
    /// Changes of a group are told at most so often.
    public var intervalMillis: Millis = 300_000
    /// What has not changed is told again after so long.
    public var repeatMillis: Millis = 4 * 3_600_000

    public init() {}
}

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

/// One webhook of a receiver.
public struct Webhook: Sendable, Equatable {
    public var url: HTTPAccess.Source
    /// False tells only of firing alerts.
    public var sendsResolved = true
    /// The most alerts of one notification; 0 for all.
    public var alertsMax = 0
    /// A receiver that needs longer is taken to be down.
    public var timeoutMillis: Millis = 10_000
    public var access = HTTPAccess()

    public init(url: HTTPAccess.Source) { self.url = url }
}

/// Somebody who is told of alerts.
public struct Receiver: Sendable, Equatable {
    public var name: String
    public var webhooks: [Webhook]
    public var grouping = Grouping()

    public init(name: String, webhooks: [Webhook]) {
        self.name = name
        self.webhooks = webhooks
    }

    /// The receiver that `--webhook URL` makes.
    public static func webhook(_ url: String) -> Receiver {
        Receiver(name: "webhook", webhooks: [Webhook(url: .text(Secret(url)))])
    }

    /// A name for one webhook of a receiver, under which its deliveries are kept: `ops/0`.
    static func target(_ name: String, _ index: Int) -> String { "\(name)/\(index)" }
}
