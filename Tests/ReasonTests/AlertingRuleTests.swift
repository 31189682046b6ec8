import Basics
import Testing

@testable import Reason

/// Runs a rule over a timeline: at each minute, whether its expression matches.
private struct Timeline {
    var state = AlertingRule.State()
    var timing: AlertingRule.Timing
    var log: [String] = []
    let labels: Labels = ["alertname": "A"]

    init(hold: Millis = 0, keep: Millis = 0, interval: Millis = minute) {
        timing = .init(intervalMillis: interval, holdMillis: hold, keepFiringMillis: keep)
    }

    mutating func see(_ matches: Bool, at time: Millis) throws {
        let elements = matches ? [AlertElement(labels: labels, value: 1)] : []
        for action in try state.observe(elements, at: time, timing: timing) {
            switch action {
            case .becamePending: log.append("\(time / minute) pending")
            case .fired: log.append("\(time / minute) fired")
            case .resolved: log.append("\(time / minute) resolved")
            case .send(let alert, let endsAt):
                log.append("\(time / minute) send \(alert.state) until \(endsAt / minute)")
            }
        }
    }
}

@Suite struct AlertLives {
    @Test func `fires at once without for`() throws {
        var line = Timeline()
        try line.see(true, at: 0)
        #expect(line.log == ["0 pending", "0 fired", "0 send firing until 4"])
    }

    @Test func `waits for its time, and starts again when the condition goes`() throws {
        var line = Timeline(hold: 2 * minute)
        for (index, matches) in [true, true, false, true, true, true].enumerated() {
            try line.see(matches, at: Millis(index) * minute)
        }
        #expect(line.log == ["0 pending", "3 pending", "5 fired", "5 send firing until 9"])
    }

    @Test func `keeps firing for a while`() throws {
        var line = Timeline(keep: 3 * minute)
        for (index, matches) in [true, false, false, true, false, false, false, false].enumerated()
        {
            try line.see(matches, at: Millis(index) * minute)
        }
        #expect(
            line.log.filter { !$0.contains("send firing") } == [
                "0 pending", "0 fired", "7 resolved", "7 send inactive until 7",
            ])
    }

    @Test
    func `is sent again after more than the resend delay, and its end for a quarter of an hour`()
        throws
    {
        var line = Timeline()
        for index in 0..<6 { try line.see(true, at: Millis(index) * minute) }
        // The delay must be exceeded, as in Prometheus: with one minute every second time.
        #expect(
            line.log.filter { $0.contains("send") } == [
                "0 send firing until 4", "2 send firing until 6", "4 send firing until 8",
            ])
        line.log = []
        for index in 6..<30 { try line.see(false, at: Millis(index) * minute) }
        #expect(line.log.first == "6 resolved")
        #expect(line.log.last == "20 send inactive until 6")
        #expect(line.state.alerts.isEmpty)
    }

    @Test func `two elements with one label set are an error and change nothing`() throws {
        var state = AlertingRule.State()
        let element = AlertElement(labels: ["alertname": "A"], value: 1)
        #expect(throws: RuleFault.self) {
            try state.observe([element, element], at: 0, timing: .init(intervalMillis: minute))
        }
        #expect(state.alerts.isEmpty)
    }

    @Test func `beyond its limit a rule drops all its alerts`() throws {
        var state = AlertingRule.State()
        let elements = (0..<3).map { AlertElement(labels: ["n": "\($0)"], value: 1) }
        let timing = AlertingRule.Timing(intervalMillis: minute)
        _ = try state.observe(Array(elements.prefix(2)), at: 0, timing: timing, limit: 2)
        #expect(state.alerts.count == 2)
        let fault = #expect(throws: RuleFault.self) {
            try state.observe(elements, at: minute, timing: timing, limit: 2)
        }
        #expect(fault?.reason == "exceeded limit of 2 with 3 alerts")
        #expect(state.alerts.isEmpty)
    }

    @Test func `a suspended machine does not count towards for`() throws {
        var line = Timeline(hold: 10 * minute)
        try line.see(true, at: 0)
        try line.see(true, at: minute)
        let morning: Millis = 480 * minute
        for index in 0..<8 { try line.see(true, at: morning + Millis(index) * minute) }
        #expect(!line.log.contains { $0.contains("fired") })
        // One minute was seen in the evening, one is taken for the gap, eight in the morning.
        try line.see(true, at: morning + 8 * minute)
        #expect(line.log.contains("488 fired"))
    }

    @Test func `a clock that is set back delays nothing`() throws {
        var line = Timeline(hold: 2 * minute)
        try line.see(true, at: 600 * minute)
        for index in 0...2 { try line.see(true, at: Millis(index) * minute) }
        #expect(line.log.contains("2 fired"))
        try line.see(false, at: 3 * minute)
        #expect(line.log.contains("3 resolved"))
    }
}

@Suite struct Restoring {
    private func memory(_ state: AlertState, activeAt: Millis, seenAt: Millis) -> RememberedAlerts {
        let alert = ActiveAlert(
            labels: ["alertname": "A"], annotations: .empty, value: 1, state: state,
            activeAt: activeAt, firedAt: state == .firing ? activeAt : nil)
        return RememberedAlerts(rule: "r", alerts: [alert], seenAt: seenAt)
    }

    private func activeAt(hold: Millis, active: Millis, seen: Millis, now: Millis) -> Millis? {
        AlertRestoring().state(
            from: memory(.pending, activeAt: active, seenAt: seen), holdMillis: hold, now: now
        ).alerts.values.first?.activeAt
    }

    @Test func `after a short outage the time already spent counts, the outage does not`() {
        #expect(
            activeAt(hold: 5 * minute, active: 0, seen: 3 * minute, now: 5 * minute) == 2 * minute)
    }

    @Test
    func `after a longer outage a long for is shifted, a nearly spent one gets a grace period`() {
        #expect(
            activeAt(hold: 60 * minute, active: 0, seen: 10 * minute, now: 30 * minute) == 20
                * minute)
        // 5 minutes were left; it fires 10 minutes after the restart at the soonest.
        #expect(
            activeAt(hold: 60 * minute, active: 0, seen: 55 * minute, now: 75 * minute) == 25
                * minute)
        // A short for is seen again soon enough.
        #expect(activeAt(hold: 5 * minute, active: 0, seen: 3 * minute, now: 20 * minute) == nil)
    }

    @Test func `beyond the tolerance nothing is restored`() {
        #expect(activeAt(hold: 60 * minute, active: 0, seen: 10 * minute, now: 71 * minute) == nil)
    }

    @Test func `a firing alert goes on with its first time, and ends if it is not seen again`()
        throws
    {
        var state = AlertRestoring().state(
            from: memory(.firing, activeAt: 0, seenAt: 10 * minute), holdMillis: 0, now: 20 * minute
        )
        let timing = AlertingRule.Timing(intervalMillis: minute)
        _ = try state.observe([], at: 20 * minute, timing: timing)
        #expect(state.alerts.values.first?.state == .firing)
        let actions = try state.observe([], at: 23 * minute, timing: timing)
        #expect(actions.contains(.resolved(["alertname": "A"])))
        #expect(state.alerts.values.first?.firedAt == 0)
    }
}
