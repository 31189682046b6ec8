// The way out: what a query may ask of whatever keeps. Query never learns whether a series lies in
// the head, a block, the archive or the KPI history.

/// The times at which an instant selector looks: `first`, `first + stride`, and so on.
///
/// A stride of 0 is one time only. Of the samples up to each, only the last is looked at.
public struct Moments: Sendable, Equatable {
    public var first: Millis
    public var strideMillis: Millis

    public init(first: Millis, strideMillis: Millis) {
        self.first = first
        self.strideMillis = strideMillis
    }
}

/// What the engine will do with a selector's samples, so that a source can answer from a coarser tier.
public struct SelectHints: Sendable, Equatable {
    /// The function around the selector (`rate`, `max_over_time`), if any.
    public var function: String?
    /// The step of a range query in milliseconds; 0 for an instant query.
    public var stepMillis: Millis = 0
    /// The length of the range selector in milliseconds; 0 for an instant selector.
    public var rangeMillis: Millis = 0
    /// When set, samples that are the last before none of these times may be left out.
    public var moments: Moments?
    /// The most samples that may be returned; the query's own limit.
    public var samplesMax = Int.max

    public init() {}
}

/// What a selector found.
public struct Selected: Sendable {
    /// Sorted by labels; each with at least one sample.
    public var series: [Series]
    /// Remarks for the reader, such as "answered from the 10 min tier".
    public var infos: [String]
    public var warnings: [String]

    public init(series: [Series] = [], infos: [String] = [], warnings: [String] = []) {
        self.series = series
        self.infos = infos
        self.warnings = warnings
    }
}

/// Why a source could not answer.
public struct SourceError: Error, Sendable, CustomStringConvertible {
    public var reason: String
    /// True when the answer would have held more samples than ``SelectHints/samplesMax``.
    public var isOverLimit: Bool

    public init(reason: String, isOverLimit: Bool = false) {
        self.reason = reason
        self.isOverLimit = isOverLimit
    }

    public var description: String { reason }
}

/// Where a query finds its series.
///
/// The calls block; they never run on the cooperative pool.
public struct SeriesSource: Sendable {
    /// The samples of the series that satisfy all matchers, in a time range with both ends included.
    public var select:
        @Sendable (_ matchers: [Matcher], TimeRange, SelectHints) throws(SourceError) -> Selected
    /// The labels of the series that satisfy all matchers of any one group and have samples in range.
    public var series: @Sendable (_ groups: [[Matcher]], TimeRange) throws(SourceError) -> [Labels]
    /// Type, help and unit by metric.
    public var metadata: @Sendable () -> [String: MetricMetadata]

    public init(
        select:
            @escaping @Sendable ([Matcher], TimeRange, SelectHints) throws(SourceError) -> Selected,
        series: @escaping @Sendable ([[Matcher]], TimeRange) throws(SourceError) -> [Labels],
        metadata: @escaping @Sendable () -> [String: MetricMetadata] = { [:] }
    ) {
        self.select = select
        self.series = series
        self.metadata = metadata
    }
}
