// How far outputs are from targets, and the gradient by the outputs of the last layer.

internal import Glibc

/// What training makes smaller.
public enum Loss: String, Sendable, Equatable, CaseIterable {
    /// The mean of (output − target)² over all outputs of all rows.
    case meanSquared
    /// −Σ t ln p per row for softmax, −Σ (t ln p + (1 − t) ln(1 − p)) for sigmoid; the mean over rows.
    case crossEntropy

    /// Whether this loss has a meaning for the outputs of that activation.
    ///
    /// Cross-entropy needs probabilities.
    public func suits(_ activation: Activation) -> Bool {
        self == .meanSquared || activation == .softmax || activation == .sigmoid
    }

    /// The loss of `rows` rows.
    func value(
        outputs: UnsafePointer<Double>, targets: UnsafePointer<Double>, rows: Int, columns: Int,
        activation: Activation
    ) -> Double {
        let count = rows * columns
        if count == 0 { return 0 }
        switch self {
        case .meanSquared:
            return squaredDistance(outputs, targets, count) / Double(count)
        case .crossEntropy:
            // ln 0 is cut at the smallest double, so that one sure mistake costs 708 and not infinity.
            let floor = Double.leastNormalMagnitude
            var sum = 0.0
            for index in 0..<count {
                let target = targets[index]
                if target > 0 { sum -= target * log(max(outputs[index], floor)) }
                if activation == .sigmoid && target < 1 {
                    sum -= (1 - target) * log(max(1 - outputs[index], floor))
                }
            }
            return sum / Double(rows)
        }
    }

    /// The gradient by the weighted sums of the last layer.
    ///
    /// For cross-entropy it is output − target: the derivative of the activation cancels.
    func gradient(
        into gradient: UnsafeMutablePointer<Double>, outputs: UnsafePointer<Double>,
        targets: UnsafePointer<Double>, rows: Int, columns: Int, activation: Activation
    ) {
        let count = rows * columns
        switch self {
        case .meanSquared:
            let factor = 2 / Double(max(count, 1))
            for index in 0..<count {
                gradient[index] = factor * (outputs[index] - targets[index])
            }
            activation.pullBack(gradient, outputs: outputs, rows: rows, columns: columns)
        case .crossEntropy:
            let factor = 1 / Double(max(rows, 1))
            for index in 0..<count {
                gradient[index] = factor * (outputs[index] - targets[index])
            }
        }
    }
}

/// Σ (a − b)², in four sums: each addition need not wait for the one before.
private func squaredDistance(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int
) -> Double {
    var sums = SIMD4<Double>.zero
    var index = 0
    while index + 4 <= count {
        let left = UnsafeRawPointer(a + index).loadUnaligned(as: SIMD4<Double>.self)
        let difference = left - UnsafeRawPointer(b + index).loadUnaligned(as: SIMD4<Double>.self)
        sums += difference * difference
        index += 4
    }
    var sum = sums.sum()
    while index < count {
        sum += (a[index] - b[index]) * (a[index] - b[index])
        index += 1
    }
    return sum
}
