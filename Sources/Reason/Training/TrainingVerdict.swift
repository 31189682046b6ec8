// What a training run's curve says: still improving, settled, over-fitting or diverging. Each word has
// one test with the noise of the curve itself as its yardstick: the spread of the differences between
// neighbours, so that a restless curve must move further before it is said to have moved.

internal import Algebra
public import Basics
internal import Glibc

/// The judgement of one curve.
public struct TrainingVerdict: Sendable, Equatable {
    /// What a run does.
    public enum State: String, Sendable, CaseIterable {
        case tooShort = "too_short"
        case improving
        case plateau
        case overfitting
        case diverging
    }

    public var state: State
    /// The best value of the rows held back, or of those learnt when none are, and its step.
    public var best: TrainingCurve.Point?
    /// Since which step the state holds.
    public var since: Double?
    public var reason: Phrase

    /// Fewer points than this say nothing.
    public static let pointsMin = 8

    public init(_ curve: TrainingCurve) {
        let sign = curve.isBetterLarge ? -1.0 : 1
        let judged =
            curve.validation.count >= TrainingVerdict.pointsMin ? curve.validation : curve.training
        best = judged.min { sign * $0.value < sign * $1.value }
        guard judged.count >= TrainingVerdict.pointsMin else {
            state = .tooShort
            since = nil
            reason = Phrase(
                "training.too_short",
                ["count": String(judged.count), "needed": String(TrainingVerdict.pointsMin)])
            return
        }
        let training = Trend(curve.training, sign: sign)
        let held = Trend(curve.validation, sign: sign)
        if let place = (training.rises ? training : held).risesFrom, training.isLost || held.isLost
        {
            state = .diverging
            since = place
            reason = Phrase("training.diverging", ["step": shortNumber(place)])
        } else if held.rises, !training.rises, let place = held.risesFrom {
            state = .overfitting
            since = place
            reason = Phrase(
                "training.overfitting",
                [
                    "step": shortNumber(place),
                    "best": best.map { shortNumber($0.value) } ?? "",
                ])
        } else if let place = Trend(judged, sign: sign).settledFrom {
            state = .plateau
            since = place
            reason = Phrase("training.plateau", ["step": shortNumber(place)])
        } else {
            state = .improving
            since = nil
            reason = Phrase("training.improving")
        }
    }
}

/// A curve smoothed, with its noise; small is good.
private struct Trend {
    private let steps: [Double]
    private let smooth: [Double]
    private let noise: Double

    init(_ points: [TrainingCurve.Point], sign: Double) {
        steps = points.map(\.step)
        let values = points.map { sign * $0.value }
        let reach = max(values.count / 10, 1)
        smooth = values.indices.map { index in
            let window = values[max(index - reach, 0)...min(index + reach, values.count - 1)]
            return quantile(window.sorted(), 0.5)
        }
        // 1.48 times the median of absolute differences is a deviation; neighbours differ by √2 of it.
        let jumps = zip(values.dropFirst(), values).map { abs($0 - $1) }.sorted()
        noise = jumps.isEmpty ? 0 : 1.48 * quantile(jumps, 0.5) / 2.0.squareRoot()
    }

    private var range: Double { (smooth.max() ?? 0) - (smooth.min() ?? 0) }
    private var bestPlace: Int? { smooth.indices.min { smooth[$0] < smooth[$1] } }

    /// The end lies above the best by more than noise and a twentieth of all that was ever gained.
    var rises: Bool {
        guard smooth.count >= TrainingVerdict.pointsMin, let place = bestPlace,
            let last = smooth.last
        else { return false }
        let late = smooth.count - place
        return late >= 3 && last - smooth[place] > max(3 * noise, 0.05 * range)
    }

    var risesFrom: Double? { rises ? bestPlace.map { steps[$0] } : nil }

    /// It ends worse than it began, or most of what was gained is lost.
    var isLost: Bool {
        guard rises, let place = bestPlace, let first = smooth.first, let last = smooth.last else {
            return false
        }
        return last > first || last - smooth[place] > 0.7 * (first - smooth[place])
    }

    /// Since when nothing is gained: a third of the run and less than a hundredth of the gain, or noise.
    var settledFrom: Double? {
        guard let last = smooth.last else { return nil }
        let slack = max(noise, 0.01 * range)
        guard let place = smooth.firstIndex(where: { $0 <= last + slack }) else { return nil }
        return 3 * (smooth.count - place) >= smooth.count ? steps[place] : nil
    }
}

extension TrainingVerdict {
    /// The verdict as a finding; nil when there is nothing that asks for a person.
    public func finding(of curve: TrainingCurve) -> Finding? {
        guard state == .diverging || state == .overfitting else { return nil }
        var labels = ["metric": curve.metric]
        for (name, value) in [
            ("model", curve.model), ("version", curve.version), ("run", curve.run),
        ] where !value.isEmpty {
            labels[name] = value
        }
        return Finding(
            id: "training/\(curve.model)/\(curve.version)/\(curve.run)/\(curve.metric)",
            kind: .quality, subject: curve.name, labels: labels,
            severity: state == .diverging ? .warning : .info, start: curve.newest,
            summary: Phrase("training.found.\(state.rawValue)", ["run": curve.name]),
            evidence: [reason], link: "/anomalies#training")
    }
}
