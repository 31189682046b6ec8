// Who brought series that the limit refused: by target and by metric, so that the one who has to act is
// named. Both tallies are bounded, because what floods the store must not flood its bookkeeping.

internal import Basics

/// Counts refused new series.
struct SeriesRefusals: Sendable {
    /// Names kept apart; what comes later is counted as `other`.
    private static let namesMax = 100

    private(set) var byTarget: [String: Int] = [:]
    private(set) var byMetric: [String: Int] = [:]

    mutating func count(_ labels: Labels) {
        let place = [labels["job"], labels["instance"]].compactMap(\.self).joined(separator: " ")
        SeriesRefusals.add(place.isEmpty ? "no job" : place, to: &byTarget)
        SeriesRefusals.add(labels.metric, to: &byMetric)
    }

    private static func add(_ name: String, to tally: inout [String: Int]) {
        let isRoom = tally[name] != nil || tally.count < namesMax
        tally[isRoom ? name : "other", default: 0] += 1
    }
}
