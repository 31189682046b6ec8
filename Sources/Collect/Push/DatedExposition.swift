// An exposition whose samples say when they were: the form in which histories are handed over (promtool
// and `martlet export` write it). It goes through the bulk path, so any age is welcome. A line without a
// time is a fault, because "now" is what a history never means; it costs only itself.

public import Basics

/// The series of a dated exposition.
public struct DatedExposition: Sendable {
    public private(set) var series: [Series] = []
    /// What is wrong with single lines, each with its number; the first hundred.
    public private(set) var faults: [String] = []
    public private(set) var faultCount = 0
    private var metadata = ScrapedMetadata()

    private static let faultsMax = 100

    /// Reads OpenMetrics, with or without its `# EOF`, or text 0.0.4 with times in milliseconds.
    ///
    /// - Throws: ``ExpositionError`` when a line cannot be read at all.
    public init(_ body: [UInt8], openMetrics: Bool) throws(ExpositionError) {
        var bytes = body
        if openMetrics && !DatedExposition.isEnded(body) {
            if body.last != 0x0a { bytes.append(0x0a) }
            bytes += Array("# EOF\n".utf8)
        }
        var columns: [Labels: Int] = [:]
        try bytes.withUnsafeBufferPointer { all throws(ExpositionError) in
            var parser = ExpositionParser(UnsafeRawBufferPointer(all), openMetrics: openMetrics)
            var reader = SeriesText()
            while let entry = try parser.next() {
                guard entry == .sample else {
                    metadata.take(entry, parser)
                    continue
                }
                let labels: Labels
                do throws(SeriesTextError) {
                    labels = try reader.labels(parser.seriesBytes, kind: parser.kind)
                } catch {
                    throw ExpositionError(line: parser.line, reason: error.reason)
                }
                guard let time = parser.time else {
                    fault("line \(parser.line): a sample without a time")
                    continue
                }
                let index = columns[labels] ?? series.count
                if index == series.count {
                    columns[labels] = index
                    series.append(Series(labels: labels))
                }
                series[index].times.append(time)
                series[index].values.append(parser.value)
            }
        }
    }

    private static func isEnded(_ body: [UInt8]) -> Bool {
        let end = Array("# EOF".utf8)
        return body.suffix(6).elementsEqual(end + [0x0a]) || body.suffix(5).elementsEqual(end)
    }

    private mutating func fault(_ reason: String) {
        faultCount += 1
        if faults.count < DatedExposition.faultsMax { faults.append(reason) }
    }

    /// Hands the samples over, and what is known of their metrics; blocks until they are kept.
    public mutating func deliver(to intake: Intake) throws(IntakeError) -> AppendOutcome {
        metadata.flush(to: intake)
        return series.isEmpty ? AppendOutcome() : try intake.backfill(series)
    }
}
