// The figures of quality that sums give, by the names that figures of rows have, so that a year's line
// runs on where the rows end.

internal import Algebra
internal import Glibc

extension QualitySums {
    /// The figures; a remark instead when there are too few labels.
    public var reading: QualityReading {
        if rows == 0 { return .refused("models.quality.no_labels") }
        if rows < QualityReading.rowsMin {
            return .refused(
                "models.quality.few",
                ["count": "\(rows)", "needed": "\(QualityReading.rowsMin)"])
        }
        let judged = confusion.values.reduce(0, +)
        if actual.count > judged { return reading("regression", actual.count, numberFigures) }
        let scored = calibration.counts.reduce(0, +)
        if !positive.isEmpty && scored * 2 > judged {
            return reading("binary_classification", judged, binaryFigures)
        }
        return reading("multiclass_classification", judged, classFigures)
    }

    private func reading(
        _ kind: String, _ rows: Int, _ figures: [QualityFigure]
    ) -> QualityReading {
        QualityReading(kind: kind, rows: rows, figures: figures.filter { $0.value.isFinite })
    }

    private func share(_ name: String, _ part: Double, _ whole: Double) -> QualityFigure {
        QualityFigure(
            name: name, value: whole > 0 ? part / whole : 0,
            interval: whole > 0 ? Binomial.interval(part, whole) : nil)
    }

    private var accuracy: QualityFigure {
        share("accuracy", Double(right), Double(confusion.values.reduce(0, +)))
    }

    private func counts(of name: String) -> Confusion {
        var counts = Confusion()
        for (pair, number) in confusion {
            switch (pair.label == name, pair.predicted == name) {
            case (true, true): counts.truePositives += Double(number)
            case (true, false): counts.falseNegatives += Double(number)
            case (false, true): counts.falsePositives += Double(number)
            case (false, false): counts.trueNegatives += Double(number)
            }
        }
        return counts
    }

    private var binaryFigures: [QualityFigure] {
        let counts = counts(of: positive)
        let (trues, falses) = (counts.truePositives, counts.falsePositives)
        let scored = Double(calibration.counts.reduce(0, +))
        var gap = 0.0
        for bin in 0..<10 {
            gap += abs(calibration.scores[bin] - Double(calibration.positives[bin]))
        }
        return [
            accuracy, share("precision", trues, trues + falses),
            share("recall", trues, trues + counts.falseNegatives),
            QualityFigure(name: "f1", value: counts.f1, interval: nil),
            QualityFigure(name: "roc_auc", value: receiverArea, interval: nil),
            QualityFigure(name: "log_loss", value: logLoss / scored, interval: nil),
            QualityFigure(name: "brier", value: squaredScoreErrors / scored, interval: nil),
            QualityFigure(name: "ece", value: gap / scored, interval: nil),
        ]
    }

    /// The chance that a positive row scores above a negative one, equal scores counted half.
    private var receiverArea: Double {
        let positives = positiveScores.weighted
        let negatives = negativeScores.weighted
        var wins = 0.0
        var below = 0.0
        var index = 0
        var start = 0
        while start < positives.count {
            let score = positives[start].value
            var weight = 0.0
            while start < positives.count && positives[start].value == score {
                weight += Double(positives[start].weight)
                start += 1
            }
            while index < negatives.count && negatives[index].value < score {
                below += Double(negatives[index].weight)
                index += 1
            }
            var equal = 0.0
            while index < negatives.count && negatives[index].value == score {
                equal += Double(negatives[index].weight)
                index += 1
            }
            wins += weight * (below + equal / 2)
            below += equal
        }
        return wins / (Double(positiveScores.count) * Double(negativeScores.count))
    }

    private var classFigures: [QualityFigure] {
        let names = Set(confusion.keys.flatMap { [$0.label, $0.predicted] })
        let all = names.sorted().map { counts(of: $0) }
        func mean(_ name: String, _ figure: (Confusion) -> Double) -> QualityFigure {
            QualityFigure(
                name: name, value: all.reduce(0) { $0 + figure($1) } / Double(all.count),
                interval: nil)
        }
        return [
            accuracy, mean("f1_macro") { $0.f1 }, mean("precision_macro") { $0.precision },
            mean("recall_macro") { $0.recall },
        ]
    }

    private var numberFigures: [QualityFigure] {
        let count = Double(actual.count)
        let half =
            1.959963984540054 * (absolute.squares / (count - 1)).squareRoot() / count.squareRoot()
        return [
            QualityFigure(
                name: "mae", value: absolute.mean,
                interval: max(absolute.mean - half, 0)...absolute.mean + half),
            QualityFigure(name: "rmse", value: (squared / count).squareRoot(), interval: nil),
            QualityFigure(name: "mape", value: relative / count, interval: nil),
            QualityFigure(
                name: "r2", value: actual.squares > 0 ? 1 - squared / actual.squares : .nan,
                interval: nil),
        ]
    }
}
