// The next value from the three before: recursive least squares with forgetting (a memory of about a
// thousand values), on values standardised by the level, so that the filter sees numbers of one size.
// What enters is clipped: one wild value must not teach the filter to expect wild values.

/// An autoregressive filter of order three that learns as it goes.
struct Autoregression: Sendable, Equatable {
    private static let order = 3
    private static let memory = 0.999
    var weights = [Double](repeating: 0, count: order + 1)
    var covariance: [Double]
    /// The latest values, the newest first.
    var past = [Double](repeating: 0, count: order)

    init() {
        covariance = Array(repeating: 0, count: 16)
        for index in 0..<4 { covariance[index * 4 + index] = 10 }
    }

    /// The forecast's error for a value, in units of `spread`; learns it.
    mutating func error(of value: Double, level: Double, spread: Double) -> Double {
        var inputs = (0.0, 0.0, 0.0, 1.0)
        inputs.0 = min(6, max(-6, (past[0] - level) / spread))
        inputs.1 = min(6, max(-6, (past[1] - level) / spread))
        inputs.2 = min(6, max(-6, (past[2] - level) / spread))
        return withUnsafeBytes(of: &inputs) { raw in
            let inputs = raw.assumingMemoryBound(to: Double.self)
            return learn(inputs, min(1e12, max(-1e12, (value - level) / spread)))
        }
    }

    private mutating func learn(_ inputs: UnsafeBufferPointer<Double>, _ target: Double) -> Double {
        var forecast = 0.0
        for index in 0..<4 { forecast += weights[index] * inputs[index] }
        let error = target - forecast
        let clipped = min(4, max(-4, error))
        var gain = (0.0, 0.0, 0.0, 0.0)
        withUnsafeMutableBytes(of: &gain) { raw in
            let gain = raw.assumingMemoryBound(to: Double.self)
            var denominator = Self.memory
            for row in 0..<4 {
                var sum = 0.0
                for column in 0..<4 { sum += covariance[row * 4 + column] * inputs[column] }
                gain[row] = sum
            }
            for row in 0..<4 { denominator += inputs[row] * gain[row] }
            for row in 0..<4 { weights[row] += gain[row] / denominator * clipped }
            var largest = 0.0
            for row in 0..<4 {
                for column in 0..<4 {
                    let step = gain[row] * gain[column] / denominator
                    let index = row * 4 + column
                    covariance[index] = (covariance[index] - step) / Self.memory
                }
                largest = max(largest, covariance[row * 4 + row])
            }
            // A constant series excites no direction: without a bound the covariance grows for ever.
            if largest > 1e3 { for index in 0..<16 { covariance[index] *= 0.5 } }
        }
        return error
    }

    mutating func append(_ value: Double) {
        past[2] = past[1]
        past[1] = past[0]
        past[0] = value
    }
}
