// Which text a scrape speaks: Prometheus text 0.0.4 or OpenMetrics, which version of it, and whether
// names may be any UTF-8. The server chooses by the client's q-values, the client by Content-Type.

/// A text format of metrics, as it stands in `Accept` and `Content-Type`.
public struct ExpositionFormat: Sendable, Hashable {
    /// How names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*` are written.
    public enum Escaping: String, Sendable {
        /// Quoted, inside the braces.
        case allowUTF8 = "allow-utf-8"
        /// Every foreign character becomes an underscore.
        case underscores
    }

    public var isOpenMetrics: Bool
    public var version: String
    /// What the client asked for; nil when it said nothing, and then underscores are safe.
    public var escaping: Escaping?

    public init(isOpenMetrics: Bool, version: String, escaping: Escaping? = nil) {
        self.isOpenMetrics = isOpenMetrics
        self.version = version
        self.escaping = escaping
    }

    /// Prometheus text 0.0.4: what everybody reads.
    public static let text = ExpositionFormat(isOpenMetrics: false, version: "0.0.4")
    public static let openMetrics = ExpositionFormat(isOpenMetrics: true, version: "1.0.0")

    /// The exact, versioned `Content-Type`.
    public var contentType: String {
        let type = isOpenMetrics ? "application/openmetrics-text" : "text/plain"
        let names = escaping.map { "; escaping=\($0.rawValue)" } ?? ""
        return "\(type); version=\(version); charset=utf-8\(names)"
    }
}

/// Chooses the format of an answer from the request's `Accept` header.
///
/// The highest q-value wins, and of equal ones the first; what nobody can serve falls back to 0.0.4.
public func negotiate(accept: String?) -> ExpositionFormat {
    var best = ExpositionFormat.text
    var bestQuality = 0.0
    for entry in (accept ?? "").split(separator: ",") {
        let media = MediaType(entry)
        guard let format = servedFormat(media), media.quality > bestQuality else { continue }
        best = format
        bestQuality = media.quality
    }
    return best
}

/// The format that a scraped server says it sent.
///
/// - Returns: nil when the type is missing or is none that can be read.
public func format(contentType: String?) -> ExpositionFormat? {
    guard let contentType, !contentType.isEmpty else { return nil }
    let media = MediaType(contentType[...])
    let version = media.parameters["version"]
    switch media.type {
    case "application/openmetrics-text":
        return ExpositionFormat(isOpenMetrics: true, version: version ?? "1.0.0")
    case "text/plain":
        return ExpositionFormat(isOpenMetrics: false, version: version ?? "0.0.4")
    default:
        return nil
    }
}

private func servedFormat(_ media: MediaType) -> ExpositionFormat? {
    let escaping = media.parameters["escaping"].map {
        ExpositionFormat.Escaping(rawValue: $0) ?? .underscores
    }
    let version = media.parameters["version"]
    switch (media.type, version) {
    case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"):
        return ExpositionFormat(isOpenMetrics: true, version: "1.0.0", escaping: escaping)
    case ("application/openmetrics-text", "0.0.1"):
        return ExpositionFormat(isOpenMetrics: true, version: "0.0.1", escaping: escaping)
    case ("text/plain", "1.0.0"):
        return ExpositionFormat(isOpenMetrics: false, version: "1.0.0", escaping: escaping)
    case ("text/plain", nil), ("text/plain", "0.0.4"), ("*/*", _), ("text/*", _):
        return ExpositionFormat(isOpenMetrics: false, version: "0.0.4", escaping: escaping)
    default:
        return nil
    }
}

/// One entry of `Accept`, or a `Content-Type`: `type/subtype;name=value;…`.
private struct MediaType {
    var type: String
    var parameters: [String: String] = [:]
    var quality = 1.0

    init(_ text: Substring) {
        let parts = text.split(separator: ";").map(trimmed)
        type = (parts.first ?? "").lowercased()
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(trimmed)
            guard pair.count == 2 else { continue }
            let value = pair[1].replacing("\"", with: "").lowercased()
            parameters[pair[0].lowercased()] = value
        }
        if let text = parameters["q"] { quality = Double(text) ?? 0 }
    }
}

private func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
}
