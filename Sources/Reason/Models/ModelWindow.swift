// The answers since the last look, while they come: profiles of all of them, and the first rows for
// comparisons that need rows. A window is over when it has enough rows and has lasted long enough, or
// when it has waited long and has the least that a look needs.

public import Basics

/// When a window is looked at.
public struct WindowPolicy: Sendable, Equatable {
    /// Rows after which a window is looked at.
    public var rows = 500
    /// A window never ends before this, so that heavy traffic is not looked at every second.
    public var leastMillis: Millis = 60_000
    /// After this a window with `rowsMin` is looked at.
    public var mostMillis: Millis = 3_600_000
    /// Below this a look says nothing.
    public var rowsMin = 50

    public init() {}
}

/// The answers since the last look.
public struct ModelWindow: Sendable {
    public private(set) var rows = 0
    public private(set) var from: Millis = .max
    public private(set) var through: Millis = .min
    public private(set) var profiles: [String: ColumnProfile] = [:]
    private var blocks: [PredictionBlock] = []
    private let centres: VectorCentres

    public init(centres: VectorCentres) { self.centres = centres }

    public var isEmpty: Bool { rows == 0 }

    /// Takes rows in.
    public mutating func take(_ block: PredictionBlock) {
        guard let first = block.times.min(), let last = block.times.max() else { return }
        from = min(from, first)
        through = max(through, last)
        for column in DataTable(block, centres: centres).columns {
            let profile = ColumnProfile(column)
            if profiles[column.name] == nil {
                profiles[column.name] = profile
            } else {
                profiles[column.name]?.merge(profile)
            }
        }
        if rows < ModelReference.tableRowsMax { blocks.append(block) }
        rows += block.count
    }

    /// The first rows.
    public var block: PredictionBlock? { PredictionBlock.joining(blocks) }

    var table: DataTable { block.map { DataTable($0, centres: centres) } ?? DataTable() }

    /// Whether it is time for a look.
    public func isDue(_ policy: WindowPolicy, now: Millis) -> Bool {
        if rows >= policy.rows && through - from >= policy.leastMillis { return true }
        return rows >= policy.rowsMin && now - from >= policy.mostMillis
    }
}
