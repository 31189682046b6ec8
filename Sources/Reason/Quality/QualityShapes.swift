// Quality as pictures: ROC and precision-recall curves, calibration, the confusion table, residuals. A
// value of some hundred numbers that pages and the report draw; curves are thinned to what can be seen.

internal import Algebra
internal import Basics

/// A line of points with the area under it.
public struct QualityCurve: Sendable, Equatable {
    public var x: [Double]
    public var y: [Double]
    public var area: Double

    /// Keeps both ends, and of the points between those that are a fiftieth from the last kept one.
    init(_ points: [CurvePoint], area: Double) {
        x = []
        y = []
        self.area = area
        for (index, point) in points.enumerated() {
            let isEnd = index == 0 || index == points.count - 1
            if !isEnd, let lastX = x.last, let lastY = y.last,
                abs(point.x - lastX) < 0.02 && abs(point.y - lastY) < 0.02
            {
                continue
            }
            x.append(point.x)
            y.append(point.y)
        }
    }
}

/// How often each class was taken for each.
public struct ConfusionTable: Sendable, Equatable {
    /// Classes that are shown; rarer ones are one class, named `…`.
    public static let classesMax = 10

    public var names: [String]
    /// `counts[true][predicted]`.
    public var counts: [[Int]]

    init(names: [String], counts: [[Int]]) {
        self.names = names
        self.counts = counts
        guard names.count > ConfusionTable.classesMax else { return }
        let ranked = names.indices.sorted {
            (counts[$1].reduce(0, +), $0) < (counts[$0].reduce(0, +), $1)
        }
        let kept = ranked.prefix(ConfusionTable.classesMax - 1).sorted()
        var place = [Int](repeating: kept.count, count: names.count)
        for (index, one) in kept.enumerated() { place[one] = index }
        self.names = kept.map { names[$0] } + ["…"]
        self.counts = Array(
            repeating: Array(repeating: 0, count: kept.count + 1), count: kept.count + 1)
        for (row, cells) in counts.enumerated() {
            for (column, count) in cells.enumerated() {
                self.counts[place[row]][place[column]] += count
            }
        }
    }
}

/// Predicted less true numbers: shares in bins of equal width, the outer ones open.
public struct ResidualShape: Sendable, Equatable {
    static let binsMax = 24

    public var low: Double
    public var high: Double
    public var shares: [Double]
    public var mean: Double
    public var median: Double
}

/// The pictures of some labelled answers.
public struct QualityShapes: Sendable, Equatable {
    public var rows: Int
    public var receiver: QualityCurve?
    public var precisionRecall: QualityCurve?
    /// The share of positives, which is the precision of guessing.
    public var positiveShare: Double?
    public var calibration: [CalibrationBin] = []
    public var calibrationError: Double?
    public var confusion: ConfusionTable?
    public var residuals: ResidualShape?

    /// The pictures; `other` is what they will be shown beside, so that residuals share their bins.
    public init(_ judged: LabelledPredictions, beside other: LabelledPredictions? = nil) {
        rows = judged.count
        switch judged {
        case .binary(let quality): take(quality)
        case .manyClasses(let quality, let names):
            confusion = ConfusionTable(names: names, counts: quality.confusion)
            if let confidence = quality.confidence { takeCalibration(confidence) }
        case .regression(let quality):
            var pooled = quality.residuals
            if case .regression(let second)? = other { pooled += second.residuals }
            residuals = ResidualShape(quality.residuals, within: pooled)
        }
    }

    private mutating func take(_ quality: BinaryQuality) {
        let counts = quality.confusion
        confusion = ConfusionTable(
            names: ["−", "+"],
            counts: [
                [Int(counts.trueNegatives), Int(counts.falsePositives)],
                [Int(counts.falseNegatives), Int(counts.truePositives)],
            ])
        takeCalibration(quality)
        // With one class only there is nothing to tell apart.
        if quality.receiverArea.isNaN { return }
        positiveShare = quality.positives / Double(max(quality.labels.count, 1))
        receiver = QualityCurve(quality.receiverCurve, area: quality.receiverArea)
        precisionRecall = QualityCurve(
            quality.precisionRecallCurve, area: quality.averagePrecision)
    }

    private mutating func takeCalibration(_ quality: BinaryQuality) {
        // What is no probability has no calibration.
        if !quality.scores.allSatisfy({ $0 >= 0 && $0 <= 1 }) { return }
        calibration = quality.calibration
        calibrationError = quality.calibrationError
    }
}

extension ManyClassQuality {
    /// "The predicted class is right" with its probability, as Guo and others (2017) calibrate.
    fileprivate var confidence: BinaryQuality? {
        guard let scores else { return nil }
        return BinaryQuality(
            labels: zip(labels, predictions).map { $0 == $1 ? 1 : 0 },
            scores: predictions.enumerated().map { scores[$0, $1] })
    }
}

extension RegressionQuality {
    fileprivate var residuals: [Double] { zip(actual, predicted).map { $1 - $0 } }
}

extension ResidualShape {
    fileprivate init?(_ residuals: [Double], within pooled: [Double]) {
        let all = sortedAscending(pooled)
        let own = sortedAscending(residuals)
        if own.isEmpty { return nil }
        // Between the outermost hundredths of both, so that one outlier does not flatten the picture.
        low = quantile(all, 0.01)
        high = quantile(all, 0.99)
        shares = Array(repeating: 0, count: ResidualShape.binsMax)
        mean = residuals.reduce(0, +) / Double(residuals.count)
        median = quantile(own, 0.5)
        let width = (high - low) / Double(ResidualShape.binsMax)
        for value in residuals {
            let place = width > 0 ? ((value - low) / width).rounded(.down) : 0
            let bin = Int(min(max(place, 0), Double(ResidualShape.binsMax - 1)))
            shares[bin] += 1 / Double(residuals.count)
        }
    }
}
