// From the source to columns. A selector asks the source once, for all that its steps will look at.
// An instant selector takes the last sample within the lookback at each step; a range selector hands
// its series to a window function as they came.

internal import Basics

/// The series that windows slide over.
struct WindowInput {
    var series: [Series]
    var dropsName: [Bool]
    var sight: Sight
    var rangeMillis: Millis
    /// The node, for annotations.
    var span: Span
}

extension Evaluator {
    private func select(
        _ matchers: [Matcher], from: Millis, through: Millis, range: Millis, _ function: String?,
        moments: Moments? = nil
    ) throws(QueryError) -> [Series] {
        var hints = SelectHints()
        hints.function = function
        hints.stepMillis = whole.count > 1 ? whole.stepMillis : 0
        hints.rangeMillis = range
        hints.moments = moments
        hints.samplesMax = budget.remainingSamples
        let start = options.clock.monotonic()
        defer { budget.selectNanoseconds += options.clock.monotonic() - start }
        let found: Selected
        do {
            found = try source.select(matchers, TimeRange(from: from, through: through), hints)
        } catch {
            // The limit is the query's, and so are the words for it.
            if error.isOverLimit { try budget.hold(Int.max) }
            throw .source(error.reason)
        }
        for text in found.infos { remarks.inform(text) }
        for text in found.warnings { remarks.warn(text) }
        try budget.hold(found.series.reduce(0) { $0 + $1.times.count })
        return found.series
    }

    /// An instant selector; with `wantsTimes` the values are the samples' times in seconds.
    func instant(
        _ node: VectorSelector, _ steps: Steps, _ function: String?, wantsTimes: Bool
    ) throws(QueryError) -> Frame {
        let sight = Sight(node.shift, steps)
        let lookback = budget.limits.lookbackMillis
        var frame = Frame(width: steps.count)
        guard steps.count > 0 else { return frame }
        let series = try select(
            node.matchers, from: sight.first - lookback + 1, through: sight.last, range: 0,
            function, moments: Moments(first: sight.first, strideMillis: sight.stride))
        try budget.hold(rows: series.count, width: steps.count)
        frame.reserve(series.count)
        var row = [Double](repeating: absent, count: steps.count)
        for one in series {
            try budget.tick()
            if lookUp(one, sight, lookback, wantsTimes, into: &row) {
                frame.append(one.labels, row)
            }
        }
        return frame
    }

    /// Fills a row; returns false when no step found a sample.
    private func lookUp(
        _ series: Series, _ sight: Sight, _ lookback: Millis, _ wantsTimes: Bool,
        into row: inout [Double]
    ) -> Bool {
        var found = 0
        defer { budget.samplesRead += found }
        series.times.withUnsafeBufferPointer { times in
            series.values.withUnsafeBufferPointer { values in
                row.withUnsafeMutableBufferPointer { row in
                    var next = 0
                    for step in 0..<row.count {
                        let moment = sight.time(step)
                        while next < times.count && times[next] <= moment { next += 1 }
                        guard next > 0, times[next - 1] > moment - lookback,
                            !isAbsent(values[next - 1])
                        else {
                            row[step] = absent
                            continue
                        }
                        row[step] = wantsTimes ? Double(times[next - 1]) / 1000 : values[next - 1]
                        found += 1
                    }
                }
            }
        }
        return found > 0
    }

    /// The series below a range selector or a subquery, without stale markers.
    func windows(
        _ node: Expression, _ steps: Steps, _ function: String?
    ) throws(QueryError) -> WindowInput {
        switch node.unparenthesized {
        case .range(let range): return try windows(range, steps, function)
        case .subquery(let subquery): return try windows(subquery, steps)
        default: throw .execution("internal: not a range vector")
        }
    }

    private func windows(
        _ node: RangeSelector, _ steps: Steps, _ function: String?
    ) throws(QueryError) -> WindowInput {
        let start = options.clock.monotonic()
        let sight = Sight(node.vector.shift, steps)
        var series = try select(
            node.vector.matchers, from: sight.first - node.rangeMillis + 1, through: sight.last,
            range: node.rangeMillis, function)
        for index in series.indices {
            try budget.tick()
            guard series[index].values.contains(where: isAbsent) else { continue }
            let kept = series[index].values.indices.filter { !isAbsent(series[index].values[$0]) }
            series[index] = Series(
                labels: series[index].labels, times: kept.map { series[index].times[$0] },
                values: kept.map { series[index].values[$0] })
        }
        trace?.note(
            Expression.range(node).description, series: series.count,
            samples: series.reduce(0) { $0 + $1.times.count }, since: start)
        return WindowInput(
            series: series, dropsName: Array(repeating: false, count: series.count), sight: sight,
            rangeMillis: node.rangeMillis, span: node.span)
    }

    /// A subquery is evaluated once, at all the moments that any outer step looks at.
    ///
    /// They are multiples of its step, so that they stay where they are when the outer step moves.
    private func windows(_ node: Subquery, _ steps: Steps) throws(QueryError) -> WindowInput {
        let sight = Sight(node.shift, steps)
        let step = node.stepMillis ?? options.subqueryStepMillis
        let before = sight.first - node.rangeMillis
        let from = (before.flooredDivision(by: step) + 1) * step
        let through = sight.last
        var input = WindowInput(
            series: [], dropsName: [], sight: sight, rangeMillis: node.rangeMillis, span: node.span)
        guard through >= from else { return input }
        guard (through - from) / step < Millis(budget.limits.samplesMax) else {
            try budget.hold(Int.max)
            return input
        }
        let inner = Steps(from: from, through: through, stepMillis: step)
        let frame = try vector(node.expression, inner)
        try budget.hold(frame.values.count)
        for row in 0..<frame.rows {
            try budget.tick()
            var series = Series(labels: frame.labels[row])
            series.times.reserveCapacity(inner.count)
            series.values.reserveCapacity(inner.count)
            for step in 0..<inner.count {
                let value = frame[row, step]
                if isAbsent(value) { continue }
                series.times.append(inner.time(step))
                series.values.append(value)
            }
            if series.times.isEmpty { continue }
            input.series.append(series)
            input.dropsName.append(frame.dropsName[row])
        }
        return input
    }
}
