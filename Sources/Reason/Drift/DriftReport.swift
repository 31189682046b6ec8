// One look as it comes out: columns, all columns together, example rows, data quality, segments.
//
// The verdict joins two procedures, so the level is divided between them: seven tenths to the columns
// (Benjamini-Hochberg: without any drift the chance of an alarm is at most that), three tenths to the
// portfolio over all numeric columns. Where one of them has nothing to judge, the other has it all.

public import Basics

/// How a look is done.
public struct DriftOptions: Sendable {
    /// The chance of a verdict "drift" without any drift; also the share of false alarms among the
    /// columns that are called drifted.
    public var level = 0.05
    /// The columns' share of the level where there is a portfolio, too.
    ///
    /// The portfolio gets the smaller part because it is conservative already: by simulation the whole
    /// then alarms in 4 to 5 % of drift-free looks.
    public var columnsShare = 0.7
    /// A column whose values define segments; compared value by value.
    public var segment: String?
    /// Columns that are not compared, such as identifiers.
    public var ignored: Set<String> = []
    public var permutations = 200
    public var seed: UInt64 = 1
    /// Whether the portfolio runs.
    public var hasPortfolio = true
    /// Whether data quality is looked at, too.
    public var checksData = true

    public init() {}
}

/// A row that shows the drift: its place in the current table and its witness value.
public struct ExampleRow: Sendable, Equatable {
    public var row: Int
    /// How much more the row looks like the current sample than like the reference.
    public var witness: Double
}

/// A look at two tables.
public struct DriftReport: Sendable {
    public var referenceCount: Int
    public var currentCount: Int
    public var columns: [ColumnDrift]
    public var portfolio: PortfolioResult?
    /// The names of the portfolio's columns.
    public var portfolioColumns: [String]
    /// Why there is no portfolio, when there is none.
    public var portfolioRefusal: Phrase?
    public var examples: [ExampleRow]
    public var dataIssues: [DataIssue]
    /// The same look per value of the segment column; Benjamini-Hochberg over all of them at once.
    public var segments: [(value: String, report: DriftReport)]
    /// The parts of the level that the columns and the portfolio have.
    public var columnsLevel: Double
    public var portfolioLevel: Double

    /// All numeric columns together moved.
    public var isPortfolioDrifted: Bool { (portfolio?.probability ?? 1) <= portfolioLevel }

    /// The verdict: columns drifted, or all together did.
    public var isDrifted: Bool { columns.contains { $0.isDrifted } || isPortfolioDrifted }

    /// The p-value of the verdict: drift is called exactly when it is at most the level.
    public var probability: Double {
        let level = columnsLevel + portfolioLevel
        let smallest = columns.compactMap(\.adjusted).min() ?? 1
        let single = columnsLevel > 0 ? smallest * level / columnsLevel : 1
        let joint = portfolioLevel > 0 ? (portfolio?.probability ?? 1) * level / portfolioLevel : 1
        return min(single, joint, 1)
    }

    /// Drifted columns, the surest first.
    public var drifted: [ColumnDrift] {
        columns.filter(\.isDrifted).sorted { ($0.adjusted ?? 1) < ($1.adjusted ?? 1) }
    }
}
