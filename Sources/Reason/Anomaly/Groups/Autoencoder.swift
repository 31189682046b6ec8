// A second opinion on a group: a network that must pass every moment through a narrow middle. Where
// series depend on each other along a curve, axes leave an error on every moment and a network does not.
// It learns from older moments and ranks errors against newer ones, as the axes do.

public import Algebra
internal import Glibc

/// An autoencoder of series that belong together.
public struct Autoencoder: Sendable, Equatable {
    public let network: Network
    public let scale: Standardiser
    public let history: TrainingHistory
    private let errors: PastErrors

    /// Learns from moments, one a row, oldest first; rows with NaN are left out.
    ///
    /// - Parameters:
    ///   - middle: units of the narrow layer; by default a quarter of the series.
    ///   - continues: asked after every epoch; false ends training with the best so far.
    /// - Returns: nil with fewer than 60 complete rows, or three for every series.
    public init?(
        _ rows: Matrix, middle: Int? = nil, seed: UInt64 = 1,
        continues: (_ epoch: Int) -> Bool = { _ in true }
    ) throws(AlgebraError) {
        let complete = (0..<rows.rows).filter { rows.row($0).allSatisfy(\.isFinite) }
        guard rows.columns > 1,
            complete.count >= max(GroupModel.momentsMin, 3 * rows.columns)
        else { return nil }
        let part = complete.count * 2 / 3
        let older = rows.selecting(rows: Array(complete[..<part]))
        let newer = rows.selecting(rows: Array(complete[part...]))
        scale = Standardiser(older)
        let narrow = middle ?? max(rows.columns / 4, 1)
        let wide = max(rows.columns, 2 * narrow)
        var trained = Network(
            inputs: rows.columns,
            layers: [
                (wide, .tanh), (narrow, .identity), (wide, .tanh), (rows.columns, .identity),
            ], seed: seed)
        var options = TrainingOptions()
        options.rate = .cosine(0.005, epochs: 200)
        options.epochs = 200
        options.batch = 64
        options.l2 = 1e-5
        options.validationShare = 0.2
        options.patience = 15
        options.seed = seed
        let standard = scale(older)
        history = try trained.train(
            standard, targets: standard, options: options, continues: continues)
        network = trained
        errors = PastErrors(Autoencoder.residuals(trained, scale(newer)).squaredLengths)
    }

    /// Judges moments, one a row; a missing value counts as the mean of its series.
    public func callAsFunction(_ rows: Matrix) -> [GroupReading] {
        var filled = rows
        for index in filled.values.indices where !filled.values[index].isFinite {
            filled.values[index] = scale.means[index % rows.columns]
        }
        let residuals = Autoencoder.residuals(network, scale(filled))
        let lengths = residuals.squaredLengths
        return (0..<rows.rows).map { row in
            let log = errors.logProbability(lengths[row])
            return GroupReading(
                error: lengths[row], distance: 0, score: -expm1(log), surprise: -log,
                shares: residuals.row(row).map { lengths[row] > 0 ? $0 * $0 / lengths[row] : 0 })
        }
    }

    private static func residuals(_ network: Network, _ standard: Matrix) -> Matrix {
        var rest = standard
        let rebuilt = network(standard)
        for index in rest.values.indices { rest.values[index] -= rebuilt.values[index] }
        return rest
    }
}
