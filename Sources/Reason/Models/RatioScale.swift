// How common a value is now against the reference: the two tiny histograms that the page shows, divided
// bin by bin. Half a row is added to each bin, so that a new value is telling and not infinitely so.

internal import Algebra

/// The ratio of two histograms over the same bins.
struct RatioScale {
    /// The place of a missing value, and of one that no bin knows.
    private static let missing = -1
    private static let unknown = -2

    private var edges: [Double] = []
    private var places: [String: Int] = [:]
    private var ratios: [Double] = []
    private var missingRatio = 1.0
    private var unknownRatio = 1.0
    private var range: ClosedRange<Double>?
    private var known: Set<String> = []

    /// An empty scale, which has no ratio for anything, when a side has no profile.
    init(reference: ColumnProfile?, current: ColumnProfile?) {
        guard let reference, let current, let shape = current.histogram(beside: reference),
            reference.count > 0, current.count > 0
        else { return }
        let (then, now) = (Double(reference.count), Double(current.count))
        func ratio(_ current: Double, _ reference: Double) -> Double {
            ((current * now + 0.5) / (now + 1)) / ((reference * then + 0.5) / (then + 1))
        }
        ratios = zip(shape.current, shape.reference).map { ratio($0, $1) }
        missingRatio = ratio(current.missingShare, reference.missingShare)
        if let sketch = reference.sketch, shape.isNumeric {
            // The edges are had again as numbers: those of the picture are rounded for reading.
            edges = ColumnProfile.edges(sketch)
            range = reference.range
        } else {
            for (place, name) in shape.bins.enumerated() { places[name] = place }
            known = Set(reference.categories.keys)
            let rest = (1 - shape.current.reduce(0, +), 1 - shape.reference.reduce(0, +))
            unknownRatio = ratio(max(rest.0, 0), max(rest.1, 0))
        }
    }

    /// The bin of a row's value; negative outside all bins.
    func place(_ column: DataColumn, _ row: Int) -> Int {
        if let value = column.numbers?[row] {
            if value.isNaN || edges.isEmpty { return RatioScale.missing }
            return edges.firstIndex { value <= $0 } ?? edges.count
        }
        guard let text = column.text(row) else { return RatioScale.missing }
        return places[text] ?? RatioScale.unknown
    }

    /// How many times as common the row's value is now; nil without histogram.
    func ratio(_ column: DataColumn, _ row: Int) -> Double? {
        if ratios.isEmpty { return nil }
        switch place(column, row) {
        case RatioScale.missing: return missingRatio
        case RatioScale.unknown: return unknownRatio
        case let place: return place < ratios.count ? ratios[place] : nil
        }
    }

    /// Whether the reference has nothing like the value: missing where nothing was missing much, out of
    /// the range, or a new category.
    func isOdd(_ column: DataColumn, _ row: Int) -> Bool {
        if ratios.isEmpty { return false }
        if let value = column.numbers?[row] {
            if value.isNaN { return missingRatio > 2 }
            return range.map { !$0.contains(value) } ?? false
        }
        guard let text = column.text(row) else { return missingRatio > 2 }
        return !known.contains(text)
    }
}
