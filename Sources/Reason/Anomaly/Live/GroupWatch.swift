// The groups of the watch: a service's series at one interval, judged together. Models are made anew on
// a schedule from the values of the last days, which the caller reads; between, each look costs two
// small products. The network is asked only when it was trained: it is the second opinion.

public import Algebra
public import Basics
internal import Glibc

/// The models of one service's series together.
public struct GroupWatch: Sendable {
    public let service: String
    public let interval: Millis
    /// The columns, in order of labels.
    public let columns: [Labels]
    public let axes: GroupModel
    public let network: Autoencoder?
    public let trainedAt: Millis
    /// Complete moments that it learnt from.
    public let moments: Int

    /// Learns a service's group; nil when the values are too few.
    ///
    /// - Parameters:
    ///   - series: samples of the last days, all of one interval.
    ///   - continues: asked after every epoch of the network, which ends when the answer is no.
    public init?(
        service: String, interval: Millis, series: [(series: Series, isCounter: Bool)],
        now: Millis, continues: (_ epoch: Int) -> Bool = { _ in true }
    ) throws(AlgebraError) {
        let chosen = series.sorted { $0.series.labels < $1.series.labels }
            .prefix(GroupModel.seriesMax)
        columns = chosen.map(\.series.labels)
        let rows = GroupWatch.rows(Array(chosen), interval: interval)
        guard let axes = try GroupModel(rows) else { return nil }
        self.service = service
        self.interval = interval
        self.axes = axes
        network = try Autoencoder(rows, continues: continues)
        trainedAt = now
        moments = (0..<rows.rows).count { rows.row($0).allSatisfy(\.isFinite) }
    }

    /// The values by interval, a row a moment, NaN where a series has none.
    static func rows(_ series: [(series: Series, isCounter: Bool)], interval: Millis) -> Matrix {
        var columns: [[Resampler.Point]] = []
        for (series, isCounter) in series {
            var resampler = Resampler(interval: interval, isCounter: isCounter)
            var points: [Resampler.Point] = []
            for (time, value) in zip(series.times, series.values) {
                if let point = resampler.take(time: time, value: value) { points.append(point) }
            }
            columns.append(points)
        }
        let times = Set(columns.flatMap { $0.map(\.time) }).sorted()
        var places: [Millis: Int] = [:]
        for (place, time) in times.enumerated() { places[time] = place }
        var rows = Matrix(
            rows: times.count, columns: columns.count,
            values: Array(repeating: .nan, count: times.count * columns.count))
        for (column, points) in columns.enumerated() {
            for point in points {
                if let place = places[point.time] { rows[place, column] = point.value }
            }
        }
        return rows
    }

    /// What both models say of the newest values; nil when fewer than half of them are known.
    public func judge(
        _ values: [Labels: Double]
    ) -> (axes: GroupReading, network: GroupReading?)? {
        let row = columns.map { values[$0] ?? .nan }
        guard 2 * row.count(where: \.isFinite) >= row.count else { return nil }
        let matrix = Matrix(rows: 1, columns: row.count, values: row)
        guard let first = axes(matrix).first else { return nil }
        return (first, network?(matrix).first)
    }

    /// The labels of the series that a reading speaks of most.
    public func leading(_ reading: GroupReading, count: Int = 3) -> [Labels] {
        reading.shares.indices.sorted { reading.shares[$0] > reading.shares[$1] }
            .prefix(count).filter { reading.shares[$0] > 0 }.map { columns[$0] }
    }
}
