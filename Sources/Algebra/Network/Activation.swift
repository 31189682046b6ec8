// What a neuron makes of its weighted sum, and how a gradient passes back through it. Derivatives are
// written in the outputs, which are at hand, and not in the sums, which are overwritten.

internal import Glibc

/// The activation function of a layer.
public enum Activation: String, Sendable, Equatable, CaseIterable {
    case identity
    /// 1 / (1 + e⁻ᶻ).
    case sigmoid
    case tanh
    /// max(z, 0).
    case relu
    /// eᶻ over the sum of all eᶻ of the row.
    case softmax

    /// Replaces the weighted sums of `rows` rows by their activations.
    func apply(_ cells: UnsafeMutablePointer<Double>, rows: Int, columns: Int) {
        let count = rows * columns
        switch self {
        case .identity: return
        case .sigmoid: for index in 0..<count { cells[index] = logistic(cells[index]) }
        case .tanh: for index in 0..<count { cells[index] = Glibc.tanh(cells[index]) }
        case .relu:
            for index in 0..<count { cells[index] = cells[index] > 0 ? cells[index] : 0 }
        case .softmax:
            for row in 0..<rows { normaliseExponentials(cells + row * columns, columns) }
        }
    }

    /// Turns the gradient by the outputs into the gradient by the weighted sums, in place.
    func pullBack(
        _ gradient: UnsafeMutablePointer<Double>, outputs: UnsafePointer<Double>, rows: Int,
        columns: Int
    ) {
        let count = rows * columns
        switch self {
        case .identity: return
        case .sigmoid:
            for index in 0..<count { gradient[index] *= outputs[index] * (1 - outputs[index]) }
        case .tanh:
            for index in 0..<count { gradient[index] *= 1 - outputs[index] * outputs[index] }
        case .relu:
            for index in 0..<count { gradient[index] = outputs[index] > 0 ? gradient[index] : 0 }
        case .softmax:
            for row in 0..<rows {
                let start = row * columns
                var mean = 0.0
                for index in start..<start + columns { mean += gradient[index] * outputs[index] }
                for index in start..<start + columns {
                    gradient[index] = outputs[index] * (gradient[index] - mean)
                }
            }
        }
    }

    /// Half the width of the uniform first weights: signals neither grow nor fade from layer to layer.
    ///
    /// Glorot and Bengio (2010); for rectified sums He and others (2015).
    func firstWeightBound(inputs: Int, outputs: Int) -> Double {
        switch self {
        case .relu: (6 / Double(max(inputs, 1))).squareRoot()
        default: (6 / Double(max(inputs + outputs, 1))).squareRoot()
        }
    }
}

/// 1 / (1 + e⁻ᶻ) without overflow.
func logistic(_ z: Double) -> Double {
    if z >= 0 { return 1 / (1 + exp(-z)) }
    let power = exp(z)
    return power / (1 + power)
}

private func normaliseExponentials(_ row: UnsafeMutablePointer<Double>, _ count: Int) {
    var highest = -Double.infinity
    for index in 0..<count { highest = max(highest, row[index]) }
    var sum = 0.0
    for index in 0..<count {
        row[index] = exp(row[index] - highest)
        sum += row[index]
    }
    for index in 0..<count { row[index] /= sum }
}
