// A prediction is one answer of a model version: what it was asked (features), what it said (output,
// probabilities), how fast and at what cost, for whom (segment). Predictions travel as blocks, columns
// of the rows of one model version, because everything that moves or judges them takes many. The true
// label may come days later, under the prediction's id.

/// A version of a model.
public struct ModelVersion: Sendable, Hashable, Comparable {
    public var model: String
    public var version: String

    public init(_ model: String, _ version: String) {
        self.model = model
        self.version = version
    }

    public static func < (left: ModelVersion, right: ModelVersion) -> Bool {
        (left.model, left.version) < (right.model, right.version)
    }
}

/// A column of predictions.
public struct PredictionColumn: Sendable, Equatable {
    /// What a column says of an answer.
    public enum Role: UInt8, Sendable, CaseIterable {
        case feature = 1
        case output, probability, score, segment
        /// Seconds to the whole answer, and to its first token.
        case latency, firstToken
        case tokensIn, tokensOut, cost
        case prompt, answer
        /// The true label, when it was known with the answer.
        case label
    }

    /// The values, by kind.
    public enum Values: Sendable, Equatable {
        /// NaN is missing.
        case numbers([Double])
        /// Codes into names; −1 is missing.
        case categories(codes: [Int32], names: [String])
        /// An empty text is missing.
        case texts(TextRun)
        /// Rows of `width` floats each; a row of NaN is missing.
        case vectors([Float], width: Int)
    }

    public var role: Role
    /// The feature's or the class's name; empty for roles that come once.
    public var name: String
    public var values: Values

    public init(role: Role, name: String = "", values: Values) {
        self.role = role
        self.name = name
        self.values = values
    }

    public var count: Int {
        switch values {
        case .numbers(let values): values.count
        case .categories(let codes, _): codes.count
        case .texts(let texts): texts.count
        case .vectors(let values, let width): width > 0 ? values.count / width : 0
        }
    }

    /// How the column is called on pages and in series.
    public var title: String {
        switch role {
        case .feature: name
        case .output: "output"
        case .probability: "probability of \(name)"
        case .score: "score"
        case .segment: "segment"
        case .latency: "latency"
        case .firstToken: "time to first token"
        case .tokensIn: "tokens in"
        case .tokensOut: "tokens out"
        case .cost: "cost"
        case .prompt: name.isEmpty ? "prompt" : "prompt \(name)"
        case .answer: name.isEmpty ? "answer" : "answer \(name)"
        case .label: "label"
        }
    }
}

/// Predictions of one model version, as columns of one length.
public struct PredictionBlock: Sendable, Equatable {
    public var key: ModelVersion
    /// When each answer was given.
    public var times: [Millis]
    /// The ids under which labels come; empty where none was given.
    public var ids: TextRun
    public var columns: [PredictionColumn]

    public init(key: ModelVersion, times: [Millis], ids: TextRun, columns: [PredictionColumn]) {
        self.key = key
        self.times = times
        self.ids = ids
        self.columns = columns
    }

    public var count: Int { times.count }

    /// The first column of a role and name.
    public func column(_ role: PredictionColumn.Role, _ name: String? = nil) -> PredictionColumn? {
        columns.first { $0.role == role && (name == nil || $0.name == name) }
    }
}

/// True labels of a model's predictions, by prediction id.
public struct LabelBlock: Sendable, Equatable {
    public var model: String
    public var times: [Millis]
    public var ids: TextRun
    /// A class or a number, as it was written.
    public var labels: TextRun

    public init(model: String, times: [Millis], ids: TextRun, labels: TextRun) {
        self.model = model
        self.times = times
        self.ids = ids
        self.labels = labels
    }

    public var count: Int { times.count }
}
