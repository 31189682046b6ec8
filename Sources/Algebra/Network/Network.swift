// A multi-layer perceptron: each layer is a weighted sum and an activation, y = f(W x + b). All weights
// and biases lie in one array, so that an optimiser, a file and a test see a vector. Training is in
// `Training.swift`; convolutions, recurrence and single precision are not here.

/// A multi-layer perceptron.
public struct Network: Sendable, Equatable {
    /// The shape of a layer.
    public struct Layer: Sendable, Equatable {
        public var inputs: Int
        public var units: Int
        public var activation: Activation
        /// Where its `units × inputs` weights begin among the parameters; its biases follow them.
        public var start: Int

        public var biases: Int { start + units * inputs }
        public var end: Int { biases + units }
    }

    public let layers: [Layer]
    /// Layer after layer: the weights row-major, a row a unit, then the biases.
    public var parameters: [Double]

    /// A network with random first weights and no biases.
    ///
    /// - Parameters:
    ///   - inputs: the number of values in a row.
    ///   - layers: units and activation of every layer; the last one's are the outputs.
    public init(inputs: Int, layers: [(units: Int, activation: Activation)], seed: UInt64) {
        self.init(
            inputs: inputs, layers: layers,
            parameters: Network.firstParameters(inputs: inputs, layers: layers, seed: seed))
    }

    /// A network with given parameters, as many as ``parameterCount(inputs:layers:)`` says.
    public init(
        inputs: Int, layers: [(units: Int, activation: Activation)], parameters: [Double]
    ) {
        precondition(!layers.isEmpty, "a network has a layer")
        precondition(
            layers.dropLast().allSatisfy { $0.activation != .softmax },
            "softmax is for outputs")
        precondition(
            parameters.count == Network.parameterCount(inputs: inputs, layers: layers),
            "a network of this shape has another number of parameters")
        var shapes: [Layer] = []
        for layer in layers {
            shapes.append(
                Layer(
                    inputs: shapes.last?.units ?? inputs, units: layer.units,
                    activation: layer.activation, start: shapes.last?.end ?? 0))
        }
        self.layers = shapes
        self.parameters = parameters
    }

    public var inputs: Int { layers[0].inputs }
    public var outputs: Int { layers[layers.count - 1].units }

    /// How many parameters a shape has.
    public static func parameterCount(
        inputs: Int, layers: [(units: Int, activation: Activation)]
    ) -> Int {
        var count = 0
        var before = inputs
        for layer in layers {
            count += (before + 1) * layer.units
            before = layer.units
        }
        return count
    }

    /// The outputs for every row, `rows × outputs`.
    public func callAsFunction(_ rows: Matrix) -> Matrix {
        precondition(rows.columns == inputs, "a row has as many values as the network inputs")
        var result = Matrix(rows: rows.rows, columns: outputs)
        let pass = Pass(self, rows: min(rows.rows, Pass.blockRows))
        rows.values.withUnsafeBufferPointer { source in
            result.values.withUnsafeMutableBufferPointer { target in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                for start in stride(from: 0, to: rows.rows, by: Pass.blockRows) {
                    let count = min(Pass.blockRows, rows.rows - start)
                    pass.forward(parameters, from + start * inputs, rows: count)
                    (to + start * outputs).update(from: pass.result, count: count * outputs)
                }
            }
        }
        return result
    }

    /// The outputs of one row.
    public func callAsFunction(_ row: [Double]) -> [Double] {
        self(Matrix(rows: 1, columns: row.count, values: row)).values
    }

    private static func firstParameters(
        inputs: Int, layers: [(units: Int, activation: Activation)], seed: UInt64
    ) -> [Double] {
        var generator = Generator(seed: seed)
        var parameters: [Double] = []
        var before = inputs
        for layer in layers {
            let bound = layer.activation.firstWeightBound(inputs: before, outputs: layer.units)
            for _ in 0..<before * layer.units {
                parameters.append((2 * generator.uniform() - 1) * bound)
            }
            parameters += Array(repeating: 0, count: layer.units)
            before = layer.units
        }
        return parameters
    }
}
