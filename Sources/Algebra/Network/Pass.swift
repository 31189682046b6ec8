// One pass of a batch through a network and back: the outputs of every layer, and from the loss the
// gradient by every parameter, three products a layer. The memory is taken once and used for every
// batch.

/// The working memory of passes; one user at a time.
final class Pass {
    /// Rows that go through at once when nothing is learned: enough for a product, small for a cache.
    static let blockRows = 256

    private let layers: [Network.Layer]
    private let memory: UnsafeMutablePointer<Double>
    /// Where each layer's outputs begin, and after them where the two gradients do.
    private var outputs: [UnsafeMutablePointer<Double>] = []
    private let gradients: (UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)
    private let masks: UnsafeMutablePointer<Double>
    private let rowsMax: Int

    /// - Parameter rows: the most rows of a batch.
    init(_ network: Network, rows: Int) {
        layers = network.layers
        rowsMax = max(rows, 1)
        let widest = layers.reduce(0) { max($0, max($1.units, $1.inputs)) }
        let units = layers.reduce(0) { $0 + $1.units }
        let total = rowsMax * (2 * units + 2 * widest)
        memory = .allocate(capacity: total)
        memory.initialize(repeating: 0, count: total)
        var place = memory
        for layer in layers {
            outputs.append(place)
            place += rowsMax * layer.units
        }
        masks = place
        place += rowsMax * units
        gradients = (place, place + rowsMax * widest)
    }

    deinit { memory.deallocate() }

    /// The outputs of the last layer after ``forward(_:_:rows:)``.
    var result: UnsafePointer<Double> { UnsafePointer(outputs[outputs.count - 1]) }

    /// Sends rows through all layers.
    ///
    /// - Parameter dropout: when given, the share of hidden outputs that are left out; the others
    ///   grow by as much, so that sums keep their size (Srivastava et al. 2014).
    func forward(
        _ parameters: [Double], _ rows: UnsafePointer<Double>, rows count: Int,
        dropout: Double = 0, generator: UnsafeMutablePointer<Generator>? = nil
    ) {
        BLAS.prepare()
        precondition(count <= rowsMax, "the batch is larger than the memory that was taken")
        parameters.withUnsafeBufferPointer { parameters in
            guard let parameters = parameters.baseAddress else { return }
            var source = rows
            var mask = masks
            for (index, layer) in layers.enumerated() {
                let target = outputs[index]
                for row in 0..<count {
                    (target + row * layer.units).update(
                        from: parameters + layer.biases, count: layer.units)
                }
                TiledProduct.multiply(
                    Factor(cells: source, stride: layer.inputs),
                    Factor(cells: parameters + layer.start, stride: layer.inputs, isTurned: true),
                    rows: count, columns: layer.units, inner: layer.inputs, into: target,
                    stride: layer.units, adding: true)
                layer.activation.apply(target, rows: count, columns: layer.units)
                if let generator, dropout > 0, index < layers.count - 1 {
                    let kept = 1 / (1 - dropout)
                    for cell in 0..<count * layer.units {
                        mask[cell] = generator.pointee.uniform() < dropout ? 0 : kept
                        target[cell] *= mask[cell]
                    }
                }
                mask += rowsMax * layer.units
                source = UnsafePointer(target)
            }
        }
    }

    /// The loss of what went forward last.
    func loss(_ loss: Loss, targets: UnsafePointer<Double>, rows: Int) -> Double {
        let last = layers[layers.count - 1]
        return loss.value(
            outputs: result, targets: targets, rows: rows, columns: last.units,
            activation: last.activation)
    }

    /// Writes the gradient of the loss by every parameter.
    ///
    /// - Parameters:
    ///   - rows: the very rows that went forward last.
    ///   - isDropping: whether they went forward with dropout.
    func backward(
        _ parameters: [Double], _ rows: UnsafePointer<Double>, targets: UnsafePointer<Double>,
        rows count: Int, loss: Loss, isDropping: Bool = false,
        into gradient: UnsafeMutablePointer<Double>
    ) {
        let last = layers[layers.count - 1]
        var (current, next) = gradients
        loss.gradient(
            into: current, outputs: result, targets: targets, rows: count, columns: last.units,
            activation: last.activation)
        parameters.withUnsafeBufferPointer { parameters in
            guard let parameters = parameters.baseAddress else { return }
            for index in layers.indices.reversed() {
                let layer = layers[index]
                let below = index > 0 ? UnsafePointer(outputs[index - 1]) : rows
                TiledProduct.multiply(
                    Factor(cells: current, stride: layer.units, isTurned: true),
                    Factor(cells: below, stride: layer.inputs),
                    rows: layer.units, columns: layer.inputs, inner: count,
                    into: gradient + layer.start, stride: layer.inputs)
                sumRows(current, rows: count, columns: layer.units, into: gradient + layer.biases)
                if index == 0 { break }
                TiledProduct.multiply(
                    Factor(cells: current, stride: layer.units),
                    Factor(cells: parameters + layer.start, stride: layer.inputs),
                    rows: count, columns: layer.inputs, inner: layer.units, into: next,
                    stride: layer.inputs)
                pullBack(next, layer: index - 1, rows: count, isDropping: isDropping)
                swap(&current, &next)
            }
        }
    }

    private func pullBack(
        _ gradient: UnsafeMutablePointer<Double>, layer index: Int, rows: Int, isDropping: Bool
    ) {
        let layer = layers[index]
        let cells = rows * layer.units
        if isDropping {
            let mask = masks + layers[..<index].reduce(0) { $0 + rowsMax * $1.units }
            for cell in 0..<cells where mask[cell] > 0 { outputs[index][cell] /= mask[cell] }
            for cell in 0..<cells { gradient[cell] *= mask[cell] }
        }
        layer.activation.pullBack(
            gradient, outputs: UnsafePointer(outputs[index]), rows: rows, columns: layer.units)
    }
}

private func sumRows(
    _ cells: UnsafePointer<Double>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Double>
) {
    sums.update(repeating: 0, count: columns)
    for row in 0..<rows {
        let start = cells + row * columns
        for column in 0..<columns { sums[column] += start[column] }
    }
}
