// Two vectors, element with element. Series meet when their signatures are equal; the "one" side may
// have one element a signature at any step, and what was found is checked step by step, because series
// come and go.

internal import Basics

extension Evaluator {
    func matched(_ left: Frame, _ right: Frame, _ node: BinaryOperation) throws(QueryError) -> Frame
    {
        let matching = node.matching ?? VectorMatching()
        // From here on "one" is the side with one element a signature.
        let isSwapped = matching.cardinality == .oneToMany
        let (many, one) = isSwapped ? (right, left) : (left, right)
        var grouping = Grouping(signature(matching))
        var oneRows: [[Int]] = []
        for row in 0..<one.rows {
            let group = grouping.group(of: one.labels[row])
            if group == oneRows.count { oneRows.append([]) }
            oneRows[group].append(row)
        }
        try checkOneSide(many, one, oneRows, matching)
        var output = MatchOutput(self, node, matching, groups: oneRows.count, width: left.width)
        for row in 0..<many.rows {
            try budget.tick()
            guard let group = grouping.existingGroup(of: many.labels[row]) else { continue }
            for other in oneRows[group] {
                try output.combine(many, row, one, other, group)
            }
        }
        let frame = output.frame
        try budget.hold(frame.values.count)
        return try frame.compacted().merged()
    }

    /// Two elements of one signature on the one side are an error wherever both sides have elements.
    private func checkOneSide(
        _ many: Frame, _ one: Frame, _ groups: [[Int]], _ matching: VectorMatching
    ) throws(QueryError) {
        let doubled = groups.filter { $0.count > 1 }
        if doubled.isEmpty { return }
        var manyHasAny = [Bool](repeating: false, count: many.width)
        for row in 0..<many.rows {
            for step in 0..<many.width where !isAbsent(many[row, step]) { manyHasAny[step] = true }
        }
        for rows in doubled {
            for step in 0..<one.width where manyHasAny[step] {
                let present = rows.filter { !isAbsent(one[$0, step]) }
                guard present.count > 1 else { continue }
                let side = matching.cardinality == .oneToMany ? "left" : "right"
                let group = signature(matching).labels(one.labels[present[0]])
                throw .execution(
                    "found duplicate series for the match group \(braced(group)) on the \(side)"
                        + " hand-side of the operation: [\(braced(one.labels[present[1]])),"
                        + " \(braced(one.labels[present[0]]))];many-to-many matching not allowed:"
                        + " matching labels must be unique on one side")
            }
        }
    }

    /// Labels as Go prints them, the name among the others.
    private func braced(_ labels: Labels) -> String {
        "{" + labels.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
    }
}

/// The rows that matching makes, and the check that no element is made twice.
private struct MatchOutput {
    private(set) var frame: Frame
    private let evaluator: Evaluator
    private let node: BinaryOperation
    private let matching: VectorMatching
    private let filters: Bool
    private let keepsName: Bool
    private let labelFilter: LabelFilter?
    private let nameFilter: LabelFilter
    private let width: Int
    /// By signature and step: an element was made (one to one).
    private var isMade: [Bool]
    /// By signature and labels: the row of the answer (many to one).
    private var rowOf: [Labels: [Int: Int]] = [:]

    init(
        _ evaluator: Evaluator, _ node: BinaryOperation, _ matching: VectorMatching, groups: Int,
        width: Int
    ) {
        self.evaluator = evaluator
        self.node = node
        self.matching = matching
        self.width = width
        frame = Frame(width: width)
        filters = node.operation.isComparison && !node.returnsBool
        keepsName = node.operation.isComparison
        nameFilter = evaluator.nameFilter
        if matching.cardinality != .oneToOne {
            labelFilter = nil
        } else if matching.isOn {
            labelFilter = .keeping(matching.labels)
        } else {
            labelFilter = matching.labels.isEmpty ? nil : .dropping(matching.labels)
        }
        isMade = Array(
            repeating: false, count: matching.cardinality == .oneToOne ? groups * width : 0)
    }

    /// Combines a row of the many side with one of the one side.
    mutating func combine(
        _ many: Frame, _ row: Int, _ one: Frame, _ other: Int, _ group: Int
    ) throws(QueryError) {
        let operation = node.operation
        let isSwapped = matching.cardinality == .oneToMany
        var target: Int?
        for step in 0..<width {
            let (a, b) = (many[row, step], one[other, step])
            if isAbsent(a) || isAbsent(b) { continue }
            var value = isSwapped ? operation.apply(b, a) : operation.apply(a, b)
            if filters {
                if value == 0 { continue }
                value = isSwapped ? b : a
            }
            let place = target ?? self.row(many, row, one, other, group)
            target = place
            if matching.cardinality == .oneToOne {
                let cell = group * width + step
                if isMade[cell] {
                    throw .execution(
                        "multiple matches for labels: many-to-one matching must be explicit"
                            + " (group_left/group_right)")
                }
                isMade[cell] = true
            } else if !isAbsent(frame[place, step]) {
                throw .execution(
                    "multiple matches for labels: grouping labels must ensure unique matches")
            }
            frame[place, step] = value
        }
    }

    /// The row of the answer for a pair.
    private mutating func row(
        _ many: Frame, _ row: Int, _ one: Frame, _ other: Int, _ group: Int
    ) -> Int {
        var labels = many.labels[row]
        let isDelayed = evaluator.options.delayedNameRemoval
        if !keepsName || node.returnsBool && !isDelayed { labels = nameFilter.labels(labels) }
        if let labelFilter { labels = labelFilter.labels(labels) }
        if !matching.included.isEmpty {
            var builder = LabelsBuilder(labels)
            for name in matching.included { builder.set(name, one.labels[other][name] ?? "") }
            labels = builder.labels()
        }
        if let known = rowOf[labels]?[group] { return known }
        let drops = keepsName && (many.dropsName[row] || isDelayed && node.returnsBool)
        frame.appendEmpty(labels, dropsName: drops)
        rowOf[labels, default: [:]][group] = frame.rows - 1
        return frame.rows - 1
    }
}
