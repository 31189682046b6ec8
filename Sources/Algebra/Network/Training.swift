// Training: mini-batches in a shuffled order, a gradient each, a step each; the loss of rows held back
// decides when to stop and which parameters are kept. Everything random comes from one seed, and no sum
// depends on threads, so that the same call gives the same network to the last bit.

/// How a network is trained.
public struct TrainingOptions: Sendable, Equatable {
    public var loss: Loss
    public var optimiser: Optimiser = .adam
    public var rate: LearningRate = .constant(0.001)
    public var batch = 64
    public var epochs = 100
    /// λ of λ/2 Σ w², over weights and not biases.
    public var l2 = 0.0
    /// The share of hidden outputs left out of a step.
    public var dropout = 0.0
    /// The share of rows that are held back to judge by.
    public var validationShare = 0.0
    /// Epochs without a better judgement before training stops; nil never stops early.
    public var patience: Int?
    public var seed: UInt64 = 1
    /// Threads that share a step, the calling one among them; the result does not depend on them.
    public var threads = 1

    public init(loss: Loss = .meanSquared) { self.loss = loss }
}

/// What happened during training.
public struct TrainingHistory: Sendable, Equatable {
    /// Why training ended.
    public enum End: String, Sendable { case finished, stoppedEarly, diverged, interrupted }

    /// The mean loss of each epoch's batches, as they were before their steps.
    public var training: [Double] = []
    /// The loss of the rows held back, after each epoch; empty when there are none.
    public var validation: [Double] = []
    /// The epoch whose parameters were kept.
    public var bestEpoch = 0
    public var end = End.finished
}

extension Network {
    /// Learns to give `targets` for `rows`.
    ///
    /// - Parameters:
    ///   - rows: `n × inputs`.
    ///   - targets: `n × outputs`; for softmax a row adds up to 1.
    ///   - continues: asked after every epoch; false ends training with what is best so far. A
    ///     caller with a budget sleeps in it.
    /// - Throws: `notFinite` when rows or targets hold NaN or infinite values.
    public mutating func train(
        _ rows: Matrix, targets: Matrix, options: TrainingOptions,
        continues: (_ epoch: Int) -> Bool = { _ in true }
    ) throws(AlgebraError) -> TrainingHistory {
        precondition(rows.columns == inputs && targets.columns == outputs, "shapes differ")
        precondition(rows.rows == targets.rows, "there is a target a row")
        precondition(
            options.loss.suits(layers[layers.count - 1].activation),
            "cross-entropy needs softmax or sigmoid outputs")
        let isFinite =
            rows.values.allSatisfy(\.isFinite) && targets.values.allSatisfy(\.isFinite)
        if !isFinite { throw .notFinite }
        var run = TrainingRun(self, rows: rows, targets: targets, options: options)
        let history = run.run(continues)
        self = run.best
        return history
    }

    /// The loss of rows, with the regulariser's part, and its gradient by every parameter.
    ///
    /// - Parameter dropout: a share and the seed of what is left out.
    public func gradient(
        _ rows: Matrix, targets: Matrix, loss: Loss, l2: Double = 0,
        dropout: (share: Double, seed: UInt64)? = nil
    ) -> (loss: Double, gradient: [Double]) {
        let pass = Pass(self, rows: rows.rows)
        var gradient = [Double](repeating: 0, count: parameters.count)
        var generator = Generator(seed: dropout?.seed ?? 0)
        let share = dropout?.share ?? 0
        pass.forward(
            parameters, rows.values, rows: rows.rows, dropout: share, generator: &generator)
        var value = pass.loss(loss, targets: targets.values, rows: rows.rows)
        pass.backward(
            parameters, rows.values, targets: targets.values, rows: rows.rows, loss: loss,
            isDropping: share > 0, into: &gradient)
        value += addDecay(l2, to: &gradient)
        return (value, gradient)
    }

    /// Adds the gradient of λ/2 Σ w² and returns its value.
    func addDecay(_ l2: Double, to gradient: inout [Double]) -> Double {
        if l2 == 0 { return 0 }
        var sum = 0.0
        for layer in layers {
            for index in layer.start..<layer.biases {
                gradient[index] += l2 * parameters[index]
                sum += parameters[index] * parameters[index]
            }
        }
        return 0.5 * l2 * sum
    }
}

