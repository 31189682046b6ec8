// Quality segment by segment: every figure with its interval, and against the rest of the rows the
// difference with its own. A segment is marked only when its difference survives Holm's correction over
// all segments and figures, so that of fifty segments without any difference none is marked by any figure
// in 95 of 100 looks.

internal import Algebra
public import Basics

/// A figure of one segment beside the same figure of all other rows.
public struct SegmentFigure: Sendable, Equatable {
    public var segment: String
    /// Labelled rows of the segment.
    public var rows: Int
    public var name: String
    public var value: Double
    public var interval: ClosedRange<Double>
    /// The figure of the rows that are not of the segment.
    public var rest: Double
    /// `value − rest`, with its 95 % interval.
    public var difference: ClosedRange<Double>
    /// The p-value of no difference, and the same after Holm over all segments and figures.
    public var probability: Double
    public var adjusted: Double
    /// More than chance among so many segments and figures.
    public var isBeyondNoise: Bool { adjusted <= 0.05 }
    /// Whether the segment is on the worse side.
    public var isWorse: Bool { isHigherBetter(name) ? value < rest : value > rest }
}

/// The segments of some labelled rows.
public struct SegmentQuality: Sendable, Equatable {
    /// Segments that are judged; the largest.
    public static let segmentsMax = 50

    /// Figure by figure, and in each the segments in the order of their rows.
    public private(set) var figures: [SegmentFigure] = []
    /// Segments with fewer labelled rows than a figure needs, the largest first.
    public private(set) var small: [(segment: String, rows: Int)] = []

    public static func == (left: SegmentQuality, right: SegmentQuality) -> Bool {
        left.figures == right.figures
            && left.small.elementsEqual(right.small) {
                $0.segment == $1.segment && $0.rows == $1.rows
            }
    }

    /// Judges the labelled rows of a block; rows without a segment belong to the rest only.
    public init(_ block: PredictionBlock, labels: [String?]) {
        self.init(labels.indices.filter { labels[$0] != nil }, segments: block.segments) { rows in
            LabelledPredictions(block.selecting(rows), labels: rows.map { labels[$0] })
        }
    }

    /// - Parameter judge: the figures of some of the rows.
    init(_ rows: [Int], segments: [String], judge: ([Int]) -> LabelledPredictions?) {
        let parts = Dictionary(grouping: rows) { segments[$0] }.filter { !$0.key.isEmpty }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        var found: [String: [SegmentFigure]] = [:]
        var order: [String] = []
        for (segment, own) in parts.prefix(SegmentQuality.segmentsMax) {
            let rest = rows.filter { segments[$0] != segment }
            if own.count < QualityReading.rowsMin {
                small.append((segment, own.count))
                continue
            }
            if rest.count < QualityReading.rowsMin { continue }
            guard let mine = judge(own), let theirs = judge(rest) else { continue }
            let others = theirs.graded
            for figure in mine.graded {
                guard let other = others.first(where: { $0.name == figure.name }) else { continue }
                let probability = figure.probability(ofEqual: other)
                if found[figure.name] == nil { order.append(figure.name) }
                found[figure.name, default: []].append(
                    SegmentFigure(
                        segment: segment, rows: mine.count, name: figure.name, value: figure.value,
                        interval: figure.interval(), rest: other.value,
                        difference: figure.difference(from: other), probability: probability,
                        adjusted: probability))
            }
        }
        figures = order.flatMap { found[$0] ?? [] }
        let adjusted = Correction.holm(figures.map(\.probability))
        for (place, value) in adjusted.enumerated() { figures[place].adjusted = value }
    }
}

/// Whether more of a figure is better.
public func isHigherBetter(_ figure: String) -> Bool {
    !["mae", "rmse", "mape", "brier", "ece", "log_loss"].contains(figure)
}
