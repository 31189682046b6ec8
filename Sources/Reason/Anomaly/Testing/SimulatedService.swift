// A service that never ran: series that follow a daily load along lines and curves, each with noise of
// its own, and incidents whose times and kinds are known. For comparing judges of groups where the
// answer is known; real servers differ in more ways than this.

public import Algebra
internal import Glibc

/// Series of one simulated service with labelled incidents.
public struct SimulatedService: Sendable {
    /// What goes wrong.
    public enum Incident: String, Sendable, CaseIterable {
        /// A series stops following the others and goes on as on another day.
        case decoupled
        /// A few series keep the value they have.
        case stuck
        /// Two series climb slowly, to three deviations.
        case leak
        /// A third of the series move by one deviation, some up and some down.
        case joint
        /// One series jumps by six deviations.
        case spike
    }

    /// A row a moment, a column a series.
    public var rows: Matrix
    /// The incident of every row; nil while all is well.
    public var labels: [Incident?]
    /// Rows before this one are quiet: to learn from.
    public var firstTest: Int

    /// - Parameters:
    ///   - series: how many.
    ///   - days: at five minutes a moment; the first half is quiet.
    ///   - incidents: of each kind, in the second half.
    public init(series: Int = 24, days: Int = 16, incidents: Int = 5, seed: UInt64) {
        var generator = Generator(seed: seed)
        let day = 288
        let count = days * day
        firstTest = count / 2
        rows = SimulatedService.quiet(series: series, count: count, day: day, &generator)
        labels = Array(repeating: nil, count: count)
        let test = rows.selecting(rows: Array(0..<firstTest))
        let deviations = test.columnDeviations(around: test.columnMeans)
        let kinds = (0..<incidents).flatMap { _ in Incident.allCases }
        // Each incident has a slot of its own, so that none hides another.
        let slot = (count - firstTest) / max(kinds.count, 1)
        let untouched = rows
        for (index, kind) in kinds.enumerated() {
            let length = kind == .spike ? 3 : min(12 + generator.below(13), slot / 2)
            let start = firstTest + index * slot + generator.below(max(slot - length - 1, 1))
            var order = generator.permutation(series)
            order.removeLast(series - SimulatedService.touched(kind, of: series))
            for column in order {
                let sign = generator.uniform() < 0.5 ? -1.0 : 1
                for row in start..<start + length {
                    let way = Double(row - start + 1) / Double(length)
                    switch kind {
                    case .decoupled:
                        // A third of a day away the load is another one.
                        rows[row, column] = untouched[row - day / 3 - day, column]
                    case .stuck: rows[row, column] = untouched[start, column]
                    case .leak: rows[row, column] += 3 * way * deviations[column]
                    case .joint: rows[row, column] += sign * deviations[column]
                    case .spike: rows[row, column] += 6 * sign * deviations[column]
                    }
                    labels[row] = kind
                }
            }
        }
    }

    private static func touched(_ kind: Incident, of series: Int) -> Int {
        switch kind {
        case .decoupled: 2
        case .stuck: 3
        case .leak: 2
        case .joint: max(series / 3, 1)
        case .spike: 1
        }
    }

    private static func quiet(
        series: Int, count: Int, day: Int, _ generator: inout Generator
    ) -> Matrix {
        var rows = Matrix(rows: count, columns: series)
        let loads = (0..<series).map { _ in 0.5 + generator.uniform() }
        let jobs = (0..<series).map { _ in 0.4 * generator.normal() }
        let noises = (0..<series).map { _ in 0.08 + 0.12 * generator.uniform() }
        let units = (0..<series).map { _ in exp(4 * generator.normal()) }
        var wander = 0.0
        var batch = 0.0
        for row in 0..<count {
            wander = 0.95 * wander + 0.06 * generator.normal()
            batch = 0.9 * batch + 0.2 * generator.normal()
            let phase = 2 * Double.pi * Double(row % day) / Double(day)
            let load = 1 + 0.5 * sin(phase) + 0.15 * sin(2 * phase) + wander
            for column in 0..<series {
                let drive = loads[column] * load + jobs[column] * batch
                let curve =
                    switch column % 4 {
                    case 0: drive
                    case 1: 0.5 * drive * drive
                    case 2: 2 * drive / (1 + max(drive, 0))
                    // A queue: long when the load comes near what the service bears.
                    default: 0.4 / max(2.6 - load, 0.2) + 0.3 * drive
                    }
                rows[row, column] =
                    units[column] * (1 + curve + noises[column] * generator.normal())
            }
        }
        return rows
    }
}
