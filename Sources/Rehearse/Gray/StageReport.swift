// Reports of a gray release as they come: JSON lines, each of a stage (version, share, start), of a window
// of it (the counts of both sides), or of both. What a line leaves out, the line before it said, and what
// no line says is the stage that runs. A body that cannot be read is refused whole, so that a reporter can
// repair it and send it again; a stage that begins after a failure is refused, and what stands before stays.

public import Basics
internal import Bytes

/// What is wrong with a report.
public struct StageReportError: Error, Equatable, CustomStringConvertible {
    public var reason: String
    /// Counted from 1; nil when the report is no matter of one line.
    public var line: Int?

    init(_ reason: String) { self.reason = reason }

    /// No further release fits.
    public static func tooMany(_ limit: Int) -> StageReportError {
        StageReportError("at most \(limit) releases are kept; report under a name that is known")
    }

    func at(line: Int) -> StageReportError {
        var error = self
        error.line = line
        return error
    }

    public var description: String { (line.map { "line \($0): " } ?? "") + reason }
}

/// One line of a report.
public struct StageReport: Sendable {
    /// Windows of one body: a day of minutes.
    public static let linesMax = 1_440

    public var version: String?
    public var share: Double?
    public var start: Millis?
    public var window: StageWindow?

    public init(
        version: String? = nil, share: Double? = nil, start: Millis? = nil,
        window: StageWindow? = nil
    ) {
        self.version = version
        self.share = share
        self.start = start
        self.window = window
    }

    /// Reads JSON lines, one object, or an array of them.
    public static func read(
        _ body: [UInt8], now: Millis
    ) throws(StageReportError) -> [StageReport] {
        let items = try lines(body)
        if items.isEmpty {
            throw StageReportError("the body is empty; send a line for each window")
        }
        if items.count > linesMax {
            throw StageReportError("at most \(linesMax) lines at a time, these are \(items.count)")
        }
        var reports: [StageReport] = []
        for (number, item) in items {
            do {
                var report = try StageReport(item, now: now)
                let before = reports.last
                report.version = report.version ?? before?.version
                report.share = report.share ?? before?.share
                // A start is of the stage that it was said of, not of the next.
                if report.version == before?.version && report.share == before?.share {
                    report.start = report.start ?? before?.start
                }
                reports.append(report)
            } catch {
                throw error.at(line: number)
            }
        }
        return reports
    }

    private init(_ json: JSON, now: Millis) throws(StageReportError) {
        guard let fields = json.fields else { throw StageReportError("must be an object") }
        let known = ["version", "share", "start", "time", "baseline", "canary"]
        for (key, _) in fields where !known.contains(key) {
            throw StageReportError("\(quoted(key)) is none of \(known.joined(separator: ", "))")
        }
        if let value = json["version"] {
            guard let text = value.text, !text.isEmpty, text.utf8.count <= 128 else {
                throw StageReportError("version must be a text of 1 to 128 bytes")
            }
            version = text
        }
        if let value = json["share"] {
            guard let number = value.double, number > 0, number <= 1 else {
                throw StageReportError("share must be above 0 and at most 1")
            }
            share = number
        }
        start = try stageTime(json["start"], "start", now: now)
        if json["baseline"] != nil || json["canary"] != nil {
            window = try StageWindow(json, now: now)
        } else if version == nil && share == nil {
            throw StageReportError("has neither baseline and canary nor a version and share")
        }
    }

    /// The values of a body with the numbers of their lines, or their places in an array.
    private static func lines(
        _ body: [UInt8]
    ) throws(StageReportError) -> [(number: Int, json: JSON)] {
        // One value may be spread over lines; several hold a line each.
        if let whole = try? JSON(body) {
            return (whole.items ?? [whole]).enumerated().map { ($0.offset + 1, $0.element) }
        }
        var items: [(number: Int, json: JSON)] = []
        let parts = body.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where part.contains(where: { $0 > 0x20 }) {
            do {
                items.append((index + 1, try JSON(Array(part))))
            } catch {
                throw StageReportError(error.description).at(line: index + 1)
            }
        }
        return items
    }
}
