// A small network that estimates one number from a row: for a model's loss from its inputs when true
// labels come late. It standardises both sides and holds a quarter of the rows back to stop by.

public import Algebra

/// A regression by a small network.
public struct NetworkRegressor: Sendable, Equatable {
    public let network: Network
    public let inputs: Standardiser
    public let target: Standardiser
    public let history: TrainingHistory

    /// Learns targets from rows, `n × columns` and `n`, all finite.
    ///
    /// - Parameters:
    ///   - hidden: units of the hidden layers.
    ///   - continues: asked after every epoch; false ends training.
    public init(
        _ rows: Matrix, targets: [Double], hidden: [Int] = [16, 8], seed: UInt64 = 1,
        continues: (_ epoch: Int) -> Bool = { _ in true }
    ) throws(AlgebraError) {
        let column = Matrix(rows: targets.count, columns: 1, values: targets)
        let isFinite =
            rows.values.allSatisfy(\.isFinite) && targets.allSatisfy(\.isFinite)
        if !isFinite { throw .notFinite }
        inputs = Standardiser(rows)
        target = Standardiser(column)
        var options = TrainingOptions()
        options.rate = .cosine(0.01, epochs: 200)
        options.epochs = 200
        options.l2 = 1e-4
        options.validationShare = 0.25
        options.patience = 20
        options.seed = seed
        var trained = Network(
            inputs: rows.columns, layers: hidden.map { ($0, .tanh) } + [(1, .identity)],
            seed: seed)
        history = try trained.train(
            inputs(rows), targets: target(column), options: options, continues: continues)
        network = trained
    }

    /// The estimate for every row.
    public func callAsFunction(_ rows: Matrix) -> [Double] {
        network(inputs(rows)).values.map { target.means[0] + $0 * target.deviations[0] }
    }
}
