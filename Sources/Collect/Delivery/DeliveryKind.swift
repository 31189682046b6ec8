// Where deliveries come from, and how each sender proves that it is the one. The methods are not
// interchangeable: what a source is configured for is what it must bring, and a weaker proof beside
// it is refused, because whoever can forge the weaker one would.

/// The senders that Martlet knows.
public enum DeliveryKind: String, Sendable, CaseIterable {
    case asana
    case cdevents
    case circleci
    case cloudevents
    case devlake
    case generic
    case gerrit
    case github
    case gitlab
    case jenkins
    case jira
    case pelorus
    case trello
}

/// How a delivery is proven to come from its sender.
public enum DeliveryProof: String, Sendable, CaseIterable {
    /// What the sender of this kind does by itself; the default.
    case vendor
    /// `Authorization: Bearer SECRET`.
    case bearer
    /// The password of HTTP Basic, which is what a URL with user info becomes.
    case basic
    /// The secret is the last part of the path, or the query's `token`.
    case url
    /// `X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the raw body>`.
    case hmac
    /// GitLab's signing token alone: a delivery that brings the plain token is refused.
    case signature
    /// Nothing; the configuration has to say so in words.
    case none
}
