// What a node yields. A vector over many steps is a table: a row a series, a column a step, all
// numbers in one run of memory, so that an operator is one loop over doubles. A cell without a value
// holds the stale marker: no operator can produce it, and no selector lets it through.
//
// A native histogram would be a second table beside `values`, with the same rows and columns; until
// then a cell is a float or nothing.

internal import Basics

/// Marks a cell of a ``Frame`` that has no value.
let absent = Stale.marker

@inline(__always)
func isAbsent(_ value: Double) -> Bool { value.bitPattern == Stale.bits }

/// An instant vector at every step.
struct Frame {
    /// A row's labels.
    var labels: [Labels] = []
    /// True when a row's name goes at the end of the query (delayed name removal).
    var dropsName: [Bool] = []
    /// Row after row, `width` cells each.
    var values: [Double] = []
    /// The number of steps.
    let width: Int

    init(width: Int) { self.width = width }

    var rows: Int { labels.count }

    mutating func reserve(_ rows: Int) {
        labels.reserveCapacity(rows)
        dropsName.reserveCapacity(rows)
        values.reserveCapacity(rows * width)
    }

    mutating func append(_ labels: Labels, _ row: some Sequence<Double>, dropsName: Bool = false) {
        self.labels.append(labels)
        self.dropsName.append(dropsName)
        values.append(contentsOf: row)
    }

    /// Adds a row without values.
    mutating func appendEmpty(_ labels: Labels, dropsName: Bool = false) {
        append(labels, repeatElement(absent, count: width), dropsName: dropsName)
    }

    func cells(_ row: Int) -> Range<Int> { row * width..<(row + 1) * width }

    subscript(row: Int, step: Int) -> Double {
        get { values[row * width + step] }
        set { values[row * width + step] = newValue }
    }

    func hasValues(_ row: Int) -> Bool { values[cells(row)].contains { !isAbsent($0) } }

    /// The rows in another order, or some of them.
    func picking(_ order: [Int]) -> Frame {
        var result = Frame(width: width)
        result.reserve(order.count)
        for row in order {
            result.append(labels[row], values[cells(row)], dropsName: dropsName[row])
        }
        return result
    }

    /// The frame without the rows that have no value at any step.
    func compacted() -> Frame {
        let kept = (0..<rows).filter(hasValues)
        return kept.count == rows ? self : picking(kept)
    }

    /// Replaces every value, leaving the gaps.
    @inline(__always)
    mutating func mapValues(_ change: (Double) -> Double) {
        values.withUnsafeMutableBufferPointer { cells in
            for index in cells.indices where !isAbsent(cells[index]) {
                cells[index] = change(cells[index])
            }
        }
    }

    /// Spreads a frame of one step over many.
    func spread(over width: Int) -> Frame {
        var result = Frame(width: width)
        result.reserve(rows)
        for row in 0..<rows {
            result.append(
                labels[row], repeatElement(values[row], count: width), dropsName: dropsName[row])
        }
        return result
    }

    /// What makes two rows one series: their labels, and whether the name among them will go.
    private struct Identity: Hashable {
        var labels: Labels
        var dropsName: Bool
    }

    private func identity(_ row: Int) -> Identity {
        Identity(labels: labels[row], dropsName: dropsName[row])
    }

    /// Joins rows of equal labels, which series may become when labels are taken away.
    ///
    /// - Throws: when two of them have a value at the same step.
    func merged() throws(QueryError) -> Frame {
        var seen: [Identity: Int] = [:]
        seen.reserveCapacity(rows)
        var isDoubled = false
        for row in 0..<rows {
            if seen.updateValue(row, forKey: identity(row)) != nil {
                isDoubled = true
                break
            }
        }
        guard isDoubled else { return self }
        var result = Frame(width: width)
        seen.removeAll(keepingCapacity: true)
        for row in 0..<rows {
            guard let first = seen[identity(row)] else {
                seen[identity(row)] = result.rows
                result.append(labels[row], values[cells(row)], dropsName: dropsName[row])
                continue
            }
            for step in 0..<width {
                let value = self[row, step]
                if isAbsent(value) { continue }
                guard isAbsent(result[first, step]) else {
                    throw .execution("vector cannot contain metrics with the same labelset")
                }
                result[first, step] = value
            }
        }
        return result
    }
}

/// What a node yields over all steps.
enum StepValue {
    /// A number a step.
    case scalar([Double])
    case string([UInt8])
    case vector(Frame)

    /// What the limit on samples counts.
    var cells: Int {
        switch self {
        case .scalar(let column): column.count
        case .string: 0
        case .vector(let frame): frame.values.count
        }
    }
}
