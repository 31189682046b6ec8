// A sample is (series, time, value). Batches are columns, because everything that moves samples
// moves many: one lock, one journal frame, one loop per batch.

/// The number of a series within one running head; never written to disk and never shown.
@frozen
public struct SeriesID: Hashable, Sendable {
    public let index: UInt32

    @inlinable
    public init(_ index: UInt32) { self.index = index }
}

/// Samples on their way in: three columns of one length.
@frozen
public struct SampleBatch: Sendable {
    public var series: [SeriesID] = []
    /// Milliseconds since the epoch.
    public var times: [Int64] = []
    public var values: [Double] = []

    @inlinable
    public init() {}

    @inlinable public var count: Int { series.count }
    @inlinable public var isEmpty: Bool { series.isEmpty }

    @inlinable
    public mutating func append(_ id: SeriesID, _ time: Int64, _ value: Double) {
        series.append(id)
        times.append(time)
        values.append(value)
    }

    @inlinable
    public mutating func removeAll() {
        series.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }
}

/// A series as a query sees it: labels and two columns, ascending in time, one value per time.
public struct Series: Sendable, Equatable {
    public var labels: Labels
    /// Milliseconds since the epoch.
    public var times: [Int64]
    public var values: [Double]

    public init(labels: Labels, times: [Int64] = [], values: [Double] = []) {
        self.labels = labels
        self.times = times
        self.values = values
    }

    public static func == (left: Series, right: Series) -> Bool {
        left.labels == right.labels && left.times == right.times
            && left.values.elementsEqual(right.values) { $0.bitPattern == $1.bitPattern }
    }
}

/// The marker that ends a series: a signalling NaN with its own bits.
///
/// Arithmetic quiets it, so it is recognised by its bits and never by comparing.
public enum Stale {
    public static let bits: UInt64 = 0x7ff0_0000_0000_0002
    public static let marker = Double(bitPattern: bits)

    @inlinable
    public static func isMarker(_ value: Double) -> Bool {
        value.bitPattern == 0x7ff0_0000_0000_0002
    }
}

/// What the type line of an exposition says of a metric.
public enum MetricKind: String, Sendable, CaseIterable {
    case counter, gauge, histogram, gaugehistogram, summary, info, stateset, unknown
}

/// What is known of a metric beside its samples.
public struct MetricMetadata: Sendable, Equatable {
    public var kind: MetricKind
    public var help: String
    public var unit: String

    public init(kind: MetricKind, help: String = "", unit: String = "") {
        self.kind = kind
        self.help = help
        self.unit = unit
    }
}
