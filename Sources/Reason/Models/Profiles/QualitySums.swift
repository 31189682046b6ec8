// Quality as sums: what figures of quality need of labelled answers, in a form that adds up over days.
// Counts of true against predicted class, scores of both classes as sketches and in ten bins, sums of
// errors of numbers. Figures from sums equal those from rows, but for the ROC area, which is as good as
// the sketches are.

internal import Algebra
internal import Basics
internal import Glibc

/// Ten bins of calibration: rows, sum of scores, positives.
struct CalibrationSums: Equatable {
    var counts = [Int](repeating: 0, count: 10)
    var scores = [Double](repeating: 0, count: 10)
    var positives = [Int](repeating: 0, count: 10)
}

/// A pair of classes.
struct ClassPair: Hashable {
    var label: String
    var predicted: String
}

/// Mergeable sums of labelled answers.
public struct QualitySums: Sendable {
    /// Classes that are counted by name; the others are one class, which is called `…`.
    static let classesMax = 60
    static let otherClass = "…"

    /// Rows by true and predicted class.
    var confusion: [ClassPair: Int] = [:]
    private var classes: Set<String> = []
    /// Rows whose class was predicted, also among the classes that have lost their name.
    var right = 0
    /// The positive class; empty when the answers are not of two classes with a score.
    var positive = ""
    /// Scores of the rows whose true class is the positive one, and of the others.
    var positiveScores = KLL(k: ColumnProfile.keptPrecision)
    var negativeScores = KLL(k: ColumnProfile.keptPrecision)
    var squaredScoreErrors = 0.0
    var logLoss = 0.0
    var calibration = CalibrationSums()
    /// True numbers, and of the errors the sums of |e|, e², |e / y|.
    var actual = RunningMoments()
    var absolute = RunningMoments()
    var squared = 0.0
    var relative = 0.0

    public init() {}

    /// Rows with a label that could be judged.
    public var rows: Int { confusion.values.reduce(0, +) + actual.count }

    /// Sets the counts of classes of sums that are read back.
    mutating func restore(_ counts: [ClassPair: Int], right: Int) {
        confusion = counts
        classes = Set(counts.keys.flatMap { [$0.label, $0.predicted] })
        self.right = right
    }

    /// - Parameter isRegression: told by more rows than these; else by what is summed already, else by the
    ///   rows themselves.
    mutating func take(
        _ block: PredictionBlock, labels: [String?], seed: UInt64, isRegression: Bool
    ) {
        let known = labels.indices.filter { labels[$0] != nil }
        if known.isEmpty { return }
        let part = known.count == block.count ? block : block.selecting(known)
        let labels = known.compactMap { labels[$0] }
        let isRegression = isRegression || actual.count > 0 && confusion.isEmpty
        guard let answers = JudgedAnswers(part, labels: labels, isRegression: isRegression) else {
            return
        }
        switch answers.kind {
        case .numbers: takeNumbers(answers, labels)
        case .classes: takeClasses(answers, labels)
        case .binary(let name):
            takeClasses(answers, labels)
            takeScores(answers, labels, name, seed)
        }
    }

    private mutating func takeNumbers(_ answers: JudgedAnswers, _ labels: [String]) {
        for (label, predicted) in zip(labels, answers.numbers) {
            guard let value = Double(label), value.isFinite, predicted.isFinite else { continue }
            let error = abs(value - predicted)
            actual.take(value)
            absolute.take(error)
            squared += error * error
            relative += error / max(abs(value), Double.ulpOfOne)
        }
    }

    private mutating func takeClasses(_ answers: JudgedAnswers, _ labels: [String]) {
        for (label, predicted) in zip(labels, answers.classes) {
            guard let predicted else { continue }
            count(ClassPair(label: label, predicted: predicted), 1)
            right += label == predicted ? 1 : 0
        }
    }

    private mutating func takeScores(
        _ answers: JudgedAnswers, _ labels: [String], _ name: String, _ seed: UInt64
    ) {
        // Another positive class would turn the scores round: the first one stays.
        if positive.isEmpty {
            positive = name
            positiveScores = KLL(k: ColumnProfile.keptPrecision, seed: seed)
            negativeScores = KLL(k: ColumnProfile.keptPrecision, seed: seed &+ 1)
        }
        if positive != name { return }
        let edge = Double.ulpOfOne
        for (row, score) in answers.scores.enumerated()
        where score >= 0 && score <= 1 && answers.classes[row] != nil {
            let isPositive = labels[row] == name
            let bin = min(Int(score * 10), 9)
            calibration.counts[bin] += 1
            calibration.scores[bin] += score
            calibration.positives[bin] += isPositive ? 1 : 0
            let p = min(max(score, edge), 1 - edge)
            logLoss -= isPositive ? log(p) : log1p(-p)
            let error = score - (isPositive ? 1 : 0)
            squaredScoreErrors += error * error
            if isPositive { positiveScores.insert(score) } else { negativeScores.insert(score) }
        }
    }

    /// Takes the rows of other sums in.
    mutating func merge(_ other: QualitySums) {
        for (pair, number) in other.confusion.sorted(by: { isBefore($0.key, $1.key) }) {
            count(pair, number)
        }
        right += other.right
        actual.merge(other.actual)
        absolute.merge(other.absolute)
        squared += other.squared
        relative += other.relative
        if positive.isEmpty {
            positive = other.positive
        } else if !other.positive.isEmpty && positive != other.positive {
            return
        }
        positiveScores.merge(other.positiveScores)
        negativeScores.merge(other.negativeScores)
        squaredScoreErrors += other.squaredScoreErrors
        logLoss += other.logLoss
        for bin in 0..<10 {
            calibration.counts[bin] += other.calibration.counts[bin]
            calibration.scores[bin] += other.calibration.scores[bin]
            calibration.positives[bin] += other.calibration.positives[bin]
        }
    }

    private func isBefore(_ a: ClassPair, _ b: ClassPair) -> Bool {
        (a.label, a.predicted) < (b.label, b.predicted)
    }

    private mutating func count(_ pair: ClassPair, _ number: Int) {
        func named(_ name: String) -> String {
            if classes.contains(name) { return name }
            if classes.count >= QualitySums.classesMax { return QualitySums.otherClass }
            classes.insert(name)
            return name
        }
        confusion[
            ClassPair(label: named(pair.label), predicted: named(pair.predicted)), default: 0] +=
            number
    }
}
