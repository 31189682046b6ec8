// What /api/v1/targets shows, field by field.

public import Basics

/// A target and how its last scrape went.
public struct ScrapeStatus: Sendable, Equatable {
    public enum Health: String, Sendable { case unknown, up, down }

    public var scrapePool: String
    /// Before relabelling.
    public var discoveredLabels: Labels
    public var labels: Labels
    public var scrapeURL: String
    /// The same with the host's name where the address says localhost.
    public var globalURL: String
    /// Empty when the last scrape succeeded.
    public var lastError = ""
    /// When the last scrape began; nil before the first.
    public var lastScrape: Millis?
    public var lastScrapeDurationSeconds = 0.0
    public var health = Health.unknown
    public var intervalMillis: Millis
    public var timeoutMillis: Millis
    /// Samples of the last scrape, before and after metric relabelling.
    public var samplesScraped = 0
    public var samplesKept = 0

    init(pool: String, target: ScrapeTarget, hostname: String) {
        scrapePool = pool
        discoveredLabels = target.discoveredLabels
        labels = target.labels
        scrapeURL = target.url
        globalURL = globalised(target.url, hostname: hostname)
        intervalMillis = target.intervalMillis
        timeoutMillis = target.timeoutMillis
    }
}

/// A discovered address that is not scraped.
public struct DroppedTarget: Sendable, Equatable {
    public var scrapePool: String
    public var discoveredLabels: Labels
    /// Why; nil when relabelling dropped it on purpose.
    public var reason: String?
}

/// All targets at one moment.
public struct ScrapeTargets: Sendable {
    public var active: [ScrapeStatus] = []
    public var dropped: [DroppedTarget] = []
    /// What is wrong with files of targets, each with its place.
    public var faults: [String] = []
}

/// True for an address that only this machine reaches.
func isLoopback(_ url: String) -> Bool {
    let host = hostPart(url)
    return host == "localhost" || host.hasPrefix("127.") || host == "[::1]"
}

private func globalised(_ url: String, hostname: String) -> String {
    guard isLoopback(url), !hostname.isEmpty, let start = url.range(of: "://") else { return url }
    return url[..<start.upperBound] + hostname
        + url[start.upperBound...].dropFirst(hostPart(url).count)
}

private func hostPart(_ url: String) -> Substring {
    let afterScheme = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
    let authority = afterScheme.prefix { $0 != "/" && $0 != "?" }
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
        return authority[...end]
    }
    return authority.prefix { $0 != ":" }
}

extension StringProtocol {
    /// The first place of a text in another.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}
