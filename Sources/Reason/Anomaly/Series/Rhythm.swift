// How the latest values hang together: the autocorrelation of the last 48 at one step and at two. A new
// frequency, or noise that becomes a wave of the same size, changes neither level nor spread; it changes
// these. The residual is their distance from what they usually are.

internal import Glibc

/// The short autocorrelation of a series and its usual value.
struct Rhythm: Sendable, Equatable {
    static let size = 48
    /// Values are clipped at so many spreads: one spike must not be the whole correlation.
    private static let clip = 2.5

    var values = [Double](repeating: 0, count: size)
    var count = 0
    var one = 0.0
    var two = 0.0
    var seen = 0.0

    /// Takes a deviation from what is usual.
    ///
    /// - Parameters:
    ///   - spread: the standard deviation of the series.
    ///   - least: what counts as rounding.
    ///   - rate: the least share of a new value in what is usual.
    /// - Returns: the distance, once the window is full and something is usual.
    mutating func add(_ deviation: Double, spread: Double, least: Double, rate: Double) -> Double? {
        let limit = Self.clip * spread + least
        values[count % Self.size] = min(limit, max(-limit, deviation))
        count += 1
        if count >= 1 << 20 { count = Self.size + count % Self.size }
        if count < Self.size { return nil }
        let (first, second) = correlations(spread: spread)
        var distance: Double?
        if seen > 0 {
            let (a, b) = (first - one, second - two)
            distance = (a * a + b * b).squareRoot()
        }
        seen += 1
        let share = max(1 / seen, rate)
        one += share * (first - one)
        two += share * (second - two)
        return distance
    }

    private func correlations(spread: Double) -> (Double, Double) {
        var mean = 0.0
        for value in values { mean += value }
        mean /= Double(Self.size)
        // A share of the spread keeps a window of equal values from dividing nothing by nothing.
        var sums = (1e-6 * spread * spread * Double(Self.size) + 1e-300, 0.0, 0.0)
        var (before, beforeThat) = (0.0, 0.0)
        for index in 0..<Self.size {
            // The ring's oldest value lies at the place that is written next.
            let value = values[(count + index) % Self.size] - mean
            sums.0 += value * value
            sums.1 += value * before
            sums.2 += value * beforeThat
            (before, beforeThat) = (value, before)
        }
        return (sums.1 / sums.0, sums.2 / sums.0)
    }

    mutating func clear() { count = 0 }
}

extension Rhythm {
    func write(to writer: inout StateWriter) {
        writer.write(values)
        writer.write(Int64(count))
        writer.write([one, two, seen])
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        values = try reader.doubles(values.count)
        count = Int(try reader.integer())
        one = try reader.double()
        two = try reader.double()
        seen = try reader.double()
        if count < 0 { throw ModelStateError("a window of \(count) values") }
    }
}
