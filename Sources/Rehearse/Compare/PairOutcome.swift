// What is left of a pair when it has been compared: a few numbers and names, no text of a prompt or an
// answer. Trials are fed with these; the pair itself may be thrown away.

public import Basics

/// How a field differs.
public enum DifferenceKind: String, Sendable, CaseIterable {
    /// Same type, another value.
    case value
    /// Another JSON type.
    case type
    /// The primary has it, the candidate has not.
    case missing
    /// The candidate has it, the primary has not.
    case extra
    /// Arrays of other lengths.
    case size
}

/// One path of the answers, `scores[*].value`, and how the sides compare there.
public struct PathReading: Sendable, Equatable {
    public var path: String
    /// Candidate against primary; nil when they are the same.
    public var candidate: DifferenceKind?
    /// Second copy of the primary against the primary; only where a second was asked.
    public var second: DifferenceKind?
    /// How far each is from the primary in 0…∞; 0 the same.
    public var candidateDistance: Double
    public var secondDistance: Double
    /// Sign of candidate − second for numbers; 0 without.
    public var lean: Int
    /// +1 or −1 by the order of the two types, where the type is another one.
    public var typeStep: Int
    /// Digests of short values, for counting values without keeping them.
    public var candidateValue: UInt64?
    public var secondValue: UInt64?
    /// What the primary said as a number, times of day in ms; only where a second was asked.
    public var primaryNumber: Double?

    public init(_ path: String) {
        self.path = path
        candidateDistance = 0
        secondDistance = 0
        lean = 0
        typeStep = 0
    }
}

/// A pair after comparison.
public struct PairOutcome: Sendable {
    public var id: String
    public var time: Millis
    /// When the primary's answer was there.
    public var over: Millis
    public var slices: [Slice]
    public var readings: [Reading]
    /// Paths where anything differs, or where a second answer was there to learn from.
    public var paths: [PathReading]
    /// A second answer of the primary was there.
    public var hasSecond: Bool
    /// Both answers were there to compare, and were compared by structure.
    public var isCompared: Bool
    /// The times are not the servers' own: the machine that asked was too busy to take them.
    public var isUntimed = false
    /// The predicted numbers, when the answers are numbers.
    public var numbers: (primary: Double, candidate: Double)?
    /// The predicted classes, when the answers are classes.
    public var classes: (primary: String, candidate: String)?
    /// The true class, when it is known.
    public var label: String?
    /// How bad it is for the candidate: the worst pairs are kept as examples.
    public var badness: Double

    public init(id: String, time: Millis, slices: [Slice] = [], readings: [Reading] = []) {
        self.id = id
        self.time = time
        over = time
        self.slices = slices
        self.readings = readings
        paths = []
        hasSecond = false
        isCompared = false
        badness = 0
    }

    public subscript(metric: Metric) -> Reading? { readings.first { $0.metric == metric } }
}
