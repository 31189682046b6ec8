// How the views of a series become one p. Each residual is ranked against its own past; the surprises
// are joined by a weighted power mean of order two, between the mean (many weak signs) and the maximum
// (one strong one); means of log p stay valid p-values, up to a constant, whatever the dependence of the
// views (Vovk, Wang 2020). Weights are found per series: every seventh observation a spike or shift of
// 1.5 of the series' own spread is injected on paper, and a view weighs what it would have been surprised.

internal import Glibc

/// The sketches of all views and their weights.
struct SeriesEnsemble: Sendable {
    private static let injectedSpreads = 1.5
    private static let injectEvery = 7
    /// The weight of a view that would not notice anything.
    private static let leastWeight = 0.05

    var sketches = [SurpriseSketch](
        repeating: SurpriseSketch(), count: SeriesResidual.allCases.count)
    /// The mean surprise at injected anomalies, and over how many (at most 100).
    var power = [Double](repeating: 0, count: SeriesResidual.allCases.count)
    var injections = [Double](repeating: 0, count: SeriesResidual.allCases.count)
    var changes: [ChangeView] = []
    var observed = 0
    /// The latest surprise of each view, for the explanation.
    private(set) var surprises = [Double](repeating: 0, count: SeriesResidual.allCases.count)

    func weight(_ view: Int) -> Double { power[view] + Self.leastWeight }

    /// Judges residuals, then learns them.
    ///
    /// - Parameters:
    ///   - residuals: in the order of `SeriesResidual`, NaN where there is none.
    ///   - spread: the series' standard deviation, the unit of injected anomalies.
    ///   - step: the usual time between residuals, in milliseconds.
    /// - Returns: −log₁₀ of the joint p.
    mutating func judge(_ residuals: [Double], spread: Double, step: Double) -> Double {
        let injects = observed % Self.injectEvery == 0
        observed = (observed + 1) % Self.injectEvery
        var weights = 0.0
        var sum = 0.0
        for view in sketches.indices {
            surprises[view] = 0
            let residual = residuals[view]
            if residual == residual {
                judgeView(view, residual, injected: injects ? spread : nil, step: step)
            }
            let weight = weight(view)
            weights += weight
            sum += weight * surprises[view] * surprises[view]
        }
        if !changes.isEmpty {
            let forecast = residuals[SeriesResidual.forecast.rawValue]
            if forecast == forecast {
                let sketch = sketches[SeriesResidual.forecast.rawValue]
                let unit = min(1e3, max(-1e3, sketch.standardised(forecast)))
                let weight = weights / Double(sketches.count)
                for index in changes.indices {
                    let surprise = changes[index].judge(unit)
                    weights += weight
                    sum += weight * surprise * surprise
                }
            }
        }
        return (sum / weights).squareRoot()
    }

    private mutating func judgeView(
        _ view: Int, _ residual: Double, injected spread: Double?, step: Double
    ) {
        let kind = SeriesResidual.allCases[view]
        let past = sketches[view].seen * step
        if sketches[view].seen > 0 && sketches[view].isReady && past >= kind.quietTime {
            let value = sketches[view].standardised(residual)
            surprises[view] = sketches[view].surprise(value)
            if let spread {
                let size = kind.injected(Self.injectedSpreads * spread)
                let up = sketches[view].surprise(sketches[view].standardised(residual + size))
                let down = sketches[view].surprise(sketches[view].standardised(residual - size))
                injections[view] = min(injections[view] + 1, 100)
                power[view] += (0.5 * (up + down) - power[view]) / injections[view]
            }
        }
        sketches[view].insert(residual)
    }

    /// The view that contributes most to the latest judgement.
    var leading: SeriesResidual {
        var best = 0
        func share(_ view: Int) -> Double { weight(view) * surprises[view] * surprises[view] }
        for view in surprises.indices where share(view) > share(best) { best = view }
        return SeriesResidual(rawValue: best) ?? .level
    }

    /// Of the views that expect a value, the one that would notice most.
    func expecting(_ residuals: [Double]) -> SeriesResidual? {
        var best: SeriesResidual?
        for view in SeriesResidual.expecting
        where residuals[view.rawValue] == residuals[view.rawValue] {
            if best.map({ weight(view.rawValue) > weight($0.rawValue) }) ?? true { best = view }
        }
        return best
    }
}

/// A detector of changes in the ensemble, with the past of its evidence.
struct ChangeView: Sendable {
    var detector: any ChangeDetector
    var sketch = SurpriseSketch()

    mutating func judge(_ residual: Double) -> Double {
        let evidence = detector.observe(residual)
        let finite = evidence.isFinite ? min(max(0, evidence), 1e12) : 0
        let surprise = sketch.seen > 0 ? sketch.surprise(sketch.standardised(finite)) : 0
        sketch.insert(finite)
        return surprise
    }
}
