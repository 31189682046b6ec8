// Where the work went: finished items by type, with the untyped ones shown as such. It ranks
// nothing.

public import Basics

/// Finished work of one type.
public struct InvestmentShare: Sendable, Equatable {
    /// Empty for items without a type.
    public var type: String
    public var items: Int
    public var points: Double
    /// Share of all finished items.
    public var share: Double
}

extension DeliveryState {
    /// Finished items of a window by type, most first.
    public func investment(
        scope: KPIScope = KPIScope(), window: TimeRange, now: Millis
    ) -> [InvestmentShare] {
        let rows = finishedItems(now) { _, _ in 1 }.rows
            .filter { scope.holds($0) && window.contains($0.at) }
        let groups = Dictionary(grouping: rows) { items[$0.id]?.type.lowercased() ?? "" }
        return groups.map { type, rows in
            InvestmentShare(
                type: type, items: rows.count,
                points: rows.reduce(0) { $0 + (items[$1.id]?.estimate(at: $1.at) ?? 0) },
                share: Double(rows.count) / Double(groups.values.reduce(0) { $0 + $1.count }))
        }.sorted { ($1.items, $0.type) < ($0.items, $1.type) }
    }
}
