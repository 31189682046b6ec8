// The small pictures of a report: two histograms over each other as inline SVG, a path each, so that a
// hundred of them stay within some tens of kilobytes.

internal import Algebra
internal import Basics

/// Histograms of reference and current as SVG.
enum ReportShapes {
    private static let width = 132.0
    private static let height = 34.0
    private static let bins = 22

    /// Numbers between the 0.5 and 99.5 % points of both, so that one outlier does not hide all.
    static func histogram(_ reference: [Double], _ current: [Double], label: String) -> String {
        let a = sortedAscending(reference.filter(\.isFinite))
        let b = sortedAscending(current.filter(\.isFinite))
        if a.isEmpty || b.isEmpty { return "" }
        let low = min(quantile(a, 0.005), quantile(b, 0.005))
        let high = max(quantile(a, 0.995), quantile(b, 0.995))
        func shares(_ values: [Double]) -> [Double] {
            var counts = [Double](repeating: 0, count: bins)
            for value in values where value >= low && value <= high {
                let place = high > low ? (value - low) / (high - low) * Double(bins) : 0
                counts[min(Int(place), bins - 1)] += 1 / Double(values.count)
            }
            return counts
        }
        return bars(shares(a), shares(b), label: label)
    }

    /// Shares of categories, at most as many as are told apart at this width.
    static func categories(_ drift: CategoricalDrift, label: String) -> String {
        let order = drift.categories.indices.sorted {
            drift.referenceCounts[$0] + drift.currentCounts[$0]
                > drift.referenceCounts[$1] + drift.currentCounts[$1]
        }.prefix(bins)
        func shares(_ counts: [Int]) -> [Double] {
            let total = Double(max(counts.reduce(0, +), 1))
            return order.map { Double(counts[$0]) / total }
        }
        return bars(shares(drift.referenceCounts), shares(drift.currentCounts), label: label)
    }

    /// The reference as an area, the current sample as an outline: both can be read where they overlap.
    private static func bars(_ reference: [Double], _ current: [Double], label: String) -> String {
        let highest = max((reference + current).max() ?? 0, 1e-12)
        let step = width / Double(max(reference.count, 1))
        func top(_ value: Double) -> Double { height - value / highest * (height - 3) }
        var area = "M0 \(tenth(height))"
        var line = "M0 \(tenth(height))"
        for index in reference.indices {
            area += "V\(tenth(top(reference[index])))h\(tenth(step))"
            line += "V\(tenth(top(current[index])))h\(tenth(step))"
        }
        area += "V\(tenth(height))z"
        line += "V\(tenth(height))"
        return
            "<svg viewBox=\"0 0 \(tenth(width)) \(tenth(height))\" role=\"img\" aria-label=\"\(label)\">"
            + "<path class=\"r\" d=\"\(area)\"/><path class=\"c\" d=\"\(line)\"/></svg>"
    }

    static func tenth(_ value: Double) -> String { numberText((value * 10).rounded() / 10, .plain) }
}
