// The series of one answer while it is put together. What each place has of a series is kept as it
// came, compressed; only when all places were asked is a series decoded, in one go, into columns of
// the right size. Decoding place by place would hold every series at half a dozen sizes.

internal import Basics

/// Collects what places have of series.
struct Gathering {
    /// What one place has of one series.
    enum Piece {
        case archive(Columns)
        case block([Chunk], path: String)
        case head(HeadRead)
    }

    private var labels: [Labels] = []
    /// The pieces of a series, in the order in which they count: of two values at one time, the
    /// later added stays.
    private var pieces: [[Piece]] = []
    /// Places by labels; made when a second place answers, because most queries ask one.
    private var places: [Labels: Int] = [:]

    /// Adds what one place has; there each series comes once.
    mutating func add(_ found: [(Labels, Piece)]) {
        if labels.isEmpty {
            labels = found.map(\.0)
            pieces = found.map { [$0.1] }
            return
        }
        if found.isEmpty { return }
        for place in places.count..<labels.count { places[labels[place]] = place }
        for (set, piece) in found {
            if let place = places[set] {
                pieces[place].append(piece)
            } else {
                places[set] = labels.count
                labels.append(set)
                pieces.append([piece])
            }
        }
    }

    /// The series in the order of their labels.
    func series(
        in range: TimeRange, _ hints: SelectHints, report: (BadBlock) -> Void
    ) throws(SourceError) -> [Series] {
        var series: [Series] = []
        series.reserveCapacity(labels.count)
        var count = 0
        // Of columns that are thinned, one run's room serves all series.
        var run = ColumnMerge()
        var reader = SpillReader()
        for place in Labels.order(of: labels) {
            if hints.moments == nil { run = ColumnMerge() } else { run.removeAll() }
            run.reserve(pieces[place].reduce(0) { $0 + $1.countEstimate(in: range) })
            for piece in pieces[place] {
                piece.add(to: &run, in: range, &reader) { bad in
                    report(
                        BadBlock(
                            path: bad.path,
                            reason: "\(bad.reason), of \(labels[place]); left out"))
                }
            }
            var columns: Columns = (run.times, run.values)
            if let moments = hints.moments { columns = thinned(columns, moments) }
            if columns.times.isEmpty { continue }
            count += columns.times.count
            if count > hints.samplesMax {
                throw SourceError(
                    reason:
                        "the query would load more than \(hints.samplesMax) samples into memory; "
                        + "ask for fewer series or a shorter range", isOverLimit: true)
            }
            series.append(
                Series(labels: labels[place], times: columns.times, values: columns.values))
        }
        return series
    }
}

extension Gathering.Piece {
    /// About how many samples lie in a range.
    func countEstimate(in range: TimeRange) -> Int {
        switch self {
        case .archive(let columns): columns.times.count
        case .block(let chunks, _): chunks.reduce(0) { $0 + $1.countEstimate(in: range) }
        case .head(let read): read.countEstimate(in: range)
        }
    }

    /// Adds the samples in a range; tells of each chunk that cannot be read.
    func add(
        to run: inout ColumnMerge, in range: TimeRange, _ reader: inout SpillReader,
        _ report: (BadBlock) -> Void
    ) {
        switch self {
        case .archive(let columns): run.add(columns)
        case .head(let read): read.add(to: &run, in: range, &reader, report)
        case .block(let chunks, let path):
            for chunk in chunks where !run.add(chunk, in: range) {
                report(BadBlock(path: path, reason: "a chunk cannot be decoded"))
            }
        }
    }
}
