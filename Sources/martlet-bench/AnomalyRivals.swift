// The detectors that power is compared with, each as a statistic that grows with strangeness; thresholds
// are set outside, at the same rate of false alarms for all. Netdata's is rendered at the series' own
// step: k-means (k = 2) on the difference, its mean of three and four lags; 18 models of 6 hours,
// staggered by 3; a point counts when all models find it beyond their own 99th percentile.

import Basics
import Foundation
import Reason

protocol Rival {
    mutating func statistic(_ time: Millis, _ value: Double) -> Double
}

struct MartletRival: Rival {
    var model = SeriesModel(seed: 1)

    mutating func statistic(_ time: Millis, _ value: Double) -> Double {
        model.observe(time: time, value: value).evidence
    }
}

/// |x − mean| / sd of the last 200 values.
struct MovingScore: Rival {
    private var ring: [Double] = []
    private var at = 0

    mutating func statistic(_ time: Millis, _ value: Double) -> Double {
        defer {
            if ring.count < 200 { ring.append(value) } else { ring[at % 200] = value }
            at += 1
        }
        if ring.count < 30 { return 0 }
        let mean = ring.reduce(0, +) / Double(ring.count)
        var sum = 0.0
        for one in ring { sum += (one - mean) * (one - mean) }
        let variance = sum / Double(ring.count)
        if variance == 0 { return value == mean ? 0 : 1e6 }
        return abs(value - mean) / variance.squareRoot()
    }
}

/// ADWIN as published, exponential buckets of five, δ = 0.002: the largest |difference of means| over
/// its bound, on values standardised by the first day.
struct WindowRival: Rival {
    private struct Bucket { var count, sum, square: Double }
    private var rows: [[Bucket]] = []
    private var first: [Double] = []
    private var mean = 0.0
    private var scale = 1.0

    mutating func statistic(_ time: Millis, _ value: Double) -> Double {
        if first.count < 288 {
            first.append(value)
            mean = first.reduce(0, +) / Double(first.count)
            var sum = 0.0
            for one in first { sum += (one - mean) * (one - mean) }
            scale = max((sum / Double(first.count)).squareRoot(), 1e-12)
            return 0
        }
        insert((value - mean) / scale)
        return shrink()
    }

    private mutating func insert(_ value: Double) {
        if rows.isEmpty { rows.append([]) }
        rows[0].append(Bucket(count: 1, sum: value, square: value * value))
        var row = 0
        while row < rows.count && rows[row].count > 5 {
            let (a, b) = (rows[row][0], rows[row][1])
            rows[row].removeFirst(2)
            if row + 1 == rows.count { rows.append([]) }
            rows[row + 1].append(
                Bucket(count: a.count + b.count, sum: a.sum + b.sum, square: a.square + b.square))
            row += 1
        }
    }

    private mutating func shrink() -> Double {
        var strongest = 0.0
        while true {
            // Oldest first.
            let buckets: [Bucket] = rows.reversed().flatMap { $0 }
            var (count, sum, square) = (0.0, 0.0, 0.0)
            for bucket in buckets {
                count += bucket.count
                sum += bucket.sum
                square += bucket.square
            }
            let variance = max(0, square / count - sum * sum / count / count)
            let level = log(2 * log(max(count, 3)) / 0.002)
            var old = (count: 0.0, sum: 0.0)
            var isCut = false
            for bucket in buckets.dropLast() {
                old.count += bucket.count
                old.sum += bucket.sum
                let fresh = count - old.count
                if old.count < 5 || fresh < 5 { continue }
                let harmonic = 1 / (1 / (old.count - 4) + 1 / (fresh - 4))
                let bound =
                    (2 / harmonic * variance * level).squareRoot() + 2 / 3 / harmonic * level
                let ratio = abs(old.sum / old.count - (sum - old.sum) / fresh) / bound
                strongest = max(strongest, ratio)
                if ratio > 1 { isCut = true }
            }
            if !isCut { return strongest }
            for row in rows.indices.reversed() where !rows[row].isEmpty {
                rows[row].removeFirst()
                break
            }
        }
    }
}

/// Netdata's k-means, rendered.
struct NetdataMeans: Rival {
    private struct Model {
        var centres: [[Double]]
        var limit: Double
    }
    private var values: [Double] = []
    private var features: [[Double]] = []
    private var models: [Model] = []
    private var seen = 0

    mutating func statistic(_ time: Millis, _ value: Double) -> Double {
        values.append(value)
        if values.count > 8 { values.removeFirst() }
        guard values.count == 8 else { return 0 }
        var smooth = [Double](repeating: 0, count: 6)
        for lag in 0..<6 { smooth[lag] = (values[lag] + values[lag + 1] + values[lag + 2]) / 3 }
        let feature = [
            smooth[5] - smooth[4], smooth[5], smooth[4], smooth[3], smooth[2], smooth[1],
        ]
        features.append(feature)
        if features.count > 72 { features.removeFirst() }
        seen += 1
        defer { if seen % 36 == 0 && features.count == 72 { train() } }
        if models.count < 18 { return 0 }
        // All models must agree: the least of their distances, in units of their own limits.
        var least = Double.infinity
        for model in models {
            least = min(least, Self.distance(feature, model.centres) / model.limit)
        }
        return least
    }

    private static func distance(_ point: [Double], _ centres: [[Double]]) -> Double {
        var nearest = Double.infinity
        for centre in centres {
            var sum = 0.0
            for axis in 0..<6 {
                let apart = point[axis] - centre[axis]
                sum += apart * apart
            }
            nearest = min(nearest, sum.squareRoot())
        }
        return nearest
    }

    private mutating func train() {
        let ordered = features.sorted { $0[1] < $1[1] }
        var centres = [ordered[10], ordered[61]]
        for _ in 0..<20 {
            var sums = [[Double]](repeating: [Double](repeating: 0, count: 6), count: 2)
            var counts = [0.0, 0.0]
            for point in features {
                let first = Self.distance(point, [centres[0]])
                let near = first <= Self.distance(point, [centres[1]]) ? 0 : 1
                counts[near] += 1
                for axis in 0..<6 { sums[near][axis] += point[axis] }
            }
            for near in 0..<2 where counts[near] > 0 {
                centres[near] = sums[near].map { $0 / counts[near] }
            }
        }
        let distances = features.map { Self.distance($0, centres) }.sorted()
        models.append(Model(centres: centres, limit: max(distances[71], 1e-9)))
        if models.count > 18 { models.removeFirst() }
    }
}
