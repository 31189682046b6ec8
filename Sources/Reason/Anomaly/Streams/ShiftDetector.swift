// A CUSUM chart as a member of a series' ensemble: its larger sum is the evidence, ranked there against
// its own past.

/// A chart that joins an ensemble.
public struct ShiftDetector: ChangeDetector, Equatable {
    private var chart: CumulativeSum

    public init(_ chart: CumulativeSum) { self.chart = chart }

    public mutating func observe(_ residual: Double) -> Double {
        chart.observe(residual) ? 1 : chart.evidence
    }

    public mutating func reset() { chart.reset() }

    public func encode(into bytes: inout [UInt8]) {
        for value in [chart.slack, chart.threshold, chart.up, chart.down] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
        }
    }

    public init(decoding bytes: UnsafeRawBufferPointer, at offset: inout Int) throws {
        guard offset + 32 <= bytes.count else { throw ModelStateError("a chart ends too early") }
        let values = (0..<4).map { place in
            let word = bytes.loadUnaligned(fromByteOffset: offset + 8 * place, as: UInt64.self)
            return Double(bitPattern: UInt64(littleEndian: word))
        }
        offset += 32
        chart = CumulativeSum(
            slack: values[0], threshold: values[1], up: values[2], down: values[3])
    }
}
