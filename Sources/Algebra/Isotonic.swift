// Isotonic regression by pooling adjacent violators, and the step-free curve through the pooled values:
// between two thresholds it interpolates, beyond the ends it stays level.

/// A non-decreasing curve fitted to pairs of score and outcome.
public struct Isotonic: Sendable, Equatable {
    /// Ascending scores and the fitted value at each.
    public let scores: [Double]
    public let fitted: [Double]

    public init(scores: [Double], outcomes: [Double]) {
        precondition(scores.count == outcomes.count, "a score an outcome")
        let order = ascendingOrder(scores)
        self.init(
            sortedScores: order.map { scores[$0] }, outcomes: order.map { outcomes[$0] })
    }

    /// Takes scores that are ascending already, with their outcomes.
    public init(sortedScores raw: [Double], outcomes: [Double]) {
        var places: [Double] = []
        var means: [Double] = []
        var weights: [Double] = []
        places.reserveCapacity(raw.count)
        means.reserveCapacity(raw.count)
        weights.reserveCapacity(raw.count)
        // Equal scores are one point with their mean.
        var start = 0
        while start < raw.count {
            var end = start
            var sum = 0.0
            while end < raw.count && raw[end] == raw[start] {
                sum += outcomes[end]
                end += 1
            }
            places.append(raw[start])
            means.append(sum / Double(end - start))
            weights.append(Double(end - start))
            start = end
        }
        var levels: [(mean: Double, weight: Double, count: Int)] = []
        levels.reserveCapacity(places.count)
        for index in places.indices {
            var block = (mean: means[index], weight: weights[index], count: 1)
            while let last = levels.last, last.mean >= block.mean {
                let weight = last.weight + block.weight
                block = (
                    (last.mean * last.weight + block.mean * block.weight) / weight, weight,
                    last.count + block.count
                )
                levels.removeLast()
            }
            levels.append(block)
        }
        // Inside a level only its ends matter.
        var keptScores: [Double] = []
        var keptValues: [Double] = []
        var index = 0
        for level in levels {
            keptScores.append(places[index])
            keptValues.append(level.mean)
            if level.count > 1 {
                keptScores.append(places[index + level.count - 1])
                keptValues.append(level.mean)
            }
            index += level.count
        }
        scores = keptScores
        fitted = keptValues
    }

    /// The curve at a score.
    public func callAsFunction(_ score: Double) -> Double {
        guard let first = scores.first, let last = scores.last else { return .nan }
        if score <= first { return fitted[0] }
        if score >= last { return fitted[fitted.count - 1] }
        var low = 0
        var high = scores.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if scores[middle] <= score { low = middle } else { high = middle }
        }
        let share = (score - scores[low]) / (scores[high] - scores[low])
        return fitted[low] + share * (fitted[high] - fitted[low])
    }
}
