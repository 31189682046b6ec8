// What a line of predictions may be. Each limit has a reason, and what it refuses is counted by
// `martlet_prediction_lines_refused_total`.

public import Basics

/// Limits of predictions.
public enum PredictionLimits {
    /// Bytes of one line: a long prompt with its answer is under 200 KB, an embedding under 50 KB.
    public static let lineBytesMax = 1 << 20
    /// Columns of one body: a table of features has tens, rarely hundreds.
    public static let columnsMax = 1000
    /// Numbers of an embedding: the widest in use have 4,096.
    public static let vectorMax = 8192
    /// Bytes of a model's name, a version, a segment or an id: longer ones are texts.
    public static let nameBytesMax = 256
    /// A feature's text that is longer is free text and no category.
    public static let categoryBytesMax = 64
    /// Faults that an answer lists; the others are only counted.
    public static let faultsMax = 20
    /// How old an answer may be when it is reported.
    public static let ageMillisMax: Millis = 400 * 86_400_000
}

/// What is wrong with one line.
public struct PredictionFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1, as editors count.
    public var line: Int
    /// The field at fault; empty when the line as a whole is.
    public var field: String
    public var reason: String

    public var description: String {
        "line \(line): \(field.isEmpty ? "" : "\(field): ")\(reason)"
    }
}
