// A profile as bytes and back: a version in front, a checksum behind, the whole gzipped. Damage and
// later versions are errors, never a profile that is a little wrong.

internal import Algebra
internal import Basics
internal import Bytes

extension AnswerProfile {
    private static let version: UInt8 = 1
    /// Bytes that an unpacked profile may have: columns of sketches of five kilobytes and as many names.
    private static let bytesMax = 64 << 20

    /// The profile as bytes.
    public var encoded: [UInt8] {
        var writer = StateWriter(version: AnswerProfile.version)
        writer.write(Int64(rows))
        writer.write(from)
        writer.write(through)
        writer.write(Int64(columns.count))
        for (title, profile) in columns.sorted(by: { $0.key < $1.key }) {
            writer.append(Array(title.utf8))
            writer.write(profile)
        }
        writer.write(quality)
        return gzip(writer.finished(), level: 6)
    }

    /// The profile that ``encoded`` wrote.
    ///
    /// - Throws: what is wrong with the bytes.
    public init(_ packed: [UInt8]) throws {
        var reader = try StateReader(
            try gunzip(packed, bytesMax: AnswerProfile.bytesMax), version: AnswerProfile.version)
        let rows = try reader.count()
        let from = try reader.integer()
        let through = try reader.integer()
        var columns: [String: ColumnProfile] = [:]
        for _ in 0..<(try reader.count(max: AnswerProfile.columnsMax)) {
            let title = String(decoding: try reader.blob(), as: UTF8.self)
            columns[title] = try reader.column()
        }
        let quality = try reader.quality()
        try reader.finish()
        self.init(
            rows: rows, from: from, through: through, columns: columns, quality: quality)
    }
}

extension StateWriter {
    fileprivate mutating func write(_ moments: RunningMoments) {
        write(Int64(moments.count))
        write(moments.mean)
        write(moments.squares)
    }

    fileprivate mutating func write(_ sketch: KLL) {
        write(Int64(sketch.k))
        write(Int64(sketch.count))
        write(sketch.minimum)
        write(sketch.maximum)
        write(Int64(sketch.kept.count))
        for level in sketch.kept {
            write(Int64(level.count))
            // Sorted, neighbours share their upper bytes, which is most of what gzip finds.
            write(level.sorted())
        }
    }

    fileprivate mutating func write(_ profile: ColumnProfile) {
        write(Int64(profile.count))
        write(Int64(profile.missing))
        write(profile.moments)
        write(Int64(profile.sketch == nil ? 0 : 1))
        if let sketch = profile.sketch { write(sketch) }
        write(Int64(profile.others))
        write(Int64(profile.categories.count))
        for (name, number) in profile.categories.sorted(by: { $0.key < $1.key }) {
            append(Array(name.utf8))
            write(Int64(number))
        }
    }

    fileprivate mutating func write(_ sums: QualitySums) {
        write(Int64(sums.right))
        write(Int64(sums.confusion.count))
        for (pair, number) in sums.confusion.sorted(by: {
            ($0.key.label, $0.key.predicted) < ($1.key.label, $1.key.predicted)
        }) {
            append(Array(pair.label.utf8))
            append(Array(pair.predicted.utf8))
            write(Int64(number))
        }
        append(Array(sums.positive.utf8))
        write(sums.positiveScores)
        write(sums.negativeScores)
        write(sums.squaredScoreErrors)
        write(sums.logLoss)
        for bin in 0..<10 {
            write(Int64(sums.calibration.counts[bin]))
            write(sums.calibration.scores[bin])
            write(Int64(sums.calibration.positives[bin]))
        }
        write(sums.actual)
        write(sums.absolute)
        write(sums.squared)
        write(sums.relative)
    }
}

extension StateReader {
    /// A count of things; what a checksum let pass is still not believed.
    fileprivate mutating func count(max: Int = .max) throws(ModelStateError) -> Int {
        let value = try integer()
        guard value >= 0, value <= Int64(max) else {
            throw ModelStateError("\(value) is no count")
        }
        return Int(value)
    }

    fileprivate mutating func moments() throws(ModelStateError) -> RunningMoments {
        RunningMoments(count: try count(), mean: try double(), squares: try double())
    }

    fileprivate mutating func sketch() throws(ModelStateError) -> KLL {
        let k = try count(max: 1 << 16)
        let number = try count()
        let minimum = try double()
        let maximum = try double()
        var levels: [[Double]] = []
        for _ in 0..<(try count(max: 62)) { levels.append(try doubles(try count(max: 1 << 20))) }
        guard
            let sketch = KLL(
                k: k, count: number, minimum: minimum, maximum: maximum, kept: levels,
                seed: UInt64(number))
        else { throw ModelStateError("the weights of a sketch do not add up") }
        return sketch
    }

    fileprivate mutating func column() throws(ModelStateError) -> ColumnProfile {
        let rows = try count()
        let missing = try count()
        let moments = try moments()
        let sketch = try count(max: 1) == 1 ? try sketch() : nil
        let others = try count()
        var categories: [String: Int] = [:]
        for _ in 0..<(try count(max: ColumnProfile.categoriesMax)) {
            let name = String(decoding: try blob(), as: UTF8.self)
            categories[name] = try count()
        }
        return ColumnProfile(
            count: rows, missing: missing, sketch: sketch, categories: categories, others: others,
            moments: moments)
    }

    fileprivate mutating func quality() throws(ModelStateError) -> QualitySums {
        var sums = QualitySums()
        let right = try count()
        var counts: [ClassPair: Int] = [:]
        for _ in 0..<(try count(max: 1 << 16)) {
            let label = String(decoding: try blob(), as: UTF8.self)
            let predicted = String(decoding: try blob(), as: UTF8.self)
            counts[ClassPair(label: label, predicted: predicted)] = try count()
        }
        sums.restore(counts, right: right)
        sums.positive = String(decoding: try blob(), as: UTF8.self)
        sums.positiveScores = try sketch()
        sums.negativeScores = try sketch()
        sums.squaredScoreErrors = try double()
        sums.logLoss = try double()
        for bin in 0..<10 {
            sums.calibration.counts[bin] = try count()
            sums.calibration.scores[bin] = try double()
            sums.calibration.positives[bin] = try count()
        }
        sums.actual = try moments()
        sums.absolute = try moments()
        sums.squared = try double()
        sums.relative = try double()
        return sums
    }
}
