import Basics
import Testing

@testable import Send

private let minute: Millis = 60_000

private func alert(
    _ name: String, _ n: String = "1", from start: Millis, until end: Millis = .max / 4
) -> Alert {
    Alert(
        labels: ["alertname": name, "n": n], annotations: .empty, startsAt: start, endsAt: end,
        generatorURL: "")
}

private func receiver(_ name: String = "ops", resolved: Bool = true, max: Int = 0) -> Receiver {
    var webhook = Integration.webhook(.text(Secret("http://example.com/")))
    webhook.sendsResolved = resolved
    webhook.alertsMax = max
    return Receiver(name: name, integrations: [webhook])
}

/// Flushes every half minute and writes down what is told.
private func run(
    _ groups: inout NotificationGroups, _ receivers: [Receiver], from: Millis, to: Millis,
    each: (Millis, inout NotificationGroups) -> Void = { _, _ in }
) -> [String] {
    var log: [String] = []
    for time in stride(from: from, through: to, by: 30_000) {
        each(time, &groups)
        for note in groups.flush(at: time, plan: NotifyPlan(receivers)).notifications {
            let firing = note.alerts.count { !$0.isResolved(at: time) }
            let ended = note.alerts.count - firing
            log.append(
                "\(numberText(Double(time) / 60_000))m \(note.receiver) \(firing)+\(ended) \(note.reason.rawValue)"
            )
        }
    }
    return log
}

