// A p-value that never becomes 0: kept as its natural logarithm, printed as a number.

internal import Glibc

/// A p-value, as its natural logarithm.
public struct Probability: Sendable, Equatable, Comparable {
    /// ln p, at most 0.
    public var log: Double

    public init(log: Double) { self.log = min(log, 0) }

    public init(_ value: Double) { self.init(log: Glibc.log(value)) }

    /// The p-value; 0 only where it is smaller than the smallest double.
    public var value: Double { exp(log) }

    public static func < (left: Probability, right: Probability) -> Bool { left.log < right.log }
}
