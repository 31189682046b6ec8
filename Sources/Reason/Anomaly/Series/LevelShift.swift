// Since when the level of a series has moved, and by how much: a CUSUM chart of the residuals against what
// was expected, which remembers where its sum last left zero (the estimate of the change point, Page 1954)
// and what came since. It explains a finding and decides nothing: as a member of the ensemble it costs
// more false alarms than it finds shifts (ARCHITECTURE.md).

public import Basics

/// A shift of level that is under way.
public struct LevelShift: Sendable, Equatable {
    public var since: Millis
    /// The mean distance from the expectation since then, in the series' own unit.
    public var size: Double
}

/// The two sides of the chart.
struct LevelChart: Sendable, Equatable {
    /// Half the shift that is found soonest, and the sum that says so: one false alarm in 10,000 points.
    private static let chart = CumulativeSum(falseAlarmEvery: 10_000)

    /// One side of the chart.
    struct Side: Sendable, Equatable {
        var sum = 0.0
        var since: Millis = 0
        var total = 0.0
        var count = 0.0

        mutating func observe(_ time: Millis, _ unit: Double, _ residual: Double) {
            let most = LevelChart.chart.threshold
            // One huge value is a spike: it may fill the sum by half. A shift that is over drains it soon.
            sum = min(max(0, sum + min(unit, most / 2) - LevelChart.chart.slack), 2 * most)
            if sum == 0 { (since, total, count) = (0, 0, 0) }
            if sum > 0 {
                if count == 0 { since = time }
                total += residual
                count += 1
            }
        }

        var found: LevelShift? {
            sum > LevelChart.chart.threshold ? LevelShift(since: since, size: total / count) : nil
        }
    }

    var up = Side()
    var down = Side()

    /// Takes a residual and its standard deviation.
    mutating func observe(_ residual: Double, scale: Double, at time: Millis) {
        guard residual.isFinite, scale > 0 else { return }
        up.observe(time, residual / scale, residual)
        down.observe(time, -residual / scale, residual)
    }

    /// The shift under way, the clearer of both sides.
    var found: LevelShift? { up.sum >= down.sum ? up.found : down.found }

    func write(to writer: inout StateWriter) {
        for side in [up, down] {
            writer.write(side.since)
            writer.write([side.sum, side.total, side.count])
        }
    }

    mutating func read(from reader: inout StateReader) throws(ModelStateError) {
        func side() throws(ModelStateError) -> Side {
            let since = try reader.integer()
            let numbers = try reader.doubles(3)
            return Side(sum: numbers[0], since: since, total: numbers[1], count: numbers[2])
        }
        up = try side()
        down = try side()
    }
}
