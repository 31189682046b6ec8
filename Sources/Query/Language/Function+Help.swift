// What a text field says about a function: its signature and one sentence.

extension Function {
    /// The signature as people read it: `rate(v range vector) instant vector`.
    public var signatureText: String {
        var parts: [String] = []
        let signature = self.signature
        for (index, type) in signature.arguments.enumerated() {
            let isLast = index == signature.arguments.count - 1
            parts.append(isLast && signature.variadic != 0 ? "[\(type.rawValue)]" : type.rawValue)
        }
        if signature.variadic < 0 { parts.append("…") }
        return "\(rawValue)(\(parts.joined(separator: ", "))) \(signature.result.rawValue)"
    }

    /// One sentence on what it does.
    public var help: String {
        switch self {
        case .abs: "The absolute value of each sample."
        case .absent: "1 when the vector has no element, nothing otherwise."
        case .absentOverTime: "1 when the range has no sample, nothing otherwise."
        case .acos, .acosh, .asin, .asinh, .atan, .atanh, .cos, .cosh, .sin, .sinh, .tan, .tanh:
            "\(rawValue) of each sample, in radians."
        case .avgOverTime: "The mean of the samples in the range."
        case .ceil: "Each sample rounded up to a whole number."
        case .changes: "How often the value changed within the range."
        case .clamp: "Each sample limited to a minimum and a maximum."
        case .clampMax: "Each sample limited to a maximum."
        case .clampMin: "Each sample limited to a minimum."
        case .countOverTime: "The number of samples in the range."
        case .dayOfMonth: "The day of the month (1 to 31, UTC) of a time in seconds."
        case .dayOfWeek: "The day of the week (0 is Sunday, UTC) of a time in seconds."
        case .dayOfYear: "The day of the year (1 to 366, UTC) of a time in seconds."
        case .daysInMonth: "The number of days of a time's month."
        case .deg: "Radians to degrees."
        case .delta: "The difference between the ends of the range; for gauges."
        case .deriv: "The slope per second, by linear regression; for gauges."
        case .doubleExponentialSmoothing: "The smoothed value, with smoothing and trend factors."
        case .end: "The end of the query's range in seconds."
        case .exp: "e to the power of each sample."
        case .firstOverTime: "The oldest sample in the range."
        case .floor: "Each sample rounded down to a whole number."
        case .histogramAvg: "The mean of a native histogram's observations."
        case .histogramCount: "The number of a native histogram's observations."
        case .histogramFraction: "The share of observations between two bounds."
        case .histogramQuantile: "The quantile of a histogram's observations."
        case .histogramStddev: "The estimated standard deviation of a native histogram."
        case .histogramStdvar: "The estimated variance of a native histogram."
        case .histogramSum: "The sum of a native histogram's observations."
        case .hour: "The hour (0 to 23, UTC) of a time in seconds."
        case .idelta: "The difference between the last two samples."
        case .increase: "How much a counter grew within the range."
        case .info: "The series with the labels of their info metrics."
        case .irate: "A counter's growth per second between the last two samples."
        case .labelJoin: "A label made of the values of others with a separator."
        case .labelReplace: "A label made of what a regular expression finds in another."
        case .lastOverTime: "The newest sample in the range."
        case .ln: "The natural logarithm."
        case .log10: "The logarithm to base 10."
        case .log2: "The logarithm to base 2."
        case .madOverTime: "The median distance from the median."
        case .maxOf: "The larger of two numbers."
        case .maxOverTime: "The largest sample in the range."
        case .minOf: "The smaller of two numbers."
        case .minOverTime: "The smallest sample in the range."
        case .minute: "The minute (0 to 59) of a time in seconds."
        case .month: "The month (1 to 12, UTC) of a time in seconds."
        case .pi: "π."
        case .predictLinear: "The value so many seconds from now, by linear regression."
        case .presentOverTime: "1 for each series with a sample in the range."
        case .quantileOverTime: "The quantile of the samples in the range."
        case .rad: "Degrees to radians."
        case .range: "The length of the query's range in seconds."
        case .rate: "A counter's growth per second over the range; resets are accounted for."
        case .resets: "How often a counter fell within the range."
        case .round: "Each sample rounded to the nearest multiple."
        case .scalar: "The value of a vector with one element, else NaN."
        case .sgn: "The sign of each sample: 1, 0 or -1."
        case .sort: "Elements by value, smallest first."
        case .sortByLabel: "Elements by the values of labels."
        case .sortByLabelDesc: "Elements by the values of labels, last first."
        case .sortDesc: "Elements by value, largest first."
        case .sqrt: "The square root."
        case .start: "The start of the query's range in seconds."
        case .stddevOverTime: "The standard deviation of the samples in the range."
        case .stdvarOverTime: "The variance of the samples in the range."
        case .step: "The query's step in seconds."
        case .sumOverTime: "The sum of the samples in the range."
        case .time: "The evaluation time in seconds."
        case .timestamp: "When each sample was taken, in seconds."
        case .tsOfFirstOverTime: "When the oldest sample in the range was taken."
        case .tsOfLastOverTime: "When the newest sample in the range was taken."
        case .tsOfMaxOverTime: "When the largest sample in the range was last taken."
        case .tsOfMinOverTime: "When the smallest sample in the range was last taken."
        case .vector: "A number as a vector without labels."
        case .year: "The year (UTC) of a time in seconds."
        }
    }
}

extension AggregationOperator {
    /// The form as people read it.
    public var signatureText: String {
        switch self {
        case .countValues: "\(rawValue)(label string, instant vector) instant vector"
        case _ where takesParameter: "\(rawValue)(scalar, instant vector) instant vector"
        default: "\(rawValue)(instant vector) instant vector"
        }
    }

    /// One sentence on what it does.
    public var help: String {
        switch self {
        case .sum: "The sum of the elements of each group."
        case .avg: "The mean of the elements of each group."
        case .count: "The number of elements of each group."
        case .min: "The smallest element of each group."
        case .max: "The largest element of each group."
        case .group: "1 for each group."
        case .stddev: "The standard deviation of each group."
        case .stdvar: "The variance of each group."
        case .topk: "The k largest elements of each group."
        case .bottomk: "The k smallest elements of each group."
        case .quantile: "The quantile of each group."
        case .countValues: "How many elements have each value; the value becomes a label."
        case .limitk: "Any k elements of each group."
        case .limitRatio: "A share of the elements, chosen by their labels."
        }
    }

    /// Behind `--enable-feature=promql-experimental-functions`.
    public var needsFeature: Bool { isExperimental }
}
