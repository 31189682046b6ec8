// What the answers of one model version and segment in one span of time come down to: counts, sketches
// and moments of every column (questions, answers, speed, cost) and sums of quality where labels came.
// The profile of two spans is that of both together, so that a month can be looked at after its rows
// are gone. Texts are in it by their descriptors only.

public import Basics

/// A mergeable summary of answers.
public struct AnswerProfile: Sendable {
    public private(set) var rows = 0
    /// The times of the first and the last answer.
    public private(set) var from: Millis = .max
    public private(set) var through: Millis = .min
    /// By the titles of the columns.
    public private(set) var columns: [String: ColumnProfile] = [:]
    public private(set) var quality = QualitySums()

    /// Columns of one profile: those that a misbehaving sender makes up are not kept for a year.
    static let columnsMax = 500

    public init() {}

    init(
        rows: Int, from: Millis, through: Millis, columns: [String: ColumnProfile],
        quality: QualitySums
    ) {
        (self.rows, self.from, self.through) = (rows, from, through)
        (self.columns, self.quality) = (columns, quality)
    }

    /// Takes answers in.
    ///
    /// - Parameters:
    ///   - labels: what is known of each row.
    ///   - centres: where the reference's embeddings point.
    ///   - seed: of the sketches; another one for every span, so that their errors do not add up.
    ///   - isRegression: more rows than these have told that numbers are predicted.
    public mutating func take(
        _ block: PredictionBlock, labels: [String?], centres: VectorCentres = VectorCentres(),
        seed: UInt64 = 1, isRegression: Bool = false
    ) {
        guard let first = block.times.min(), let last = block.times.max() else { return }
        rows += block.count
        from = min(from, first)
        through = max(through, last)
        for column in DataTable(block, centres: centres).columns + block.measures {
            add(
                ColumnProfile(column, precision: ColumnProfile.keptPrecision, seed: seed),
                column.name)
        }
        quality.take(block, labels: labels, seed: seed, isRegression: isRegression)
    }

    /// Takes the answers of another profile in.
    public mutating func merge(_ other: AnswerProfile) {
        rows += other.rows
        from = min(from, other.from)
        through = max(through, other.through)
        for (title, profile) in other.columns { add(profile, title) }
        quality.merge(other.quality)
    }

    private mutating func add(_ profile: ColumnProfile, _ title: String) {
        if columns[title] == nil {
            if columns.count < AnswerProfile.columnsMax { columns[title] = profile }
        } else {
            columns[title]?.merge(profile)
        }
    }
}

extension PredictionBlock {
    /// Speed and cost, which are not watched for drift but outlive their rows, too.
    fileprivate var measures: [DataColumn] {
        columns.compactMap { column in
            guard [.latency, .firstToken, .cost].contains(column.role),
                case .numbers(let values) = column.values
            else { return nil }
            return DataColumn(name: column.title, numbers: values)
        }
    }
}
