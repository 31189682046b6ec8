// What stands behind the figures of quality: the curves of the newest labelled answers beside those of
// the reference, and the same answers segment by segment. More rows than the figures themselves take,
// since a curve and ten segments need them; how many is shown.

public import Basics

/// Curves and segments of a version.
public struct QualityDetail: Sendable, Equatable {
    /// The newest labelled answers that are taken.
    public static let rowsMax = 2000

    public private(set) var reference: QualityShapes?
    public private(set) var current: QualityShapes?
    public private(set) var segments: SegmentQuality?
    /// When the first and the last of the answers were given.
    public private(set) var times: ClosedRange<Millis>?

    public init() {}

    /// - Parameters:
    ///   - rows: the labelled rows of `block` by time.
    ///   - labels: one for every row of `block`, nil where there is none.
    ///   - reference: the labelled rows of the reference, if there are any.
    public init(
        _ block: PredictionBlock, rows: [Int], labels: [String?], reference: LabelledPredictions?
    ) {
        let newest = Array(rows.suffix(QualityDetail.rowsMax))
        let part = block.selecting(newest)
        let known = newest.map { labels[$0] }
        let judged =
            newest.count < QualityReading.rowsMin ? nil : LabelledPredictions(part, labels: known)
        self.reference = reference.map { QualityShapes($0, beside: judged) }
        guard let judged, let first = newest.first, let last = newest.last else { return }
        current = QualityShapes(judged, beside: reference)
        segments = SegmentQuality(part, labels: known)
        times = block.times[first]...max(block.times[first], block.times[last])
    }
}
