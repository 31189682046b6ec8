// One pass over an exposition that does nothing with what it reads: what the benchmark measures and
// the fuzz test drives.

public import Basics

/// Parses everything.
///
/// - Returns: how many samples there were, and the sum of the finite values, so that no work can be
///   optimised away.
public func parseAll(
    _ bytes: [UInt8], openMetrics: Bool = false
) throws(ExpositionError) -> (lines: Int, sum: Double) {
    let result = bytes.withUnsafeBytes {
        raw -> Result<(lines: Int, sum: Double), ExpositionError> in
        var parser = ExpositionParser(raw, openMetrics: openMetrics)
        var lines = 0
        var sum = 0.0
        do throws(ExpositionError) {
            while let entry = try parser.next() {
                guard entry == .sample else { continue }
                lines += 1
                if parser.value.isFinite { sum += parser.value }
            }
        } catch {
            return .failure(error)
        }
        return .success((lines, sum))
    }
    return try result.get()
}

/// Parses everything into labelled samples, for small expositions; a bench and tests want no cache.
///
/// - Throws: ``ExpositionError`` with the line of the first fault.
public func readExposition(
    _ bytes: [UInt8], openMetrics: Bool = false
) throws(ExpositionError) -> [(labels: Labels, value: Double, time: Millis?)] {
    typealias Read = [(labels: Labels, value: Double, time: Millis?)]
    let result = bytes.withUnsafeBytes { raw -> Result<Read, ExpositionError> in
        var parser = ExpositionParser(raw, openMetrics: openMetrics)
        var reader = SeriesText()
        var kind = MetricKind.unknown
        var read: Read = []
        do throws(ExpositionError) {
            while let entry = try parser.next() {
                if entry == .type { kind = parser.kind }
                guard entry == .sample else { continue }
                do throws(SeriesTextError) {
                    let labels = try reader.labels(parser.seriesBytes, kind: kind)
                    read.append((labels, parser.value, parser.time))
                } catch {
                    throw ExpositionError(line: parser.line, reason: error.reason)
                }
            }
        } catch {
            return .failure(error)
        }
        return .success(read)
    }
    return try result.get()
}
