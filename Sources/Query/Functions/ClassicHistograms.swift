// `histogram_quantile` and `histogram_fraction` over classic histograms: series that differ only in
// `le`. Buckets are grouped and sorted once; at each step their counts are read, made monotonic, and
// interpolated linearly, after Prometheus' quantile.go.

internal import Basics
internal import Glibc

/// A cumulative bucket: how many observations were at most `bound`.
struct Bucket {
    var bound: Double
    var count: Double
}

private struct BucketRows {
    var labels: Labels
    var dropsName: Bool
    var rows: [(bound: Double, row: Int)] = []
}

extension Evaluator {
    func classicHistogram(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let isQuantile = node.function == .histogramQuantile
        var parameters: [[Double]] = []
        for argument in node.arguments.dropLast() { parameters.append(try scalar(argument, steps)) }
        let source = node.arguments[node.arguments.count - 1]
        let frame = try vector(source, steps, in: node.function.rawValue)
        if isQuantile {
            for level in Set(parameters[0]) { checkQuantile(level, node.arguments[0].span) }
        }
        var result = Frame(width: steps.count)
        var buckets: [Bucket] = []
        for histogram in histograms(frame, source.span) {
            try budget.tick()
            result.appendEmpty(histogram.labels, dropsName: histogram.dropsName)
            for step in 0..<steps.count {
                buckets.removeAll(keepingCapacity: true)
                for (bound, row) in histogram.rows where !isAbsent(frame[row, step]) {
                    let count = frame[row, step]
                    if let last = buckets.last, last.bound == bound {
                        buckets[buckets.count - 1].count += count
                    } else {
                        buckets.append(Bucket(bound: bound, count: count))
                    }
                }
                if buckets.isEmpty { continue }
                if isQuantile {
                    let (value, wasForced) = bucketQuantile(parameters[0][step], &buckets)
                    result[result.rows - 1, step] = value
                    if wasForced { informOfForcedOrder(histogram.labels, source.span) }
                } else {
                    result[result.rows - 1, step] = bucketFraction(
                        parameters[0][step], parameters[1][step], buckets)
                }
            }
        }
        return try withoutNames(result.compacted())
    }

    private func informOfForcedOrder(_ labels: Labels, _ span: Span) {
        let name = labels.metric
        let page =
            "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"
        inform(
            "input to histogram_quantile needed to be fixed for monotonicity (see \(page))"
                + (name.isEmpty ? "" : " for metric name \(quoted(name))"), span)
    }

    /// Rows grouped by all labels but `le`, each group ascending in its bounds.
    private func histograms(_ frame: Frame, _ span: Span) -> [BucketRows] {
        var grouping = Grouping(.dropping(["le"]))
        var found: [BucketRows] = []
        for row in 0..<frame.rows {
            let text = frame.labels[row]["le"] ?? ""
            guard let bound = boundValue(text) else {
                let name = frame.labels[row].metric
                warn(
                    "bucket label \"le\" is missing or has a malformed value of \(quoted(text))"
                        + (name.isEmpty ? "" : " for metric name \(quoted(name))"), span)
                continue
            }
            let group = grouping.group(of: frame.labels[row])
            if group == found.count {
                found.append(
                    BucketRows(labels: grouping.keys[group], dropsName: frame.dropsName[row]))
            }
            found[group].rows.append((bound, row))
        }
        for index in found.indices { found[index].rows.sort { $0.bound < $1.bound } }
        return found
    }

    private func boundValue(_ text: String) -> Double? {
        var rest = Array(text.utf8)[...]
        guard let first = rest.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        if isNegative || first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let word = rest.map(lowered)
        if word.elementsEqual("inf".utf8) || word.elementsEqual("infinity".utf8) {
            return isNegative ? -.infinity : .infinity
        }
        guard let head = rest.first, isDigit(head) || head == UInt8(ascii: ".") else { return nil }
        return Double(String(decoding: rest, as: UTF8.self)).map { isNegative ? -$0 : $0 }
    }
}

/// The quantile of ascending cumulative buckets, and whether they had to be made monotonic.
func bucketQuantile(_ level: Double, _ buckets: inout [Bucket]) -> (Double, wasForced: Bool) {
    if level.isNaN { return (.nan, false) }
    if level < 0 { return (-.infinity, false) }
    if level > 1 { return (.infinity, false) }
    guard let highest = buckets.last, highest.bound == .infinity else { return (.nan, false) }
    let wasForced = makeMonotonic(&buckets)
    guard buckets.count >= 2 else { return (.nan, wasForced) }
    let observations = buckets[buckets.count - 1].count
    if observations == 0 { return (.nan, wasForced) }
    var rank = level * observations
    let last = buckets.count - 1
    let index = buckets[..<last].firstIndex { $0.count >= rank } ?? last
    if index == last { return (buckets[last - 1].bound, wasForced) }
    if index == 0 && buckets[0].bound <= 0 { return (buckets[0].bound, wasForced) }
    var start = 0.0
    var count = buckets[index].count
    if index > 0 {
        start = buckets[index - 1].bound
        count -= buckets[index - 1].count
        rank -= buckets[index - 1].count
    }
    return (start + (buckets[index].bound - start) * (rank / count), wasForced)
}

/// Counts that fall are raised to the one below; differences that are only rounding are not worth a
/// remark (a relative 1e-12, Prometheus' tolerance).
private func makeMonotonic(_ buckets: inout [Bucket]) -> Bool {
    var wasForced = false
    var before = buckets[0].count
    for index in 1..<Swift.max(1, buckets.count) {
        let count = buckets[index].count
        if count == before { continue }
        if areAlmostEqual(before, count, tolerance: 1e-12) {
            buckets[index].count = before
        } else if count < before {
            buckets[index].count = before
            wasForced = true
        } else {
            before = count
        }
    }
    return wasForced
}

/// The share of observations between two bounds.
func bucketFraction(_ low: Double, _ high: Double, _ buckets: [Bucket]) -> Double {
    guard let highest = buckets.last, highest.bound == .infinity else { return .nan }
    if highest.count == 0 || low.isNaN || high.isNaN { return .nan }
    if low >= high { return 0 }
    func rank(of bound: Double) -> Double {
        if bound == -.infinity { return 0 }
        var below = 0.0
        for (index, bucket) in buckets.enumerated() {
            // The lowest bucket starts at 0 when it ends above, as for quantiles.
            let start = index > 0 ? buckets[index - 1].bound : bucket.bound > 0 ? 0 : -.infinity
            if start >= bound { return below }
            if bucket.bound > bound {
                if start == -.infinity || bucket.bound == .infinity { return below }
                return below + (bucket.count - below) * (bound - start) / (bucket.bound - start)
            }
            below = bucket.count
        }
        return highest.count
    }
    return (Swift.min(rank(of: high), highest.count) - Swift.min(rank(of: low), highest.count))
        / highest.count
}

/// Equality within a relative tolerance, as Prometheus' `almost.Equal`; NaN equals NaN.
func areAlmostEqual(_ left: Double, _ right: Double, tolerance: Double) -> Bool {
    if isAbsent(left) || isAbsent(right) { return isAbsent(left) && isAbsent(right) }
    if left.isNaN && right.isNaN { return true }
    if left == right { return true }
    let sum = left.magnitude + right.magnitude
    let difference = (left - right).magnitude
    let smallest = Double.leastNormalMagnitude
    if left == 0 || right == 0 || sum < smallest { return difference < tolerance * smallest }
    return difference / Swift.min(sum, .greatestFiniteMagnitude) < tolerance
}
