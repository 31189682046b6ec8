// The state is a fold by event time: order and repetition of arrival change nothing, and a late
// event re-opens exactly what it can have changed.

import Basics
import Reason
import Testing

/// A small team's half-year: changes, commits, builds, deployments, incidents, items, releases.
func busyTeam(seed: UInt64, days: Int = 120) -> [Event] {
    var random = Seeded(state: seed)
    var events: [Event] = []
    func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
    for number in 0..<(days * 2) {
        let time = Millis(number) * 12 * hour + Millis.random(in: 0..<hour, using: &random)
        let name = chance(0.5) ? "shop" : "cart"
        let change = String(number)
        func add(_ kind: EventKind, _ id: String, _ time: Millis, _ fields: [String: EventValue]) {
            events.append(
                event(
                    kind, "\(kind.rawValue)-\(id)-\(number)", time, team: "alpha", repository: name,
                    service: name, actor: chance(0.5) ? "Wren" : "Auk", isBot: chance(0.05), fields)
            )
        }
        add(
            .commit, "a", time,
            [
                "sha": .text("c\(number)"), "committed": .number(Double(time)),
                "change": .text(change), "added": .number(30), "deleted": .number(4),
            ])
        add(
            .change, "o", time + hour,
            [
                "change": .text(change), "action": .text("opened"),
                "firstCommit": .number(Double(time)), "isDraft": .bool(chance(0.2)),
            ])
        if chance(0.8) {
            add(
                .review, "r", time + 2 * hour,
                ["change": .text(change), "state": .text("approved"), "comments": .number(2)])
        }
        add(
            .change, "m", time + 5 * hour,
            ["change": .text(change), "action": .text("merged"), "sha": .text("c\(number)")])
        add(
            .build, "b", time + 6 * hour,
            [
                "build": .text(change), "status": .text(chance(0.9) ? "success" : "failure"),
                "durationMillis": .number(300_000), "sha": .text("c\(number)"),
            ])
        add(
            .testRun, "t", time + 6 * hour,
            ["suite": .text("unit"), "passed": .number(90), "failed": .number(chance(0.1) ? 2 : 0)])
        if chance(0.4) {
            add(
                .deployment, "d", time + 8 * hour,
                [
                    "deployment": .text("d\(number)"), "environment": .text("production"),
                    "sha": .text("c\(number)"), "version": .text("1.0.\(number)"),
                    "status": .text(chance(0.9) ? "success" : "failure"),
                ])
        }
        if chance(0.1) {
            add(
                .incident, "i", time + 12 * hour,
                ["incident": .text("i\(number)"), "action": .text("opened")])
            add(
                .incident, "j", time + 15 * hour,
                ["incident": .text("i\(number)"), "action": .text("resolved")])
        }
        add(
            .workItem, "w", time,
            [
                "item": .text("A-\(number)"), "stage": .text("In Progress"),
                "type": .text(chance(0.2) ? "bug" : "story"), "estimate": .number(3),
            ])
        if chance(0.9) {
            add(
                .workItem, "x", time + 30 * hour,
                ["item": .text("A-\(number)"), "stage": .text("Done")])
        }
    }
    return events
}

@Suite struct StateTests {
    @Test func `a hundred orders of arrival, with repetitions, give one state`() throws {
        let seed: UInt64 = 4_711
        print("seed", seed)
        var random = Seeded(state: seed)
        let events = busyTeam(seed: seed, days: 12) + (try fixture("three-sprints.jsonl"))
        let state = DeliveryState(events: events)
        for round in 0..<100 {
            var arrived = events.shuffled(using: &random)
            for _ in 0..<50 {
                arrived.append(arrived[Int.random(in: 0..<events.count, using: &random)])
            }
            let other = DeliveryState(events: arrived)
            #expect(other == state, "seed \(seed), round \(round)")
            if other != state { break }
        }
    }

    @Test func `the second event of an id changes nothing, whichever arrives first`() {
        let one = event(.incident, "x", 1000, ["incident": .text("i"), "severity": .text("high")])
        var two = one
        two.fields["severity"] = .text("low")
        #expect(DeliveryState(events: [one, two]) == DeliveryState(events: [two, one]))
    }

    @Test func `a late event re-opens its buckets, and no earlier one changes`() {
        let seed: UInt64 = 99
        print("seed", seed)
        var random = Seeded(state: seed)
        let events = busyTeam(seed: seed)
        let now = 130 * day
        let range = TimeRange(from: 0, through: now)
        let whole = DeliveryState(events: events)
        let truth = whole.history(range: range, bucketMillis: 7 * day, now: now)
        #expect(truth.count > 500)
        for _ in 0..<10 {
            let late = Set((0..<3).map { _ in Int.random(in: 0..<events.count, using: &random) })
            let early = events.enumerated().filter { !late.contains($0.offset) }.map(\.element)
            let before = DeliveryState(events: early).history(
                range: range, bucketMillis: 7 * day, now: now)
            guard let from = whole.recomputeFrom(changed: late.map { events[$0].time }) else {
                Issue.record("nothing to recompute")
                continue
            }
            let cut = whole.settings.bucketStart(from, 7 * day)
            #expect(
                before.filter { $0.bucketStart < cut } == truth.filter { $0.bucketStart < cut },
                "seed \(seed)")
            let again = whole.history(
                range: TimeRange(from: cut, through: now), bucketMillis: 7 * day, now: now)
            #expect(
                Set(again.map(\.text)) == Set(truth.filter { $0.bucketStart >= cut }.map(\.text)))
        }
    }

    @Test func `fault 5: a delivery three days late lands on its own day`() {
        var events = [
            event(
                .deployment, "a", 10 * day,
                ["deployment": .text("a"), "environment": .text("production")])
        ]
        let now = 14 * day
        let range = TimeRange(from: 0, through: now)
        func days(_ events: [Event]) -> [Millis] {
            DeliveryState(events: events).history(
                KPIDefinition.all.filter { $0.id == "deployments" }, range: range,
                bucketMillis: day, now: now
            ).filter { $0.value > 0 }.map(\.bucketStart)
        }
        #expect(days(events) == [10 * day])
        events.append(
            event(
                .deployment, "b", 7 * day + 5 * hour,
                ["deployment": .text("b"), "environment": .text("production")]))
        #expect(days(events) == [7 * day, 10 * day])
    }

    @Test func `every series has a legal name, and the whole scope has no labels`() {
        let names = KPIDefinition.all.map(\.seriesName)
        #expect(Set(names).count == names.count && names.allSatisfy(isLegacyMetricName))
        print(names.joined(separator: " "))
        #expect(KPIScope().labels.isEmpty)
    }
}

extension KPIPoint {
    fileprivate var text: String { "\(labels) \(bucketStart) \(value) \(n)" }
}
