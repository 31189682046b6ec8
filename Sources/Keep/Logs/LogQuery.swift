// A question to the logs and its answer, a page at a time. A page tells where the next one begins, so
// that lines that arrive meanwhile neither repeat nor hide any.

public import Basics

/// Where a page ended: the last line's place in the order (time, day of arrival, number).
public struct LogCursor: Sendable, Equatable, CustomStringConvertible {
    public var time: Millis
    /// The day file, in days since the epoch.
    public var day: Int64
    public var id: Int64

    init(time: Millis, day: Int64, id: Int64) {
        self.time = time
        self.day = day
        self.id = id
    }

    /// Reads what ``description`` wrote.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 3, let time = parts[0], let day = parts[1], let id = parts[2] else {
            return nil
        }
        self.init(time: time, day: day, id: id)
    }

    public var description: String { "\(time).\(day).\(id)" }
}

/// What to look for.
public struct LogQuery: Sendable {
    /// Words (all must occur), "phrases", -exclusions, prefix*; empty for any line.
    public var words = ""
    /// The levels wanted; nil for all.
    public var levels: Set<Severity>?
    /// Tests on the labels of the line's source.
    public var matchers: [Matcher] = []
    /// By the line's own time.
    public var range: TimeRange
    /// Lines of a page, 1 to ``limitMax``.
    public var limit = 100
    /// Where the page before ended.
    public var cursor: LogCursor?
    public var newestFirst = true
    /// The width of the histogram's buckets; 0 for none.
    public var bucketMillis: Millis = 0
    /// How long the search may take before it answers with what it has.
    public var budgetMillis: Millis = 2_000

    /// More lines than this nobody reads; a page of them is under 100 ms of work.
    public static let limitMax = 5_000
    /// More buckets than a screen has columns.
    public static let bucketsMax = 2_000

    public init(range: TimeRange) { self.range = range }

    /// Wants the lines of this level and those worse.
    public mutating func want(atLeast level: Severity) {
        levels = Set(Severity.allCases.filter { $0 >= level })
    }
}

/// A line that was found.
public struct LogHit: Sendable, Equatable {
    public var record: LogRecord
    /// Its place, which a query can continue from.
    public var cursor: LogCursor
}

/// How many lines there are by level in one bucket of time.
public struct LogBucket: Sendable, Equatable {
    public var start: Millis
    public var counts: [Severity: Int]
}

/// A page of lines.
public struct LogPage: Sendable, Equatable {
    /// In the order asked for.
    public var hits: [LogHit] = []
    /// Where the next page begins; nil when this is the last one.
    public var next: LogCursor?
    /// Buckets that have lines, ascending; over all lines that were found, not only this page's.
    public var histogram: [LogBucket] = []
    /// True when the time was up or a day could not be read; ``remarks`` says what is missing.
    public var isPartial = false
    public var remarks: [String] = []

    public init() {}

    public var records: [LogRecord] { hits.map(\.record) }
}
