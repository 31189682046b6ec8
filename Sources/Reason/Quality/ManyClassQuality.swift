// Quality of a classifier of several classes: the confusion matrix and its averages, areas one class
// against the rest and one against one.

public import Algebra
internal import Glibc

/// Predicted probabilities per class with the true class.
public struct ManyClassQuality: Sendable {
    /// Indices into the classes.
    public let labels: [Int]
    public let predictions: [Int]
    /// A row a prediction, a column a class; nil when only the predicted class is known.
    public let scores: Matrix?
    public let classCount: Int
    /// `confusion[true][predicted]`.
    public let confusion: [[Int]]

    public init(labels: [Int], predictions: [Int], scores: Matrix? = nil, classCount: Int) {
        self.labels = labels
        self.predictions = predictions
        self.scores = scores
        self.classCount = classCount
        var table = Array(repeating: Array(repeating: 0, count: classCount), count: classCount)
        for (label, prediction) in zip(labels, predictions) { table[label][prediction] += 1 }
        confusion = table
    }

    /// The most probable class of every row decides.
    public init(labels: [Int], scores: Matrix) {
        let predictions = (0..<scores.rows).map { row in
            let cells = Array(scores.row(row))
            return cells.indices.max {
                cells[$0] < cells[$1] || (cells[$0] == cells[$1] && $0 > $1)
            } ?? 0
        }
        self.init(
            labels: labels, predictions: predictions, scores: scores, classCount: scores.columns)
    }

    /// How the figures of the classes become one.
    public enum Average: String, Sendable, CaseIterable { case macro, micro, weighted }

    /// The counts of one class against the rest.
    public func confusion(of one: Int) -> Confusion {
        var counts = Confusion()
        for label in 0..<classCount {
            for prediction in 0..<classCount {
                let count = Double(confusion[label][prediction])
                switch (label == one, prediction == one) {
                case (true, true): counts.truePositives += count
                case (true, false): counts.falseNegatives += count
                case (false, true): counts.falsePositives += count
                case (false, false): counts.trueNegatives += count
                }
            }
        }
        return counts
    }

    public var accuracy: Double {
        let right = (0..<classCount).reduce(0) { $0 + confusion[$1][$1] }
        return Double(right) / Double(labels.count)
    }

    public func precision(_ average: Average) -> Double { averaged(average) { $0.precision } }
    public func recall(_ average: Average) -> Double { averaged(average) { $0.recall } }
    public func f1(_ average: Average) -> Double { averaged(average) { $0.f1 } }

    private func averaged(_ average: Average, _ figure: (Confusion) -> Double) -> Double {
        // Every row is right or wrong once: micro averages of one label a row are the accuracy.
        if average == .micro { return accuracy }
        var sum = 0.0
        var weights = 0.0
        for one in 0..<classCount {
            let counts = confusion(of: one)
            let support = counts.truePositives + counts.falseNegatives
            if support + counts.falsePositives == 0 { continue }
            let weight = average == .macro ? 1 : support
            sum += weight * figure(counts)
            weights += weight
        }
        return weights > 0 ? sum / weights : .nan
    }

    /// The mean area of every class against the rest.
    public var areaOneAgainstRest: Double {
        guard let scores else { return .nan }
        let areas = (0..<classCount).map { one in
            BinaryQuality(
                labels: labels.map { $0 == one ? 1 : 0 }, scores: scores.column(one)
            ).receiverArea
        }
        return areas.reduce(0, +) / Double(classCount)
    }

    /// The mean area over all ordered pairs of classes (Hand and Till 2001).
    public var areaOneAgainstOne: Double {
        guard let scores else { return .nan }
        var sum = 0.0
        var pairs = 0.0
        for first in 0..<classCount {
            for second in 0..<classCount where first != second {
                let rows = labels.indices.filter { labels[$0] == first || labels[$0] == second }
                sum +=
                    BinaryQuality(
                        labels: rows.map { labels[$0] == first ? 1 : 0 },
                        scores: rows.map { scores[$0, first] }
                    ).receiverArea
                pairs += 1
            }
        }
        return sum / pairs
    }

    public var logLoss: Double {
        guard let scores else { return .nan }
        let edge = Double.ulpOfOne
        var sum = 0.0
        for (row, label) in labels.enumerated() {
            let total = scores.row(row).reduce(0, +)
            sum -= log(min(max(scores[row, label] / total, edge), 1 - edge))
        }
        return sum / Double(labels.count)
    }

    /// The share of rows whose class is among the `count` most probable.
    public func topAccuracy(_ count: Int) -> Double {
        guard let scores else { return .nan }
        var hits = 0
        for (row, label) in labels.enumerated() {
            let own = scores[row, label]
            if scores.row(row).filter({ $0 > own }).count < count { hits += 1 }
        }
        return Double(hits) / Double(labels.count)
    }

    /// Matthews' correlation for several classes (Gorodkin 2004).
    public var matthews: Double {
        let total = Double(labels.count)
        let right = accuracy * total
        var mixed = 0.0
        var predictedSquares = 0.0
        var actualSquares = 0.0
        for one in 0..<classCount {
            let actual = Double(confusion[one].reduce(0, +))
            let predicted = Double(confusion.reduce(0) { $0 + $1[one] })
            mixed += actual * predicted
            predictedSquares += predicted * predicted
            actualSquares += actual * actual
        }
        let spread =
            ((total * total - predictedSquares) * (total * total - actualSquares)).squareRoot()
        return spread > 0 ? (right * total - mixed) / spread : 0
    }
}
