// What Prometheus' alert generator compliance asks for, in invented time: four groups of rules, and for
// each alert exactly when its state changes, when receivers are told, and with which beginning and end.

import Basics
import Bytes
import Query
import Testing

@testable import Reason

private let second: Millis = 1000
private let origin: Millis = 1_700_000_000_000

/// A run of groups over a store in memory.
private struct Timeline {
    let store = BenchStore()
    let changes = Lock<[String]>([])
    private(set) var told: [String] = []
    private var evaluators: [GroupEvaluator] = []

    init(_ text: String) throws {
        let read = RuleFile.parse(text, file: "f.yml") { (text) throws(QueryError) in
            _ = try parseExpression(text)
        }
        try #require(read.problems.isEmpty, "\(read.problems)")
        var world = RuleWorld(engine: .local(source: store.source), intake: store.intake)
        world.externalURL = "http://m"
        let changes = changes
        world.transitions = { all in
            changes.withLock { log in
                log += all.map { "\(($0.at - origin) / second) \($0.alert) \($0.state.rawValue)" }
            }
        }
        evaluators = read.groups.map { GroupEvaluator($0, world: world) }
    }

    /// Sets a series from one second up to another, every five seconds.
    func set(_ name: String, _ value: Double, _ from: Millis, _ to: Millis) {
        for time in stride(from: from, to: to, by: 5) {
            store.append(Labels(name: name, ("job", "test")), origin + time * second, value)
        }
    }

    mutating func run(to end: Millis) {
        for time in 0...end {
            for index in evaluators.indices
            where time % (evaluators[index].intervalMillis / second) == 0 {
                for alert in evaluators[index].step(at: origin + time * second) {
                    let name = alert.labels["alertname"] ?? ""
                    let (from, to) = (
                        (alert.startsAt - origin) / second, (alert.endsAt - origin) / second
                    )
                    told.append("\(time) \(name) \(from)–\(to)")
                }
            }
        }
    }

    func of(_ name: String) -> [String] { told.filter { $0.contains(" \(name) ") } }
    func states(_ name: String) -> [String] {
        changes.withLock { $0 }.filter { $0.contains(" \(name) ") }
    }
}

@Suite struct AlertTimelines {
    private static let rules = """
        groups:
          - name: waits
            interval: 15s
            rules:
              - {alert: Waits, expr: a > 0, for: 30s, labels: {severity: page}, annotations: {summary: "{{ $value }} on {{ $labels.job }}"}}
          - name: at-once
            interval: 30s
            rules:
              - {alert: AtOnce, expr: b > 0}
          - name: holds
            interval: 15s
            rules:
              - {alert: Holds, expr: c > 0, keep_firing_for: 45s}
              - {alert: TooShort, expr: c > 0, for: 5m}
          - name: chain
            interval: 15s
            rules:
              - {record: "d:sum", expr: sum by (job) (d)}
              - {alert: Chain, expr: "d:sum > 1"}
        """

    @Test func `pending, firing, resolved, told again, and the end moves forward`() throws {
        var timeline = try Timeline(Self.rules)
        timeline.set("a", 0, 0, 60)
        timeline.set("a", 1, 60, 240)
        timeline.set("a", 0, 240, 1300)
        timeline.set("b", 0, 0, 30)
        timeline.set("b", 2, 30, 200)
        timeline.set("b", 0, 200, 1300)
        timeline.set("c", 1, 15, 100)
        timeline.set("c", 0, 100, 1300)
        timeline.set("d", 2, 45, 120)
        timeline.set("d", 0, 120, 1300)
        timeline.run(to: 1250)

        #expect(
            timeline.states("Waits") == [
                "60 Waits pending", "90 Waits firing", "240 Waits resolved",
            ])
        // Valid for four resend delays from each report on; told again at the first evaluation more
        // than a minute after the last; an end is repeated for a quarter of an hour.
        let ends = stride(from: 240, through: 1140, by: 75).map { "\($0) Waits 90–240" }
        #expect(timeline.of("Waits") == ["90 Waits 90–330", "165 Waits 90–405"] + ends)

        #expect(
            timeline.states("AtOnce") == [
                "30 AtOnce pending", "30 AtOnce firing", "210 AtOnce resolved",
            ])
        #expect(
            Array(timeline.of("AtOnce").prefix(4)) == [
                "30 AtOnce 30–270", "120 AtOnce 30–360", "210 AtOnce 30–210", "300 AtOnce 30–210",
            ])

        #expect(
            timeline.states("Holds") == [
                "15 Holds pending", "15 Holds firing", "150 Holds resolved",
            ])
        #expect(
            Array(timeline.of("Holds").prefix(3)) == [
                "15 Holds 15–255", "90 Holds 15–330", "150 Holds 15–150",
            ])
        #expect(timeline.of("TooShort").isEmpty)
        #expect(timeline.states("TooShort") == ["15 TooShort pending", "105 TooShort inactive"])

        #expect(
            timeline.states("Chain") == [
                "45 Chain pending", "45 Chain firing", "120 Chain resolved",
            ])
        let alerts = timeline.store.all.filter { $0.labels.metric == "ALERTS" }
        let firing = alerts.first {
            $0.labels["alertname"] == "Waits" && $0.labels["alertstate"] == "firing"
        }
        #expect(firing?.times.first == origin + 90 * second)
        #expect(firing?.values.last.map(Stale.isMarker) == true)
    }
}
