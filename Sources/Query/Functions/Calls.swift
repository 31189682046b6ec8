// Which function does what. Each family has a file; here is only the way to it, and the functions
// that turn scalars into vectors and back.

internal import Basics
internal import Glibc

extension Evaluator {
    func call(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> StepValue {
        switch node.function {
        case .time: return .scalar((0..<steps.count).map { Double(steps.time($0)) / 1000 })
        case .pi: return .scalar(Array(repeating: Double.pi, count: steps.count))
        case .start: return .scalar(constant(Double(whole.from) / 1000, steps))
        case .end: return .scalar(constant(Double(whole.through) / 1000, steps))
        case .range: return .scalar(constant(Double(whole.through - whole.from) / 1000, steps))
        case .step: return .scalar(constant(Double(whole.stepMillis) / 1000, steps))
        case .maxOf, .minOf: return .scalar(try extreme(node, steps))
        case .scalar: return .scalar(try scalarOf(node, steps))
        case .vector:
            var frame = Frame(width: steps.count)
            frame.append(.empty, try scalar(node.arguments[0], steps))
            return .vector(frame)
        case .absent: return .vector(try absence(node, steps))
        case .timestamp: return .vector(try timestamps(node, steps))
        case .labelReplace: return .vector(try labelReplace(node, steps))
        case .labelJoin: return .vector(try labelJoin(node, steps))
        case .sort, .sortDesc: return .vector(try sorted(node, steps))
        case .sortByLabel, .sortByLabelDesc: return .vector(try sortedByLabel(node, steps))
        case .histogramQuantile, .histogramFraction:
            return .vector(try classicHistogram(node, steps))
        case .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar, .histogramSum:
            // These read native histograms only, and floats are none.
            _ = try vector(node.arguments[0], steps, in: node.function.rawValue)
            return .vector(Frame(width: steps.count))
        case .info: return .vector(try joiningInfo(node, steps))
        case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
            return .vector(try calendar(node, steps))
        case .clamp, .clampMax, .clampMin: return .vector(try clamped(node, steps))
        case .round: return .vector(try rounded(node, steps))
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv,
            .doubleExponentialSmoothing, .firstOverTime, .idelta, .increase, .irate, .lastOverTime,
            .madOverTime, .maxOverTime, .minOverTime, .predictLinear, .presentOverTime,
            .quantileOverTime, .rate, .resets, .stddevOverTime, .stdvarOverTime, .sumOverTime,
            .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            return .vector(try overTime(node, steps))
        case .abs, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp,
            .floor,
            .ln, .log10, .log2, .rad, .sgn, .sin, .sinh, .sqrt, .tan, .tanh:
            return .vector(try mapped(node, steps))
        }
    }

    private func constant(_ value: Double, _ steps: Steps) -> [Double] {
        Array(repeating: value, count: steps.count)
    }

    private func extreme(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> [Double] {
        let left = try scalar(node.arguments[0], steps)
        let right = try scalar(node.arguments[1], steps)
        let isMax = node.function == .maxOf
        return zip(left, right).map { left, right in
            if left.isNaN || right.isNaN { return .nan }
            return isMax ? Swift.max(left, right) : Swift.min(left, right)
        }
    }

    /// The value of the only element, NaN when there is none or more than one.
    private func scalarOf(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> [Double] {
        let frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        var column = [Double](repeating: .nan, count: steps.count)
        var counts = [Int](repeating: 0, count: steps.count)
        for row in 0..<frame.rows {
            for step in 0..<steps.count where !isAbsent(frame[row, step]) {
                counts[step] += 1
                column[step] = counts[step] == 1 ? frame[row, step] : .nan
            }
        }
        return column
    }

    /// The times of the samples that a selector found; the evaluation time for anything else.
    private func timestamps(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        if case .vector(let selector) = node.arguments[0].unparenthesized {
            return try withoutNames(
                try instant(selector, steps, node.function.rawValue, wantsTimes: true))
        }
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        for row in 0..<frame.rows {
            for step in 0..<steps.count where !isAbsent(frame[row, step]) {
                frame[row, step] = Double(steps.time(step)) / 1000
            }
        }
        return try withoutNames(frame)
    }

    private func absence(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        var isPresent = [Bool](repeating: false, count: steps.count)
        for row in 0..<frame.rows {
            for step in 0..<steps.count where !isAbsent(frame[row, step]) { isPresent[step] = true }
        }
        return absenceFrame(node.arguments[0], isPresent)
    }

    /// 1 where nothing is, under the labels that the argument's selector demands.
    func absenceFrame(_ argument: Expression, _ isPresent: [Bool]) -> Frame {
        var frame = Frame(width: isPresent.count)
        guard isPresent.contains(false) else { return frame }
        let matchers: [Matcher]
        switch argument.unparenthesized {
        case .vector(let node): matchers = node.matchers
        case .range(let node): matchers = node.vector.matchers
        default: matchers = []
        }
        // A label that is tested more than once has no one value that is missing.
        var builder = LabelsBuilder()
        var seen: Set<[UInt8]> = []
        for matcher in matchers where matcher.name != Labels.metricName {
            let isFirst = seen.insert(Array(matcher.name.utf8)).inserted
            builder.set(
                matcher.name, isFirst && matcher.operation == .equal ? matcher.value : "")
        }
        frame.append(builder.labels(), isPresent.map { $0 ? absent : 1 })
        return frame
    }
}
