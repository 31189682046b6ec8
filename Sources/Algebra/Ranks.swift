// Ranks, quantiles and moments of a sample. Moments are shifted by the first value, so that a big
// offset does not swallow the spread.

internal import Glibc

/// Mid-ranks from 1 on: equal values share the mean of their ranks.
public func midRanks(_ values: [Double]) -> [Double] {
    let order = ascendingOrder(values)
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count && values[order[end]] == values[order[start]] { end += 1 }
        let rank = 0.5 * Double(start + 1 + end)
        for index in start..<end { ranks[order[index]] = rank }
        start = end
    }
    return ranks
}

/// A quantile of values in ascending order by linear interpolation (type 7, as numpy and R do); NaN
/// when there are none.
public func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let place = share * Double(sorted.count - 1)
    let index = Int(place.rounded(.down))
    if index >= sorted.count - 1 { return last }
    let weight = place - Double(index)
    let step = sorted[index + 1] - sorted[index]
    return weight >= 0.5
        ? sorted[index + 1] - step * (1 - weight) : sorted[index] + step * weight
}

/// Mean and spread of a sample.
public struct Moments: Sendable, Equatable {
    public let count: Int
    public let mean: Double
    /// The sum of squared distances from the mean, in units of the largest distance.
    private let squares: Double

    public init(_ values: [Double]) {
        count = values.count
        guard let first = values.first else {
            mean = .nan
            squares = 0
            return
        }
        var scale = 0.0
        var sum = 0.0
        for value in values {
            let shifted = value - first
            sum += shifted
            scale = max(scale, abs(shifted))
        }
        let offset = sum / Double(values.count)
        mean = first + offset
        // Divided by the largest distance before squaring, so that neither 1e-200 nor 1e200 is lost.
        let unit = scale > 0 ? scale : 1
        var total = 0.0
        for value in values {
            let distance = (value - first - offset) / unit
            total += distance * distance
        }
        squares = total
        self.unit = unit
    }

    private var unit = 1.0

    /// The standard deviation; `ddof` 0 divides by n, 1 by n − 1.
    public func deviation(ddof: Int = 0) -> Double {
        let divisor = Double(count - ddof)
        return divisor > 0 ? unit * (squares / divisor).squareRoot() : .nan
    }

    /// The variance; `ddof` as in `deviation`.
    public func variance(ddof: Int = 0) -> Double {
        let spread = deviation(ddof: ddof)
        return spread * spread
    }
}

/// Pearson's correlation; NaN when either side is constant.
public func correlation(_ first: [Double], _ second: [Double]) -> Double {
    let a = Moments(first)
    let b = Moments(second)
    let spreadA = a.deviation()
    let spreadB = b.deviation()
    var sum = 0.0
    for (x, y) in zip(first, second) {
        sum += (x - a.mean) / spreadA * ((y - b.mean) / spreadB)
    }
    return sum / Double(first.count)
}
