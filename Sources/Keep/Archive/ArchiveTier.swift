// The tiers of the archive: how long a row lasts, how many rows there are. A file's size follows from
// these and never changes: 10 min for 90 days is 12,960 rows, 1 h for 2 years 17,520 rows, 8 bytes each
// per column; three columns for gauges (0.7 MB a series), one for counters (0.25 MB).

internal import Basics

/// One resolution of the archive.
public struct ArchiveTier: Sendable, Equatable {
    /// Part of file names and of remarks: `10m`.
    public var name: String
    public var stepSeconds: Int
    public var rows: Int

    public init(name: String, stepSeconds: Int, rows: Int) {
        self.name = name
        self.stepSeconds = stepSeconds
        self.rows = rows
    }

    /// 10 min for 90 days; 1 h for 2 years.
    public static let standard = [
        ArchiveTier(name: "10m", stepSeconds: 600, rows: 12_960),
        ArchiveTier(name: "1h", stepSeconds: 3_600, rows: 17_520),
    ]

    var stepMillis: Int64 { Int64(stepSeconds) * 1000 }
    var spanMillis: Int64 { stepMillis * Int64(rows) }
}

/// The columns of an archived series.
enum ArchiveKind: Int64, Sendable {
    /// Average, least and greatest of the samples in a step.
    case gauge = 0
    /// A running total that resets of the counter do not reset.
    case counter = 1

    var columns: [String] {
        switch self {
        case .gauge: ["avg", "min", "max"]
        case .counter: ["total"]
        }
    }

    /// The column that serves a function of PromQL.
    func column(for function: String?) -> Int {
        guard self == .gauge else { return 0 }
        switch function {
        case "min", "min_over_time": return 1
        case "max", "max_over_time": return 2
        default: return 0
        }
    }
}

/// One row: the end of its step in seconds since the epoch, and a value per column; NaN is unknown.
public struct ArchiveRow: Sendable, Equatable {
    public var endSeconds: Int
    public var values: [Double]

    public init(endSeconds: Int, values: [Double]) {
        self.endSeconds = endSeconds
        self.values = values
    }

    var isUnknown: Bool { values.allSatisfy(\.isNaN) }
}
