// The live model of one series. This first form knows a level and a spread that forget exponentially.

public import Basics
internal import Algebra
internal import Bytes
internal import Glibc

/// What a model of a series may be told.
public struct AnomalyOptions: Sendable, Equatable {
    /// After an alarm, how long only something more unusual is news.
    public var quietTime: Millis = 12 * 3_600_000
    /// Observations before the first judgement.
    public var warmUp = 30

    public init() {}
}

/// Why a stored model cannot be resumed.
public struct ModelStateError: Error, Equatable, CustomStringConvertible {
    public var reason: String
    public init(_ reason: String) { self.reason = reason }
    public var description: String { "model state: \(reason); it is learnt anew" }
}

/// A series' model: tell it each observation once, in order of time.
public struct SeriesModel: Sendable {
    private var options: AnomalyOptions
    private var count = 0
    private var mean = 0.0
    private var variance = 0.0

    public init(options: AnomalyOptions = .init(), seed: UInt64) {
        self.options = options
    }

    /// Judges an observation by what came before it, then learns it. `value` may be anything; what is
    /// not finite is a gap.
    public mutating func observe(time: Millis, value: Double) -> AnomalyReading {
        guard value.isFinite, count >= options.warmUp else {
            if value.isFinite { learn(value) }
            return AnomalyReading(
                score: 0, surprise: 0, low: mean, high: mean, expected: mean, isReady: false,
                reason: Phrase("anomaly.learning", ["count": String(count)]))
        }
        let spread = variance.squareRoot()
        let expected = mean
        let distance = spread > 0 ? abs(value - expected) / spread : value == expected ? 0 : 10
        let surprise = 1 - erfc(distance / 2.0.squareRoot())
        learn(value)
        return AnomalyReading(
            score: surprise, surprise: surprise, low: expected - 3 * spread,
            high: expected + 3 * spread, expected: expected, isReady: true,
            reason: Phrase(value > expected ? "anomaly.value.above" : "anomaly.value.below"))
    }

    private mutating func learn(_ value: Double) {
        count += 1
        let share = max(1 / Double(count), 0.005)
        let step = value - mean
        mean += share * step
        variance = (1 - share) * (variance + share * step * step)
    }

    /// A deployment at `time` moves the level for a reason: what is known of the level is forgotten,
    /// what is known of shape and spread stays.
    public mutating func forget(levelAt time: Millis) { count = min(count, 1) }

    /// The state, with a version and a checksum.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = [1]
        appendVarint(UInt64(count), to: &bytes)
        for number in [mean, variance] {
            withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
        }
        withUnsafeBytes(of: crc32c(bytes).littleEndian) { bytes += $0 }
        return bytes
    }

    /// Resumes from a state.
    ///
    /// - Throws: `ModelStateError` when the bytes are damaged or of another version.
    public init(decoding bytes: [UInt8]) throws {
        self.init(seed: 1)
        guard bytes.count >= 22, bytes[0] == 1 else { throw ModelStateError("unknown version") }
        let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard crc32c(Array(bytes.dropLast(4))) == stored else {
            throw ModelStateError("wrong checksum")
        }
        bytes.withUnsafeBytes { raw in
            var offset = 1
            count = Int(readVarint(raw, &offset) ?? 0)
            let first = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let second = raw.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            mean = Double(bitPattern: UInt64(littleEndian: first))
            variance = Double(bitPattern: UInt64(littleEndian: second))
        }
    }
}