/// The state of one training.
private struct TrainingRun {
    private var network: Network
    private(set) var best: Network
    private let options: TrainingOptions
    private let rows: Matrix
    private let targets: Matrix
    private let training: [Int]
    private let heldBack: (rows: Matrix, targets: Matrix)?
    private var generator: Generator
    private let pass: Pass
    private var memory: OptimiserMemory
    private var gradient: [Double]
    private var batchRows: [Double]
    private var batchTargets: [Double]

    init(_ network: Network, rows: Matrix, targets: Matrix, options: TrainingOptions) {
        self.network = network
        best = network
        self.options = options
        self.rows = rows
        self.targets = targets
        generator = Generator(seed: options.seed)
        let order = generator.permutation(rows.rows)
        let share = min(max(options.validationShare, 0), 0.9)
        let count = Int((share * Double(rows.rows)).rounded())
        let chosen = order.prefix(count).sorted()
        training = Array(order.dropFirst(count))
        heldBack =
            count > 0 ? (rows.selecting(rows: chosen), targets.selecting(rows: chosen)) : nil
        let batch = max(min(options.batch, training.count), 1)
        pass = Pass(network, rows: batch, threads: options.threads)
        memory = OptimiserMemory(options.optimiser, count: network.parameters.count)
        gradient = Array(repeating: 0, count: network.parameters.count)
        batchRows = Array(repeating: 0, count: batch * network.inputs)
        batchTargets = Array(repeating: 0, count: batch * network.outputs)
    }

    mutating func run(_ continues: (Int) -> Bool) -> TrainingHistory {
        var history = TrainingHistory()
        var least = Double.infinity
        if training.isEmpty { return history }
        for epoch in 0..<options.epochs {
            let loss = runEpoch(rate: options.rate.rate(epoch: epoch))
            history.training.append(loss)
            var judged = loss
            if let heldBack {
                judged = self.loss(heldBack.rows, heldBack.targets)
                history.validation.append(judged)
            }
            if !judged.isFinite || !network.parameters.allSatisfy(\.isFinite) {
                history.end = .diverged
                return history
            }
            // Without rows to judge by, the newest parameters are the best.
            if judged < least || heldBack == nil {
                least = min(judged, least)
                best = network
                history.bestEpoch = epoch
            } else if let patience = options.patience, epoch - history.bestEpoch >= patience {
                history.end = .stoppedEarly
                return history
            }
            if !continues(epoch) {
                history.end = .interrupted
                return history
            }
        }
        return history
    }

    private mutating func runEpoch(rate: Double) -> Double {
        var order = training
        generator.shuffle(&order)
        var sum = 0.0
        let size = batchRows.count / max(network.inputs, 1)
        for start in stride(from: 0, to: order.count, by: size) {
            let chosen = order[start..<min(start + size, order.count)]
            gather(rows, chosen, into: &batchRows)
            gather(targets, chosen, into: &batchTargets)
            sum += step(rows: chosen.count, rate: rate) * Double(chosen.count)
        }
        return sum / Double(order.count)
    }

    private mutating func step(rows count: Int, rate: Double) -> Double {
        let isDropping = options.dropout > 0
        pass.forward(
            network.parameters, batchRows, rows: count, dropout: options.dropout,
            generator: &generator)
        var value = pass.loss(options.loss, targets: batchTargets, rows: count)
        pass.backward(
            network.parameters, batchRows, targets: batchTargets, rows: count, loss: options.loss,
            isDropping: isDropping, into: &gradient)
        value += network.addDecay(options.l2, to: &gradient)
        memory.move(
            &network.parameters, gradient: gradient, rate: rate, threads: options.threads)
        return value
    }

    private func loss(_ rows: Matrix, _ targets: Matrix) -> Double {
        let outputs = network(rows)
        return options.loss.value(
            outputs: outputs.values, targets: targets.values, rows: rows.rows,
            columns: targets.columns,
            activation: network.layers[network.layers.count - 1].activation)
    }
}

/// Copies some rows of a matrix one after another.
private func gather(_ matrix: Matrix, _ rows: ArraySlice<Int>, into target: inout [Double]) {
    let width = matrix.columns
    matrix.values.withUnsafeBufferPointer { source in
        target.withUnsafeMutableBufferPointer { target in
            guard let from = source.baseAddress, let to = target.baseAddress else { return }
            for (place, row) in rows.enumerated() {
                (to + place * width).update(from: from + row * width, count: width)
            }
        }
    }
}
