// The verdict over all looks at one model version and segment. Every watched column has running
// evidence that may be looked at for ever (SequentialWatch); the level is shared among the columns, so
// that over all time at most one model in twenty is accused without drift. A column that was accused
// is acquitted after some looks in a row inside the reference's own uncertainty; then its evidence
// begins anew.

internal import Algebra
public import Basics
internal import Glibc

/// The state of one watched column.
public struct WatchedColumn: Sendable, Equatable {
    public fileprivate(set) var watch: SequentialWatch
    /// Since when it is drifted: the first row of the window whose look was sure.
    public fileprivate(set) var since: Millis?
    fileprivate var calmLooks = 0

    /// The evidence as an ever-valid p-value.
    public var probability: Double { watch.probability.value }
}

/// The running verdict.
public struct ModelWatch: Sendable {
    /// What a look changed.
    public struct Change: Sendable, Equatable {
        /// Columns that are drifted since this look.
        public var began: [String] = []
        /// Columns that are so no more.
        public var ended: [String] = []
    }

    /// Looks without drift, one after the other, that acquit a column.
    public static let calmLooksMin = 3

    public let level: Double
    public private(set) var columns: [String: WatchedColumn] = [:]
    public private(set) var looks: [ModelLook] = []
    /// Looks that are remembered for pages.
    private static let looksMax = 500

    /// - Parameter watched: the columns among which the level is shared.
    public init(watched: [String], level: Double = 0.05) {
        self.level = level
        let share = level / Double(max(watched.count, 1))
        for name in watched {
            columns[name] = WatchedColumn(watch: SequentialWatch(level: share))
        }
    }

    /// Drifted columns with their begin, the earliest first.
    public var drifted: [(name: String, since: Millis)] {
        columns.compactMap { name, column in column.since.map { (name, $0) } }
            .sorted { ($0.since, $0.name) < ($1.since, $1.name) }
    }

    /// Takes a look.
    public mutating func take(_ look: ModelLook) -> Change {
        var change = Change()
        looks.append(look)
        if looks.count > ModelWatch.looksMax {
            looks.removeFirst(looks.count - ModelWatch.looksMax)
        }
        for found in look.columns {
            guard var column = columns[found.name], let distance = found.distance, found.rows > 0
            else { continue }
            let isSure = column.watch.look(
                distance: distance, rows: found.rows, referenceRows: look.referenceRows)
            if isSure && column.since == nil {
                column.since = look.from
                column.calmLooks = 0
                change.began.append(found.name)
            } else if column.since != nil {
                let band = driftlessDistance(
                    rows: found.rows, referenceRows: look.referenceRows, level: level)
                column.calmLooks = distance <= band ? column.calmLooks + 1 : 0
                if column.calmLooks >= ModelWatch.calmLooksMin {
                    column = WatchedColumn(watch: SequentialWatch(level: column.watch.level))
                    change.ended.append(found.name)
                }
            }
            columns[found.name] = column
        }
        return change
    }
}

/// The distance that two samples without drift exceed with a chance of `level` (Smirnov's limit).
func driftlessDistance(rows: Int, referenceRows: Int, level: Double) -> Double {
    let sizes = Double(rows + referenceRows) / (Double(rows) * Double(max(referenceRows, 1)))
    return (-0.5 * log(level / 2) * sizes).squareRoot()
}
