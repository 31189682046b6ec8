// `/api/martlet/v1/findings`: what the judges found, the newest first; `open=true` for what lasts,
// `kind`, `start` and `end` to narrow it. Findings are written by their judges, never through here.

internal import Basics
internal import Bytes
public import Carry
public import Keep

/// The end point of findings.
public struct FindingsAPI: Sendable {
    private let log: FindingLog

    public init(log: FindingLog) { self.log = log }

    public var routes: [Route] {
        [Route(["GET"], "/api/martlet/v1/findings", .slow) { list($0) }]
    }

    private func list(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            let kind = try request.parameter("kind").map { text in
                guard let kind = FindingKind(rawValue: text) else {
                    let known = FindingKind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw BadParameter("kind", "\(quoted(text)) is none of \(known)")
                }
                return kind
            }
            let findings = try log.newest(
                open: request.parameter("open") == "true", kind: kind,
                from: try request.time("start") ?? .min, to: try request.time("end") ?? .max)
            return success(capacity: 16_384) { writer in
                writer.beginArray()
                for finding in findings { write(finding, to: &writer) }
                writer.endArray()
            }
        }
    }
}

/// A finding as the pages read it.
func write(_ finding: Finding, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("id", finding.id)
    writer.field("kind", finding.kind.rawValue)
    writer.field("subject", finding.subject)
    writer.key("labels")
    writer.labels(Labels(finding.labels.map { ($0.key, $0.value) }))
    writer.field("severity", finding.severity.rawValue)
    writer.optionalTime("start", finding.start)
    writer.optionalTime("end", finding.end)
    writer.key("summary")
    write(finding.summary, to: &writer)
    writer.key("evidence")
    writer.beginArray()
    for phrase in finding.evidence { write(phrase, to: &writer) }
    writer.endArray()
    writer.field("link", finding.link)
    writer.endObject()
}
