// Many tests in one look: how p-values are adjusted so that a table of 50 columns does not cry wolf.

/// Adjusted p-values, in the order given.
public enum Correction {
    /// Every p-value times their number.
    public static func bonferroni(_ values: [Double]) -> [Double] {
        values.map { min($0 * Double(values.count), 1) }
    }

    /// Holm's step-down: keeps the chance of any false alarm, and is never worse than Bonferroni.
    public static func holm(_ values: [Double]) -> [Double] {
        var adjusted = values
        var highest = 0.0
        for (rank, index) in order(values).enumerated() {
            highest = max(highest, min(values[index] * Double(values.count - rank), 1))
            adjusted[index] = highest
        }
        return adjusted
    }

    /// Holm's procedure with weights that add up to 1: a larger weight is a larger share of the level.
    public static func holm(_ values: [Double], weights: [Double]) -> [Double] {
        var adjusted = values
        var left = weights.reduce(0, +)
        var highest = 0.0
        let ranked = values.indices.sorted { values[$0] / weights[$0] < values[$1] / weights[$1] }
        for index in ranked {
            highest = max(highest, min(values[index] / weights[index] * left, 1))
            adjusted[index] = highest
            left -= weights[index]
        }
        return adjusted
    }

    /// Benjamini and Hochberg: of the alarms of a look, at most the level is expected to be false.
    public static func benjaminiHochberg(_ values: [Double]) -> [Double] {
        stepUp(values, factor: 1)
    }

    /// Benjamini and Yekutieli: the same under any dependence.
    public static func benjaminiYekutieli(_ values: [Double]) -> [Double] {
        stepUp(values, factor: values.indices.reduce(0) { $0 + 1 / Double($1 + 1) })
    }

    private static func stepUp(_ values: [Double], factor: Double) -> [Double] {
        var adjusted = values
        var lowest = 1.0
        for (rank, index) in order(values).enumerated().reversed() {
            let raised = values[index] * Double(values.count) / Double(rank + 1) * factor
            lowest = min(lowest, raised)
            adjusted[index] = lowest
        }
        return adjusted
    }

    private static func order(_ values: [Double]) -> [Int] {
        values.indices.sorted { values[$0] < values[$1] }
    }
}
