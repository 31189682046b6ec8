// The functions and their signatures; evaluation switches over the same list, so that the compiler
// finds a function that the parser knows and the evaluator does not.

/// A function of PromQL; the raw value is its name.
public enum Function: String, Sendable, CaseIterable {
    case abs, absent, acos, acosh, asin, asinh, atan, atanh, ceil, changes, clamp, cos, cosh, deg,
        delta
    case deriv, end, exp, floor, hour, idelta, increase, info, irate, ln, log10, log2, minute,
        month, pi
    case rad, range, rate, resets, round, scalar, sgn, sin, sinh, sort, sqrt, start, step, tan,
        tanh, time
    case timestamp, vector, year
    case absentOverTime = "absent_over_time"
    case avgOverTime = "avg_over_time"
    case clampMax = "clamp_max"
    case clampMin = "clamp_min"
    case countOverTime = "count_over_time"
    case dayOfMonth = "day_of_month"
    case dayOfWeek = "day_of_week"
    case dayOfYear = "day_of_year"
    case daysInMonth = "days_in_month"
    case doubleExponentialSmoothing = "double_exponential_smoothing"
    case firstOverTime = "first_over_time"
    case histogramAvg = "histogram_avg"
    case histogramCount = "histogram_count"
    case histogramFraction = "histogram_fraction"
    case histogramQuantile = "histogram_quantile"
    case histogramStddev = "histogram_stddev"
    case histogramStdvar = "histogram_stdvar"
    case histogramSum = "histogram_sum"
    case labelJoin = "label_join"
    case labelReplace = "label_replace"
    case lastOverTime = "last_over_time"
    case madOverTime = "mad_over_time"
    case maxOf = "max_of"
    case maxOverTime = "max_over_time"
    case minOf = "min_of"
    case minOverTime = "min_over_time"
    case predictLinear = "predict_linear"
    case presentOverTime = "present_over_time"
    case quantileOverTime = "quantile_over_time"
    case sortByLabel = "sort_by_label"
    case sortByLabelDesc = "sort_by_label_desc"
    case sortDesc = "sort_desc"
    case stddevOverTime = "stddev_over_time"
    case stdvarOverTime = "stdvar_over_time"
    case sumOverTime = "sum_over_time"
    case tsOfFirstOverTime = "ts_of_first_over_time"
    case tsOfLastOverTime = "ts_of_last_over_time"
    case tsOfMaxOverTime = "ts_of_max_over_time"
    case tsOfMinOverTime = "ts_of_min_over_time"
}

/// What a function takes and yields.
public struct Signature: Sendable {
    public var arguments: [ValueType]
    /// How often the last argument may be repeated or left out: 0 exactly once, n from none to n
    /// times, -1 any number of times.
    public var variadic: Int
    public var result: ValueType

    init(_ arguments: [ValueType], variadic: Int = 0, _ result: ValueType = .vector) {
        self.arguments = arguments
        self.variadic = variadic
        self.result = result
    }
}

extension Function {
    public var signature: Signature {
        switch self {
        case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg,
            .exp,
            .floor, .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar,
            .histogramSum,
            .ln, .log10, .log2, .rad, .sgn, .sin, .sinh, .sort, .sortDesc, .sqrt, .tan, .tanh,
            .timestamp:
            Signature([.vector])
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv,
            .firstOverTime,
            .idelta, .increase, .irate, .lastOverTime, .madOverTime, .maxOverTime, .minOverTime,
            .presentOverTime, .rate, .resets, .stddevOverTime, .stdvarOverTime, .sumOverTime,
            .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            Signature([.matrix])
        case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
            Signature([.vector], variadic: 1)
        case .clamp: Signature([.vector, .scalar, .scalar])
        case .clampMax, .clampMin: Signature([.vector, .scalar])
        case .doubleExponentialSmoothing: Signature([.matrix, .scalar, .scalar])
        case .end, .pi, .range, .start, .step, .time: Signature([], .scalar)
        case .histogramFraction: Signature([.scalar, .scalar, .vector])
        case .histogramQuantile: Signature([.scalar, .vector])
        case .info: Signature([.vector, .vector], variadic: 1)
        case .labelJoin: Signature([.vector, .string, .string, .string], variadic: -1)
        case .labelReplace: Signature([.vector, .string, .string, .string, .string])
        case .maxOf, .minOf: Signature([.scalar, .scalar], .scalar)
        case .predictLinear: Signature([.matrix, .scalar])
        case .quantileOverTime: Signature([.scalar, .matrix])
        case .round: Signature([.vector, .scalar], variadic: 1)
        case .scalar: Signature([.vector], .scalar)
        case .sortByLabel, .sortByLabelDesc: Signature([.vector, .string], variadic: -1)
        case .vector: Signature([.scalar])
        }
    }

    /// True for functions that only `experimentalFunctions` allows.
    public var isExperimental: Bool {
        switch self {
        case .doubleExponentialSmoothing, .end, .info, .madOverTime, .maxOf, .minOf, .range,
            .sortByLabel,
            .sortByLabelDesc, .start, .step, .tsOfFirstOverTime, .tsOfLastOverTime,
            .tsOfMaxOverTime,
            .tsOfMinOverTime:
            true
        default: false
        }
    }

    /// True when the answer depends on the evaluation time even if the arguments do not.
    var dependsOnTime: Bool {
        switch self {
        case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .info, .minute, .month,
            .predictLinear, .time, .timestamp, .year:
            true
        default: false
        }
    }
}
