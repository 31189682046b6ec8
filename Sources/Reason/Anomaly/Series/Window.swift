// The mean of the last few values, from a ring. The sum is taken anew each time: a running sum would
// drift, and the same input must give the same bits whatever was there before a restart.

/// A ring of the latest values.
struct Window: Sendable, Equatable {
    var values: [Double]
    var count = 0

    init(_ size: Int) { values = Array(repeating: 0, count: size) }

    /// Adds a value.
    ///
    /// - Returns: the mean, once the ring is full.
    mutating func add(_ value: Double) -> Double? {
        values[count % values.count] = value
        count += 1
        // Kept small, so that the state has a bounded size; a multiple keeps the ring's place.
        if count >= 1 << 20 { count = values.count + count % values.count }
        if count < values.count { return nil }
        var sum = 0.0
        for value in values { sum += value }
        return sum / Double(values.count)
    }

    mutating func clear() { count = 0 }
}
