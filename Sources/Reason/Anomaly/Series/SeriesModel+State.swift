// A model's state as bytes: about 15 KB, the same bits after a restart.

internal import Basics

extension SeriesModel {
    private static let version: UInt8 = 4

    /// The whole state, with a version and a checksum.
    public func encoded() -> [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.write(options.alarmEvidence)
        writer.write(options.quietTime)
        writer.write(Int64(options.warmUp))
        writer.write(Int64(bitPattern: seed))
        features.write(to: &writer)
        for sketch in ensemble.sketches { sketch.write(to: &writer) }
        writer.write(ensemble.power)
        writer.write(ensemble.injections)
        writer.write(Int64(ensemble.observed))
        writer.write([news.loudest, news.raised])
        for time in [news.quietFrom, news.last, relevelFrom] { writer.write(time ?? .min) }
        writer.write([relevelSum, relevelCount])
        level.write(to: &writer)
        writer.write(Int64(ensemble.changes.count))
        for change in ensemble.changes {
            var bytes: [UInt8] = []
            change.detector.encode(into: &bytes)
            writer.append(bytes)
            change.sketch.write(to: &writer)
        }
        return writer.finished()
    }

    /// Resumes from a state.
    ///
    /// - Parameter changes: the types of the detectors that had joined, in their order.
    /// - Throws: `ModelStateError` when the bytes are damaged, of another version, or of other
    ///   detectors.
    public init(decoding bytes: [UInt8], changes: [any ChangeDetector.Type] = []) throws {
        var reader = try StateReader(bytes, version: Self.version)
        var options = AnomalyOptions()
        options.alarmEvidence = try reader.double()
        options.quietTime = try reader.integer()
        options.warmUp = Int(try reader.integer())
        self.init(options: options, seed: UInt64(bitPattern: try reader.integer()))
        try features.read(from: &reader)
        for index in ensemble.sketches.indices { try ensemble.sketches[index].read(from: &reader) }
        ensemble.power = try reader.doubles(ensemble.power.count)
        ensemble.injections = try reader.doubles(ensemble.injections.count)
        ensemble.observed = Int(try reader.integer())
        news.loudest = try reader.double()
        news.raised = try reader.double()
        func time() throws -> Millis? {
            let stored = try reader.integer()
            return stored == .min ? nil : stored
        }
        news.quietFrom = try time()
        news.last = try time()
        relevelFrom = try time()
        relevelSum = try reader.double()
        relevelCount = try reader.double()
        try level.read(from: &reader)
        let joined = try reader.integer()
        guard joined == Int64(changes.count) else {
            throw ModelStateError("\(joined) detectors of changes where \(changes.count) are used")
        }
        for type in changes {
            let state = try reader.blob()
            var offset = 0
            let detector = try state.withUnsafeBytes { try type.init(decoding: $0, at: &offset) }
            var change = ChangeView(detector: detector)
            try change.sketch.read(from: &reader)
            ensemble.changes.append(change)
        }
        try reader.finish()
    }
}

extension SurpriseSketch {
    func write(to writer: inout StateWriter) {
        writer.write(counts)
        writer.write([total, square, seen])
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        counts = try reader.floats(counts.count)
        total = try reader.double()
        square = try reader.double()
        seen = try reader.double()
    }
}

extension SeasonalProfile {
    func write(to writer: inout StateWriter) {
        writer.write(means)
        writer.write(visits)
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        means = try reader.doubles(means.count)
        visits = try reader.floats(visits.count)
    }
}

extension Window {
    func write(to writer: inout StateWriter) {
        writer.write(values)
        writer.write(Int64(count))
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        values = try reader.doubles(values.count)
        count = Int(try reader.integer())
        if count < 0 { throw ModelStateError("a window of \(count) values") }
    }
}

extension SeriesFeatures {
    func write(to writer: inout StateWriter) {
        writer.write([mean, variance, count, step, intervals])
        writer.write([lastValue, lowest, stepMean, stepCount])
        writer.write(last ?? .min)
        day.write(to: &writer)
        week.write(to: &writer)
        writer.write(filter.weights)
        writer.write(filter.covariance)
        writer.write(filter.past)
        recent.write(to: &writer)
        recentDay.write(to: &writer)
        steps.write(to: &writer)
        rhythm.write(to: &writer)
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        mean = try reader.double()
        variance = try reader.double()
        count = try reader.double()
        step = try reader.double()
        intervals = try reader.double()
        lastValue = try reader.double()
        lowest = try reader.double()
        stepMean = try reader.double()
        stepCount = try reader.double()
        let time = try reader.integer()
        last = time == .min ? nil : time
        try day.read(from: &reader)
        try week.read(from: &reader)
        filter.weights = try reader.doubles(filter.weights.count)
        filter.covariance = try reader.doubles(filter.covariance.count)
        filter.past = try reader.doubles(filter.past.count)
        try recent.read(from: &reader)
        try recentDay.read(from: &reader)
        try steps.read(from: &reader)
        try rhythm.read(from: &reader)
    }
}
