// How a detector of changes joins a series' ensemble: it sees one standardised residual after another
// and returns its evidence; the ensemble ranks that evidence against the detector's own past, so a
// detector needs no threshold of its own and cannot inflate the false alarms.

/// A causal detector with bounded state.
public protocol ChangeDetector: Sendable {
    /// Takes the next residual, about N(0, 1) while nothing changes and always finite.
    ///
    /// - Returns: the evidence of a change, 0 for none; larger is more, on a scale of its own.
    mutating func observe(_ residual: Double) -> Double
    /// Forgets what it gathered: the level has moved for a known reason.
    mutating func reset()
    /// Appends the state, so that reading it back resumes to the same bits.
    func encode(into bytes: inout [UInt8])
    /// Reads the state and moves past it.
    init(decoding bytes: UnsafeRawBufferPointer, at offset: inout Int) throws
}
