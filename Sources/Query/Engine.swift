// An engine answers PromQL. It is a value of closures, so that rules, pages and commands do not know
// whether the answer comes from this process's own store or from another server. Calls block and
// belong on a bounded pool, never on the cooperative one.

public import Basics

/// What one query may use.
public struct QueryLimits: Sendable {
    /// Samples held at once; Prometheus' default.
    public var samplesMax = 50_000_000
    public var timeout: Duration = .seconds(120)
    /// How far back an instant selector looks for the last sample.
    public var lookbackMillis: Millis = 300_000
    /// Asked between steps; true ends the query.
    public var isCancelled: @Sendable () -> Bool = { false }

    public init() {}
}

/// One element of an instant vector.
public struct VectorSample: Sendable, Equatable {
    public var labels: Labels
    public var time: Millis
    public var value: Double

    public init(labels: Labels, time: Millis, value: Double) {
        self.labels = labels
        self.time = time
        self.value = value
    }
}

/// What a query yields.
///
/// A native histogram would be a second kind of value beside `Double` in `VectorSample` and a third
/// column in `Series`; the cases here stay as they are.
public enum QueryValue: Sendable, Equatable {
    case scalar(Double)
    case string(String)
    case vector([VectorSample])
    case matrix([Series])
}

/// What a query cost.
public struct QueryStatistics: Sendable, Equatable {
    /// Nanoseconds that the source took to find series and samples.
    public var selectNanoseconds: Int64 = 0
    /// Nanoseconds of the evaluation, selecting included.
    public var evaluationNanoseconds: Int64 = 0
    /// Samples that any step looked at, each counted at every step that did.
    public var samplesRead = 0
    /// The most samples and values that were held at once; what the limit is compared with.
    public var samplesPeak = 0

    public init() {}
}

/// A value with the remarks beside it.
public struct QueryAnswer: Sendable {
    public var value: QueryValue
    public var warnings: [String]
    public var infos: [String]
    public var statistics = QueryStatistics()

    public init(value: QueryValue, warnings: [String] = [], infos: [String] = []) {
        self.value = value
        self.warnings = warnings
        self.infos = infos
    }
}

/// Why a query has no answer.
public enum QueryError: Error, Sendable, Equatable {
    /// The text is not PromQL; offsets are bytes in the query, counted from 0;
    /// `through` is the one behind the last byte at fault.
    case parse(reason: String, from: Int, through: Int)
    /// The evaluation failed.
    case execution(String)
    case timeout(String)
    case cancelled
    /// The store failed.
    case source(String)
}

/// Answers queries.
public struct Engine: Sendable {
    public var instant:
        @Sendable (_ query: String, _ at: Millis, QueryLimits) throws(QueryError) -> QueryAnswer
    /// Evaluates at `from`, `from + step`, … up to `through`.
    public var range:
        @Sendable (_ query: String, TimeRange, _ stepMillis: Millis, QueryLimits) throws(QueryError)
            -> QueryAnswer
    /// Evaluates as `range` does, and tells what each node cost; equal ends make an instant query.
    public var explain:
        @Sendable (_ query: String, TimeRange, _ stepMillis: Millis, QueryLimits) throws(QueryError)
            -> Explanation

    public init(
        instant:
            @escaping @Sendable (String, Millis, QueryLimits) throws(QueryError) -> QueryAnswer,
        range:
            @escaping @Sendable (String, TimeRange, Millis, QueryLimits) throws(QueryError)
            -> QueryAnswer,
        explain:
            @escaping @Sendable (String, TimeRange, Millis, QueryLimits) throws(QueryError)
            -> Explanation = { _, _, _, _ throws(QueryError) in
                throw .execution("this engine cannot explain its queries")
            }
    ) {
        self.instant = instant
        self.range = range
        self.explain = explain
    }
}
