// The sequential watches of all columns of one model version, by name: bounded, and kept as JSON. Each
// column has the whole level, so that at most the level's share of them ever alarms without drift.

public import Bytes

/// A watch a column.
public struct WatchedColumns: Sendable, Equatable {
    /// More columns than this are not watched: a table is shown, a haystack is not.
    public static let columnsMax = 500

    public let level: Double
    public private(set) var columns: [String: SequentialWatch] = [:]
    /// Columns that found no place.
    public private(set) var refused = 0

    public init(level: Double = 0.05) { self.level = level }

    /// Takes a column's distance from its reference; true at its first alarm.
    public mutating func look(
        _ column: String, distance: Double, rows: Int, referenceRows: Int, error: Double = 0
    ) -> Bool {
        guard var watch = columns[column] ?? begun() else { return false }
        let isAlarm = watch.look(
            distance: distance, rows: rows, referenceRows: referenceRows, error: error)
        columns[column] = watch
        return isAlarm
    }

    private mutating func begun() -> SequentialWatch? {
        if columns.count < Self.columnsMax { return SequentialWatch(level: level) }
        refused += 1
        return nil
    }

    /// Columns that have alarmed, the surest first.
    public var alarmed: [String] {
        columns.filter { $0.value.alarmedAt != nil }
            .sorted { ($0.value.probability, $0.key) < ($1.value.probability, $1.key) }
            .map(\.key)
    }

    /// Begins the watch of a column anew.
    public mutating func restart(_ column: String) {
        columns[column] = columns[column]?.restarted()
    }

    /// The state as JSON, columns in byte order.
    public var state: JSON {
        .object([
            ("level", .number(level)),
            (
                "columns",
                .object(
                    columns.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, $0.value.state) })
            ),
        ])
    }

    /// Reads a kept state; nil when it is none.
    public init?(state: JSON) {
        guard let level = state["level"]?.double, let fields = state["columns"]?.fields else {
            return nil
        }
        self.init(level: level)
        for (name, value) in fields.prefix(Self.columnsMax) {
            guard let watch = SequentialWatch(state: value) else { return nil }
            columns[name] = watch
        }
    }
}
