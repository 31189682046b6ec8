// Functions of a range vector. The window of each step is a run of the series' own columns, found by
// two indices that only move forward; nothing is copied. A window is left-open: a sample exactly one
// range back is outside.

internal import Basics

/// A series' columns and where the steps look.
struct Columns {
    let times: UnsafeBufferPointer<Int64>
    let values: UnsafeBufferPointer<Double>
    let sight: Sight
    let rangeMillis: Millis
    let budget: Budget

    /// Samples in windows between two looks at the clock: under 10 ms of any fold but a sort.
    static let samplesBetweenChecks = 250_000

    /// Calls `fold` with the bounds of each step's window that is not empty, and writes what it
    /// returns; the bounds only grow.
    ///
    /// When the query's time is over the rest of the row stays empty,
    /// and the caller finds out from its budget.
    @inline(__always)
    func slide(
        into row: UnsafeMutableBufferPointer<Double>,
        _ fold: (_ low: Int, _ high: Int, _ step: Int) -> Double
    ) {
        var (low, high) = (0, 0)
        var (work, total) = (0, 0)
        defer { budget.samplesRead += total }
        for step in 0..<row.count {
            let end = sight.time(step)
            while high < times.count && times[high] <= end { high += 1 }
            let start = end - rangeMillis
            while low < high && times[low] <= start { low += 1 }
            row[step] = low < high ? fold(low, high, step) : absent
            work += high - low
            total += high - low
            if work > Columns.samplesBetweenChecks {
                work = 0
                guard budget.isOver else { continue }
                for rest in step..<row.count { row[rest] = absent }
                return
            }
        }
    }
}

extension Evaluator {
    /// A function whose last argument (or, for `quantile_over_time`, second) is a range vector.
    func overTime(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let rangeIndex = node.function == .quantileOverTime ? 1 : 0
        let input = try windows(node.arguments[rangeIndex], steps, node.function.rawValue)
        var parameters: [[Double]] = []
        for (index, argument) in node.arguments.enumerated() where index != rangeIndex {
            parameters.append(try scalar(argument, steps))
        }
        if node.function == .absentOverTime { return absentOverTime(node, input, steps) }
        if node.function == .doubleExponentialSmoothing, !input.series.isEmpty {
            try checkSmoothing(parameters)
        }
        var frame = Frame(width: steps.count)
        try budget.hold(rows: input.series.count, width: steps.count)
        frame.reserve(input.series.count)
        var scratch = Scratch(parameters)
        var row = [Double](repeating: absent, count: steps.count)
        for (one, dropsName) in zip(input.series, input.dropsName) {
            try budget.check()
            one.times.withUnsafeBufferPointer { times in
                one.values.withUnsafeBufferPointer { values in
                    row.withUnsafeMutableBufferPointer { row in
                        let columns = Columns(
                            times: times, values: values, sight: input.sight,
                            rangeMillis: input.rangeMillis, budget: budget)
                        columns.apply(node.function, steps, &scratch, into: row)
                    }
                }
            }
            guard row.contains(where: { !isAbsent($0) }) else { continue }
            remark(node, one.labels)
            frame.append(one.labels, row, dropsName: dropsName)
        }
        // A row that was left unfinished must not be taken for an answer.
        try budget.check()
        if node.function == .quantileOverTime && frame.rows > 0 {
            for level in Set(parameters.first ?? []) {
                checkQuantile(level, node.arguments[0].span)
            }
        }
        let keepsName = node.function == .lastOverTime || node.function == .firstOverTime
        return keepsName ? frame : try withoutNames(frame)
    }

    func checkQuantile(_ level: Double, _ span: Span) {
        guard !(level >= 0 && level <= 1) else { return }
        warn("quantile value should be between 0 and 1, got \(numberText(level))", span)
    }

    /// Tells users who take the rate of what does not look like a counter.
    private func remark(_ node: FunctionCall, _ labels: Labels) {
        guard node.function == .rate || node.function == .increase else { return }
        let isNamedCounter = labels.withMetricName { name in
            name.isEmpty
                || ["_total", "_sum", "_count", "_bucket"].contains { suffix in
                    name.count >= suffix.utf8.count
                        && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
                }
        }
        if isNamedCounter { return }
        inform(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
                + quoted(labels.metric), node.arguments[0].span)
    }