@Suite struct AlertGroups {
    @Test func `a group waits, tells changes at its interval, repeats, and ends`() {
        var groups = NotificationGroups()
        let ops = [receiver()]
        let log = run(&groups, ops, from: 0, to: 300 * minute) { time, groups in
            let now: [Alert]
            switch time {
            case ..<(250 * minute):
                // Repeated by the rule every minute, valid for four; a second one joins at 1 minute.
                now =
                    [alert("A", "1", from: 0, until: time + 4 * minute)]
                    + (time >= minute
                        ? [alert("A", "2", from: minute, until: time + 4 * minute)] : [])
            default:
                now = ["1", "2"].map { alert("A", $0, from: 0, until: 250 * minute) }
            }
            if time % minute == 0 { groups.receive(now, at: time, plan: NotifyPlan(ops)) }
        }
        #expect(
            log == [
                "0.5m ops 1+0 first notification", "5.5m ops 2+0 new alerts added",
                "245.5m ops 2+0 repeat interval elapsed", "250.5m ops 0+2 all alerts resolved",
            ])
        #expect(groups.groupCount == 0)
    }

    @Test func `an old alert does not wait again, one that ends within the wait is never told`() {
        var groups = NotificationGroups()
        let ops = [receiver()]
        groups.receive([alert("Old", from: 0)], at: 10 * minute, plan: NotifyPlan(ops))
        #expect(groups.flush(at: 10 * minute, plan: NotifyPlan(ops)).notifications.count == 1)
        groups.receive([alert("Short", from: 11 * minute)], at: 11 * minute, plan: NotifyPlan(ops))
        groups.receive(
            [alert("Short", from: 11 * minute, until: 11 * minute + 10_000)],
            at: 11 * minute + 10_000, plan: NotifyPlan(ops))
        #expect(groups.flush(at: 12 * minute, plan: NotifyPlan(ops)).notifications.isEmpty)
    }

    @Test func `part of a group ends, and only receivers that want to know are told`() {
        var groups = NotificationGroups()
        let both = [receiver("all"), receiver("firing", resolved: false)]
        groups.receive(
            [alert("A", "1", from: 0), alert("A", "2", from: 0)], at: 0, plan: NotifyPlan(both))
        _ = groups.flush(at: 30_000, plan: NotifyPlan(both))
        groups.receive(
            [alert("A", "1", from: 0, until: 2 * minute)], at: 2 * minute, plan: NotifyPlan(both))
        let log = run(&groups, both, from: 2 * minute, to: 20 * minute)
        #expect(log == ["5.5m all 1+1 some alerts resolved"])
    }

    @Test func `every receiver and every label set has its own group`() {
        var groups = NotificationGroups()
        let both = [receiver("a"), receiver("b")]
        groups.receive([alert("X", from: 0), alert("Y", from: 0)], at: 0, plan: NotifyPlan(both))
        let notes = groups.flush(at: 30_000, plan: NotifyPlan(both)).notifications
        #expect(
            notes.map { "\($0.receiver) \($0.groupKey)" } == [
                #"a {}:{alertname="X"}"#, #"a {}:{alertname="Y"}"#, #"b {}:{alertname="X"}"#,
                #"b {}:{alertname="Y"}"#,
            ])
    }

    @Test func `alerts that nobody repeats end by themselves`() {
        var groups = NotificationGroups()
        let ops = [receiver()]
        groups.receive([alert("A", from: 0, until: 4 * minute)], at: 0, plan: NotifyPlan(ops))
        let log = run(&groups, ops, from: 0, to: 10 * minute)
        #expect(log == ["0.5m ops 1+0 first notification", "5.5m ops 0+1 all alerts resolved"])
    }

    @Test func `a suspended machine ends nothing`() {
        var groups = NotificationGroups()
        let ops = [receiver()]
        groups.receive([alert("A", from: 0, until: 4 * minute)], at: 0, plan: NotifyPlan(ops))
        _ = groups.flush(at: 30_000, plan: NotifyPlan(ops))
        let morning = 480 * minute
        // It wakes, looks before any rule has run, and must not say that all is well.
        let notes = groups.flush(at: morning, plan: NotifyPlan(ops)).notifications
        #expect(notes.map(\.reason) == [.repeated])
        groups.receive(
            [alert("A", from: 0, until: morning + 4 * minute)], at: morning + 30_000,
            plan: NotifyPlan(ops)
        )
        let log = run(&groups, ops, from: morning + minute, to: morning + 20 * minute)
        #expect(log == ["485m ops 0+1 all alerts resolved"])
    }

    @Test func `after a restart nothing is told twice, and ends are told`() throws {
        var groups = NotificationGroups()
        let ops = [receiver()]
        groups.receive(
            [alert("A", "1", from: 0), alert("A", "2", from: 0)], at: 0, plan: NotifyPlan(ops))
        let records = groups.flush(at: 30_000, plan: NotifyPlan(ops)).records
        var after = NotificationGroups(records)
        after.receive(
            [alert("A", "1", from: 0), alert("A", "2", from: 0)], at: 2 * minute,
            plan: NotifyPlan(ops))
        #expect(after.flush(at: 2 * minute, plan: NotifyPlan(ops)).notifications.isEmpty)
        var later = NotificationGroups(records)
        later.receive(
            [alert("A", "1", from: 0, until: minute)], at: 2 * minute, plan: NotifyPlan(ops))
        later.receive([alert("A", "2", from: 0)], at: 2 * minute, plan: NotifyPlan(ops))
        let notes = later.flush(at: 2 * minute, plan: NotifyPlan(ops)).notifications
        #expect(notes.map(\.reason) == [.someResolved])
        #expect(notes.first?.alerts.count == 2)
    }

    @Test func `a long list is cut and says by how much`() {
        var groups = NotificationGroups()
        let ops = [receiver(max: 2)]
        groups.receive((1...5).map { alert("A", "\($0)", from: 0) }, at: 0, plan: NotifyPlan(ops))
        let note = groups.flush(at: 30_000, plan: NotifyPlan(ops)).notifications.first
        #expect(note?.alerts.map { $0.labels["n"] } == ["1", "2"])
        #expect(note?.truncatedAlerts == 3)
    }

    @Test func `what was given up is told anew, what still waits is not repeated`() throws {
        var groups = NotificationGroups()
        let ops = [receiver()]
        groups.receive([alert("A", from: 0)], at: 0, plan: NotifyPlan(ops))
        let key = try #require(groups.flush(at: 30_000, plan: NotifyPlan(ops)).records.first?.key)
        var given = groups
        given.forget(key)
        #expect(
            given.flush(at: 6 * minute, plan: NotifyPlan(ops)).notifications.map(\.reason) == [
                .first
            ])
        var now: Millis = 30_000
        while now < 300 * minute {
            now += minute
            #expect(
                groups.flush(at: now, plan: NotifyPlan(ops), isWaiting: { $0 == key }).notifications
                    .isEmpty)
        }
    }
}
