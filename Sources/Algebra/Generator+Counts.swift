// Counts drawn without replacement: how many marked items a handful holds. Permuting the labels of a
// pooled sample with ties is nothing else, a group of equal values at a time, and costs a draw a group
// instead of a swap a row.

internal import Glibc

extension Generator {
    /// How many of `draws` items, taken from `total` of which `marked` are marked, are marked.
    ///
    /// By inversion where fewer than twenty are expected, else by the normal law of the same mean and
    /// variance, rounded: its skewness is below 0.2 there, which no tail of 5 % notices.
    public mutating func hypergeometric(draws: Int, marked: Int, total: Int) -> Int {
        let low = max(0, draws + marked - total)
        let high = min(draws, marked)
        if low >= high { return high }
        if 2 * marked > total {
            return draws - hypergeometric(draws: draws, marked: total - marked, total: total)
        }
        let share = Double(marked) / Double(total)
        let mean = Double(draws) * share
        if mean >= 20 {
            let left = Double(total - draws) / Double(max(total - 1, 1))
            let spread = (mean * (1 - share) * left).squareRoot()
            return min(max(Int((mean + spread * normal()).rounded()), low), high)
        }
        if draws == 1 { return uniform() < share ? 1 : 0 }
        var value = low
        var mass = exp(
            Hypergeometric.logMass(low, draws: draws, marked: marked, total: total))
        var rest = uniform() - mass
        while rest >= 0 && value < high {
            let rise = Double(marked - value) * Double(draws - value)
            let fall = Double(value + 1) * Double(total - marked - draws + value + 1)
            mass *= rise / fall
            value += 1
            rest -= mass
        }
        return value
    }
}
