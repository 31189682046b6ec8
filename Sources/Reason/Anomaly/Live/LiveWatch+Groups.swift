// A group joins the watch as one more series of its service: how far the newest moment lies from the
// way in which its series move together. That distance has a model like any series, so that a group
// which is always a little off is not news, and a place in its service's budget, so that groups add no
// false alarms to those that were agreed. When it is unusually large, the series that speak most of it
// are the episode's other parts. The network stays a second opinion that is shown and does not decide.

public import Basics
internal import Glibc

extension GroupWatch {
    /// The series that is watched of every group.
    public static let metric = "martlet_anomaly_group_distance"

    /// The labels of this group's series.
    public var labels: Labels {
        [
            Labels.metricName: GroupWatch.metric, "service": service,
            "interval": durationText(interval),
        ]
    }
}

extension GroupReading {
    /// ln(1 − ln p): grows slowly where p vanishes, so that its model can follow.
    public var logDistance: Double { log1p(surprise) }
}

extension LiveWatch {
    /// Judges a group's newest moment, if it has not been judged.
    public mutating func take(_ group: GroupWatch, until: Millis) -> Outcome {
        let members = group.columns.compactMap { watched[$0] }
        guard let moment = members.compactMap(\.time).max(), moment <= until,
            watched[group.labels]?.time.map({ $0 < moment }) ?? true
        else { return Outcome() }
        var values: [Labels: Double] = [:]
        for member in members where member.time == moment { values[member.labels] = member.value }
        guard let judged = group.judge(values) else { return Outcome() }
        leading[group.labels] = group.leading(judged.axes).map { labels in
            let place = group.columns.firstIndex(of: labels)
            return (labels, place.map { judged.axes.shares[$0] } ?? 0)
        }
        // A moment is the end of its interval, and its value lies within.
        let sample = Series(
            labels: group.labels, times: [moment - 1], values: [judged.axes.logDistance])
        return take([(sample, group.interval, false)], until: until)
    }

    /// A group was learnt anew and measures by another rule: its level is made again.
    public mutating func relearn(_ group: GroupWatch) {
        watched[group.labels]?.model.forget(levelAt: group.trainedAt)
    }

    /// What moved in a group, as looks of the series themselves: each has its share of the evidence.
    func leaders(of group: Look) -> [Look] {
        (leading[group.labels] ?? []).compactMap { labels, share in
            guard let series = watched[labels], var reading = series.reading, reading.isReady,
                let time = series.time, let value = series.value
            else { return nil }
            reading.evidence = max(reading.evidence, share * group.reading.evidence)
            return Look(
                labels: labels, service: series.service, time: time, value: value,
                reading: reading, unusualSince: series.unusualSince)
        }
    }
}