    private func absentOverTime(
        _ node: FunctionCall, _ input: WindowInput, _ steps: Steps
    ) -> Frame {
        var isPresent = [Bool](repeating: false, count: steps.count)
        var row = [Double](repeating: absent, count: steps.count)
        for one in input.series {
            one.times.withUnsafeBufferPointer { times in
                one.values.withUnsafeBufferPointer { values in
                    row.withUnsafeMutableBufferPointer { row in
                        let columns = Columns(
                            times: times, values: values, sight: input.sight,
                            rangeMillis: input.rangeMillis, budget: budget)
                        columns.slide(into: row) { _, _, step in
                            isPresent[step] = true
                            return absent
                        }
                    }
                }
            }
        }
        return absenceFrame(node.arguments[0], isPresent)
    }

    private func checkSmoothing(_ parameters: [[Double]]) throws(QueryError) {
        for (name, column) in zip(["smoothing", "trend"], parameters) {
            for factor in column where !(factor > 0 && factor < 1) {
                let bounds = name == "smoothing" ? "0 < sf < 1" : "0 < tf < 1"
                throw .execution(
                    "invalid \(name) factor. Expected: \(bounds), got: \(numberText(factor))")
            }
        }
    }
}

/// What window functions reuse from series to series, and the columns of their scalar arguments.
struct Scratch {
    let parameters: [[Double]]
    var sorted: [Double] = []
    var marks: [Int] = []
    var counts: [Int32] = []

    init(_ parameters: [[Double]]) { self.parameters = parameters }
}

extension Columns {
    /// Fills a row with a function of each window.
    func apply(
        _ function: Function, _ steps: Steps, _ scratch: inout Scratch,
        into row: UnsafeMutableBufferPointer<Double>
    ) {
        switch function {
        case .rate: extrapolated(isCounter: true, isRate: true, &scratch, into: row)
        case .increase: extrapolated(isCounter: true, isRate: false, &scratch, into: row)
        case .delta: extrapolated(isCounter: false, isRate: false, &scratch, into: row)
        case .irate: instantaneous(isRate: true, into: row)
        case .idelta: instantaneous(isRate: false, into: row)
        case .changes: transitions(&scratch, into: row) { $0 != $1 && !($0.isNaN && $1.isNaN) }
        case .resets: transitions(&scratch, into: row) { $1 < $0 }
        case .countOverTime: slide(into: row) { low, high, _ in Double(high - low) }
        case .presentOverTime: slide(into: row) { _, _, _ in 1 }
        case .lastOverTime: slide(into: row) { _, high, _ in values[high - 1] }
        case .firstOverTime: slide(into: row) { low, _, _ in values[low] }
        case .tsOfLastOverTime: slide(into: row) { _, high, _ in Double(times[high - 1]) / 1000 }
        case .tsOfFirstOverTime: slide(into: row) { low, _, _ in Double(times[low]) / 1000 }
        case .sumOverTime: slide(into: row) { low, high, _ in sum(low, high) }
        case .avgOverTime: slide(into: row) { low, high, _ in mean(low, high) }
        case .stdvarOverTime: slide(into: row) { low, high, _ in variance(low, high) }
        case .stddevOverTime: slide(into: row) { low, high, _ in variance(low, high).squareRoot() }
        case .minOverTime: extremes(isMax: false, wantsTimes: false, &scratch, into: row)
        case .maxOverTime: extremes(isMax: true, wantsTimes: false, &scratch, into: row)
        case .tsOfMinOverTime: extremes(isMax: false, wantsTimes: true, &scratch, into: row)
        case .tsOfMaxOverTime: extremes(isMax: true, wantsTimes: true, &scratch, into: row)
        case .quantileOverTime:
            let levels = scratch.parameters[0]
            slide(into: row) { low, high, step in
                sort(low, high, &scratch)
                return quantileOfSorted(levels[step], scratch.sorted)
            }
        case .madOverTime: slide(into: row) { low, high, _ in deviation(low, high, &scratch) }
        case .deriv:
            slide(into: row) { low, high, _ in
                high - low < 2 ? absent : line(low, high, through: times[low]).slope
            }
        case .predictLinear:
            let ahead = scratch.parameters[0]
            slide(into: row) { low, high, step in
                guard high - low >= 2 else { return absent }
                let (slope, intercept) = line(low, high, through: steps.time(step))
                return slope * ahead[step] + intercept
            }
        case .doubleExponentialSmoothing:
            let (level, trend) = (scratch.parameters[0], scratch.parameters[1])
            slide(into: row) { low, high, step in smooth(low, high, level[step], trend[step]) }
        default: for step in row.indices { row[step] = absent }
        }
    }
}
