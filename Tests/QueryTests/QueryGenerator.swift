// Random queries that type-check, over the series of `EvaluationTests`: a, b_total, c_bucket.

import Query

struct QueryGenerator {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func query() -> String { random.chance(85) ? vector(4) : scalar(3) }

    private mutating func number() -> String {
        random.pick(["0", "1", "2.5", "-3", "0.5", "Inf", "NaN", "1m", "0x1f", "10"])
    }

    private mutating func duration() -> String {
        random.pick(["10s", "15s", "30s", "1m", "45", "1m30s", "7s"])
    }

    private mutating func shift() -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: " offset \(duration())"
        case 1: " offset -\(duration())"
        case 2: " @ \(random.pick(["0", "37.5", "60", "-5"]))"
        case 3: " @ \(random.pick(["start()", "end()"]))"
        case 4: " @ 50 offset \(duration())"
        default: ""
        }
    }

    private mutating func selector() -> String {
        let name = random.pick([
            "a", "b_total", "c_bucket", "nothing", "{\"a\"}", "{__name__=~\"a|b.*\"}",
        ])
        if name.hasPrefix("{") { return name }
        return name
            + random.pick([
                "", "", "{x=\"1\"}", "{x!=\"1\"}", "{x=~\"1|2\",y!~\"q\"}", "{le=\"1\"}",
            ])
    }

    private mutating func labels() -> String {
        random.pick(["", "x", "y", "x, y", "le", "__name__"])
    }

    /// An operand of an operator that cares what stands beside it.
    private func enclosed(_ text: String) -> String { "(\(text))" }

    private mutating func scalar(_ depth: Int) -> String {
        if depth <= 0 || random.chance(40) { return random.chance(70) ? number() : "time()" }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return "(\(scalar(depth - 1)))"
        case 1: return "-\(scalar(depth - 1))"
        case 2: return "scalar(\(vector(depth - 1)))"
        case 3:
            if random.chance(70) {
                let operation = random.pick(["+", "-", "*", "/", "%", "^", "atan2"])
                return "\(scalar(depth - 1)) \(operation) \(scalar(depth - 1))"
            }
            let operation = random.pick(["> bool", "== bool"])
            return "\(enclosed(scalar(depth - 1))) \(operation) \(enclosed(scalar(depth - 1)))"
        default: return "pi()"
        }
    }

    private mutating func matrix(_ depth: Int) -> String {
        if depth <= 0 || random.chance(60) { return "\(selector())[\(duration())]\(shift())" }
        let step = random.chance(50) ? random.pick(["5s", "10s", "15s", "20"]) : "25s"
        return "(\(vector(depth - 1)))[\(duration()):\(step)]\(shift())"
    }

    private mutating func vector(_ depth: Int) -> String {
        if depth <= 0 || random.chance(20) { return selector() + shift() }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return overTime(depth)
        case 1: return overTime(depth)
        case 2: return aggregation(depth)
        case 3: return "(\(vector(depth - 1)))"
        case 4:
            var (left, right) = (vector(depth - 1), scalar(depth - 2))
            if random.chance(50) { (left, right) = (right, left) }
            if random.chance(60) {
                return "\(left) \(random.pick(["+", "-", "*", "/", "%", "^", "atan2"])) \(right)"
            }
            let operation = random.pick([">", "<= bool", "==", "!="])
            return "\(enclosed(left)) \(operation) \(enclosed(right))"
        case 5: return binary(depth)
        case 6: return call(depth)
        case 7: return call(depth)
        default: return "-\(vector(depth - 1))"
        }
    }

    private mutating func overTime(_ depth: Int) -> String {
        let range = matrix(depth - 1)
        switch Int.random(in: 0..<14, using: &random) {
        case 0:
            return "quantile_over_time(\(random.pick(["0.5", "0.9", "time() / 100"])), \(range))"
        case 1: return "predict_linear(\(range), \(scalar(depth - 2)))"
        case 2: return "double_exponential_smoothing(\(range), 0.3, 0.6)"
        default:
            let function = random.pick([
                "rate", "increase", "delta", "irate", "idelta", "changes", "resets",
                "avg_over_time",
                "sum_over_time", "min_over_time", "max_over_time", "count_over_time",
                "stddev_over_time",
                "stdvar_over_time", "last_over_time", "first_over_time", "present_over_time",
                "absent_over_time", "deriv", "mad_over_time", "ts_of_max_over_time",
                "ts_of_min_over_time", "ts_of_last_over_time", "ts_of_first_over_time",
            ])
            return "\(function)(\(range))"
        }
    }

    private mutating func aggregation(_ depth: Int) -> String {
        let grouping = random.pick(["", " by (\(labels()))", " without (\(labels()))"])
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "\(random.pick(["topk", "bottomk", "limitk"]))\(grouping) (2, \(inner))"
        case 1: return "quantile\(grouping) (0.4, \(inner))"
        case 2: return "count_values\(grouping) (\"v\", \(inner))"
        default:
            let name = random.pick([
                "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar",
            ])
            return "\(name)\(grouping) (\(inner))"
        }
    }

    private mutating func binary(_ depth: Int) -> String {
        if random.chance(30) {
            return
                "\(vector(depth - 1)) \(random.pick(["+", "-", "*", "/", "^"])) \(vector(depth - 1))"
        }
        let (left, right) = (enclosed(vector(depth - 1)), enclosed(vector(depth - 1)))
        let matching = random.pick(["", " on (x)", " ignoring (le)", " on ()"])
        if random.chance(40) {
            return "\(left) \(random.pick(["and", "or", "unless"]))\(matching) \(right)"
        }
        let grouping =
            matching.isEmpty ? "" : random.pick(["", "", " group_left ()", " group_right (y)"])
        let operation = random.pick(["+", "-", "*", "/", ">", "< bool", "=="])
        return "\(left) \(operation)\(matching)\(grouping) \(right)"
    }

    private mutating func call(_ depth: Int) -> String {
        let inner = vector(depth - 1)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return "vector(\(scalar(depth - 1)))"
        case 1: return "absent(\(inner))"
        case 2: return "timestamp(\(inner))"
        case 3: return "clamp(\(inner), \(scalar(depth - 2)), 20)"
        case 4: return "round(\(inner), \(scalar(depth - 2)))"
        case 5: return "label_replace(\(inner), \"z\", \"$1\", \"x\", \"(.*)\")"
        case 6: return "label_join(\(inner), \"x\", \"-\", \"x\", \"y\")"
        case 7: return "histogram_quantile(0.7, \(inner))"
        case 8: return "histogram_fraction(0, 1.5, \(inner))"
        case 9: return random.pick(["minute()", "hour(\(inner))", "day_of_year(\(inner))"])
        default:
            return
                "\(random.pick(["abs", "ceil", "exp", "ln", "sqrt", "sgn", "sin", "deg"]))(\(inner))"
        }
    }
}
