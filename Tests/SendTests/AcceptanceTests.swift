// The behaviours of Alertmanager's acceptance list, each with its exact deliveries.

import Basics
import Testing

@testable import Send

private func alert(
    _ labels: [String: String], _ start: Double? = nil, _ end: Double? = nil
) -> Happening {
    .alert(labels, start: start, end: end)
}

private let one = ["alertname": "test", "lbl": "v1"]
private let two = ["alertname": "test", "lbl": "v2"]
private let three = ["alertname": "test", "lbl": "v3"]

private func route(
    wait: String = "1s", interval: String, repeats: String, resolved: Bool = true,
    more: String = ""
) -> String {
    """
    route: {receiver: default, group_by: [alertname], group_wait: \(wait), group_interval: \(interval), repeat_interval: \(repeats)}
    receivers: [{name: default, webhook_configs: [{url: "http://h/", send_resolved: \(resolved)}]}]
    \(more)
    """
}

@Suite struct AlertmanagersAcceptance {
    @Test func `TestMergeAlerts, an alert that is repeated keeps its beginning and times out once`()
        throws
    {
        var bench = try AcceptanceBench(
            route(interval: "5s", repeats: "1h", more: "global: {resolve_timeout: 10s}"))
        let told = try bench.run(
            [(1, alert(one)), (3, alert(one)), (6, alert(one))], until: 30)
        // Told after the wait; the last report at 6 ends by itself at 16, and the interval after says so.
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "17 default resolved [alertname=test,lbl=v1]",
            ])
    }

    @Test func `TestMergeAlertsWithEndsAt, an end of its own is the end, and the later one counts`()
        throws
    {
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h"))
        let told = try bench.run(
            [(1, alert(one, 1, 5)), (2, alert(one, 1, 12))], until: 20)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "12 default resolved [alertname=test,lbl=v1]",
            ])
    }

    @Test func `TestRepeat, what has not changed is told again when its time has come`() throws {
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "4s"))
        let told = try bench.run([(1, alert(one, 1, 100))], until: 11)
        #expect(
            told == [2.0, 6, 10].map { "\(numberText($0)) default firing alertname=test,lbl=v1" })
    }

    @Test func `TestBatching, alerts that come later join at the next interval`() throws {
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "5s"))
        let told = try bench.run(
            [
                (1.1, alert(one, 1.1, 100)),
                (1.7, alert(["alertname": "test", "lbl": "v5"], 1.7, 100)),
                (2.6, alert(two, 2.6, 100)), (3.5, alert(three, 3.5, 100)),
            ], until: 9)
        #expect(
            told == [
                "2.5 default firing alertname=test,lbl=v1 alertname=test,lbl=v5",
                "3.5 default firing alertname=test,lbl=v1 alertname=test,lbl=v2 alertname=test,lbl=v3 alertname=test,lbl=v5",
                "8.5 default firing alertname=test,lbl=v1 alertname=test,lbl=v2 alertname=test,lbl=v3 alertname=test,lbl=v5",
            ])
    }

    @Test func `TestResolved, an alert without news is over after the resolve timeout`() throws {
        var bench = try AcceptanceBench(
            route(interval: "5s", repeats: "1h", more: "global: {resolve_timeout: 10s}"))
        let told = try bench.run([(1, alert(one))], until: 20)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "12 default resolved [alertname=test,lbl=v1]",
            ])
    }

    @Test
    func
        `TestResolvedFilter, who does not want ends hears of none, and hears of the next beginning`()
        throws
    {
        var bench = try AcceptanceBench(
            route(interval: "5s", repeats: "1h", resolved: false))
        let told = try bench.run(
            [
                (1, alert(one, 1, 100)), (1, alert(two, 1, 100)), (3, alert(two, 1, 3)),
                (8, alert(one, 1, 8)), (15, alert(one, 15, 100)),
            ], until: 30)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1 alertname=test,lbl=v2",
                "16 default firing alertname=test,lbl=v1",
            ])
    }

    @Test
    func `TestColdStart, after a restart nothing is told twice and the repetition comes in time`()
        throws
    {
        var bench = try AcceptanceBench(route(interval: "2s", repeats: "10s"))
        let told = try bench.run(
            [(1, alert(one, 1, 100)), (4, .restart), (5, alert(one, 1, 100))], until: 15)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "13 default firing alertname=test,lbl=v1",
            ])
    }

    @Test func `TestReload, a new configuration tells at once what it knows, and by its own times`()
        throws
    {
        var bench = try AcceptanceBench(route(interval: "6s", repeats: "10m"))
        let other = """
            route: {receiver: other, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h}
            receivers: [{name: other, webhook_configs: [{url: "http://h/"}]}]
            """
        let told = try bench.run(
            [
                (1, alert(one, 1, 100)), (3, alert(two, 3, 100)),
                (4.5, .reload(route(interval: "6s", repeats: "10m"))), (10, .reload(other)),
            ], until: 12)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "4.5 default firing alertname=test,lbl=v1 alertname=test,lbl=v2",
                "10 other firing alertname=test,lbl=v1 alertname=test,lbl=v2",
            ])
    }

    @Test func `TestInhibiting, a target is not told while its source fires, and is afterwards`()
        throws
    {
        let rules = """
            inhibit_rules: [{source_matchers: ['alertname="JobDown"'], target_matchers: ['alertname="InstanceDown"'], equal: [job, zone]}]
            """
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h", more: rules))
        let instance = { (zone: String) in
            ["alertname": "InstanceDown", "job": "t", "zone": zone]
        }
        let told = try bench.run(
            [
                (1, alert(["alertname": "test1", "job": "t", "zone": "aa"], 1, 100)),
                (1, alert(instance("aa"), 1, 100)), (1, alert(instance("ab"), 1, 100)),
                (2.2, alert(["alertname": "JobDown", "job": "t", "zone": "aa"], 2.2, 3.6)),
                (
                    2.2,
                    alert(
                        ["alertname": "InstanceDown", "job": "t", "zone": "aa", "i": "2"], 2.2, 100)
                ),
            ], until: 6)
        #expect(
            told == [
                "2 default firing alertname=InstanceDown,job=t,zone=aa alertname=InstanceDown,job=t,zone=ab",
                "2 default firing alertname=test1,job=t,zone=aa",
                "3.5 default firing alertname=JobDown,job=t,zone=aa",
                "4 default firing alertname=InstanceDown,job=t,zone=aa alertname=InstanceDown,job=t,zone=ab alertname=InstanceDown,i=2,job=t,zone=aa",
                "4.5 default resolved [alertname=JobDown,job=t,zone=aa]",
            ])
    }

    @Test func `TestAlwaysInhibiting, a target that comes with its source is never told`() throws {
        let rules = """
            inhibit_rules: [{source_matchers: ['alertname="JobDown"'], target_matchers: ['alertname="InstanceDown"'], equal: [job]}]
            """
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h", more: rules))
        let told = try bench.run(
            [
                (1, alert(["alertname": "JobDown", "job": "t"], 1, 4)),
                (1, alert(["alertname": "InstanceDown", "job": "t"], 1, 3.5)),
            ], until: 8)
        #expect(
            told == [
                "2 default firing alertname=JobDown,job=t",
                "4 default resolved [alertname=JobDown,job=t]",
            ])
    }

    @Test func `two alerts that are source and target of one rule do not silence each other`()
        throws
    {
        let rules = """
            inhibit_rules: [{source_matchers: ['severity=~"a|b"'], target_matchers: ['severity=~"a|b"'], equal: [nothing]}]
            """
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h", more: rules))
        let told = try bench.run(
            [
                (1, alert(["alertname": "x", "severity": "a"], 1, 100)),
                (1, alert(["alertname": "y", "severity": "b"], 1, 100)),
            ], until: 3)
        #expect(told.count == 2)
    }

    @Test
    func
        `TestSilencing, a silence holds back what fits it, and what it held back is told after it`()
        throws
    {
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h"))
        let told = try bench.run(
            [
                (1, alert(one, 1, 100)), (1, .silence(["lbl": "v2"], from: 1, to: 4.5)),
                (1, alert(two, 1, 100)),
            ], until: 8)
        #expect(
            told == [
                "2 default firing alertname=test,lbl=v1",
                "5 default firing alertname=test,lbl=v1 alertname=test,lbl=v2",
            ])
    }

    @Test func `TestSilenceDelete, an ended silence holds nothing back any more`() throws {
        var bench = try AcceptanceBench(route(interval: "1s", repeats: "1h"))
        let told = try bench.run(
            [
                (1, .silence(["lbl": "v1"], from: 1, to: 1000)), (1, alert(one, 1, 100)),
                (3.5, .expire(0)),
            ], until: 6)
        #expect(told == ["4 default firing alertname=test,lbl=v1"])
    }

    @Test func `a route that continues tells both, and time intervals hold a route back`() throws {
        // 14 November 2023, 22:13:20 UTC, is a Tuesday.
        let text = """
            route:
              receiver: default
              group_by: [alertname]
              group_wait: 1s
              group_interval: 1s
              repeat_interval: 1h
              routes:
                - {receiver: first, matchers: ['lbl=~"v.*"'], continue: true}
                - {receiver: night, matchers: ['lbl="v1"'], mute_time_intervals: [evening]}
                - {receiver: week, matchers: ['lbl="v2"'], active_time_intervals: [weekend]}
                - {receiver: days, matchers: ['lbl="v3"'], active_time_intervals: [weekdays]}
            time_intervals:
              - {name: evening, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]}
              - {name: weekend, time_intervals: [{weekdays: [saturday, sunday]}]}
              - {name: weekdays, time_intervals: [{weekdays: ['monday:friday'], months: [november], years: ['2023:2024']}]}
            receivers:
              - {name: default, webhook_configs: [{url: "http://h/"}]}
              - {name: first, webhook_configs: [{url: "http://h/"}]}
              - {name: night, webhook_configs: [{url: "http://h/"}]}
              - {name: week, webhook_configs: [{url: "http://h/"}]}
              - {name: days, webhook_configs: [{url: "http://h/"}]}
            """
        var bench = try AcceptanceBench(text)
        let told = try bench.run(
            [(1, alert(one, 1, 100)), (1, alert(two, 1, 100)), (1, alert(three, 1, 100))], until: 3)
        #expect(
            told == [
                "2 days firing alertname=test,lbl=v3",
                "2 first firing alertname=test,lbl=v1 alertname=test,lbl=v2 alertname=test,lbl=v3",
            ])
    }
}
