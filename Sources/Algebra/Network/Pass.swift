// One pass of a batch through a network and back: the outputs of every layer, and from the loss the
// gradient by every parameter, three products a layer. The memory is taken once and used for every
// batch; what is done to a block of rows beside its product is done while they are in the cache, by the
// thread that has them.

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
    private let threads: Int

    /// - Parameters:
    ///   - rows: the most rows of a batch.
    ///   - threads: that share a pass; its bits do not depend on them.
    init(_ network: Network, rows: Int, threads: Int = 1) {
        layers = network.layers
        self.threads = threads
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
        precondition(count <= rowsMax, "the batch is larger than the memory that was taken")
        parameters.withUnsafeBufferPointer { parameters in
            guard let parameters = parameters.baseAddress else { return }
            var source = rows
            var mask = masks
            for (index, layer) in layers.enumerated() {
                let target = outputs[index]
                send(source, through: layer, parameters, rows: count, into: target)
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

    private func send(
        _ source: UnsafePointer<Double>, through layer: Network.Layer,
        _ parameters: UnsafePointer<Double>, rows count: Int,
        into target: UnsafeMutablePointer<Double>
    ) {
        let units = layer.units
        let below = Factor(cells: source, stride: layer.inputs)
        let weights = Factor(cells: parameters + layer.start, stride: layer.inputs, isTurned: true)
        RowBlocks(count, work: units * layer.inputs).each(on: threads) { rows in
            for row in rows {
                (target + row * units).update(from: parameters + layer.biases, count: units)
            }
            multiply(
                below, weights, rows: rows, columns: units, inner: layer.inputs, into: target,
                adding: true)
            layer.activation.apply(
                target + rows.lowerBound * units, rows: rows.count, columns: units)
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
                let below = index > 0 ? UnsafePointer(outputs[index - 1]) : rows
                weigh(layers[index], current, below, rows: count, into: gradient)
                if index == 0 { break }
                send(
                    current, backThrough: index, parameters, rows: count, isDropping: isDropping,
                    into: next)
                swap(&current, &next)
            }
        }
    }

    /// The gradient by a layer's weights and biases.
    private func weigh(
        _ layer: Network.Layer, _ current: UnsafeMutablePointer<Double>,
        _ below: UnsafePointer<Double>, rows count: Int, into gradient: UnsafeMutablePointer<Double>
    ) {
        let above = Factor(cells: current, stride: layer.units, isTurned: true)
        let below = Factor(cells: below, stride: layer.inputs)
        RowBlocks(layer.units, work: layer.inputs * count).each(on: threads) { units in
            multiply(
                above, below, rows: units, columns: layer.inputs, inner: count,
                into: gradient + layer.start)
            sumRows(
                current, rows: count, columns: units, stride: layer.units,
                into: gradient + layer.biases)
        }
    }

    /// The gradient by the sums of the layer below.
    private func send(
        _ current: UnsafeMutablePointer<Double>, backThrough index: Int,
        _ parameters: UnsafePointer<Double>, rows count: Int, isDropping: Bool,
        into next: UnsafeMutablePointer<Double>
    ) {
        let layer = layers[index]
        let above = Factor(cells: current, stride: layer.units)
        let weights = Factor(cells: parameters + layer.start, stride: layer.inputs)
        RowBlocks(count, work: layer.units * layer.inputs).each(on: threads) { rows in
            multiply(
                above, weights, rows: rows, columns: layer.inputs, inner: layer.units,
                into: next)
            pullBack(next, layer: index - 1, rows: rows, isDropping: isDropping)
        }
    }

    private func pullBack(
        _ gradient: UnsafeMutablePointer<Double>, layer index: Int, rows: Range<Int>,
        isDropping: Bool
    ) {
        let layer = layers[index]
        let outputs = outputs[index]
        let cells = rows.lowerBound * layer.units..<rows.upperBound * layer.units
        if isDropping {
            let mask = masks + layers[..<index].reduce(0) { $0 + rowsMax * $1.units }
            for cell in cells where mask[cell] > 0 { outputs[cell] /= mask[cell] }
            for cell in cells { gradient[cell] *= mask[cell] }
        }
        layer.activation.pullBack(
            gradient + cells.lowerBound, outputs: UnsafePointer(outputs + cells.lowerBound),
            rows: rows.count, columns: layer.units)
    }
}

/// Sums some columns over all rows.
private func sumRows(
    _ cells: UnsafePointer<Double>, rows: Int, columns: Range<Int>, stride: Int,
    into sums: UnsafeMutablePointer<Double>
) {
    for column in columns { sums[column] = 0 }
    var row = 0
    // Four rows for each time that the sums are read and written.
    while row + 4 <= rows {
        let (a, b) = (cells + row * stride, cells + (row + 1) * stride)
        let (c, d) = (cells + (row + 2) * stride, cells + (row + 3) * stride)
        for column in columns {
            sums[column] += (a[column] + b[column]) + (c[column] + d[column])
        }
        row += 4
    }
    while row < rows {
        let start = cells + row * stride
        for column in columns { sums[column] += start[column] }
        row += 1
    }
}
