import Basics
import Bytes
import Testing

@testable import Send

@Suite struct Routing {
    private static let text = """
        route:
          receiver: web.hook
          group_by: ['...']
          routes:
            - receiver: pager
              match_re: {service: "a|b"}
              match: {severity: page}
              matchers: ['team != "x"', env=~"p.*", 'q!~"z\\"\\\\d"']
              continue: true
              group_by: [alertname, job]
              routes:
                - {matchers: [sub=1], repeat_interval: 7m}
            - {receiver: db, matchers: ['db="1"']}
        receivers: [{name: web.hook}, {name: pager}, {name: db}]
        """

    @Test func `keys are written as Alertmanager writes them`() throws {
        let plan = try AcceptanceBench.plan(Self.text)
        // As `amtool config routes show` of Alertmanager 0.25 prints them.
        let pager =
            #"{}/{env=~"p.*",q!~"z\"\\d",service=~"^(?:a|b)$",severity="page",team!="x"}"#
        #expect(
            plan.tree.rows.map(\.key) == ["{}", pager, pager + #"/{sub="1"}"#, #"{}/{db="1"}"#])
        #expect(plan.tree.rows[0].branch.grouping.labels == nil)
        let child = plan.tree.rows[2].branch
        #expect(child.receiver == "pager" && child.grouping.labels == ["alertname", "job"])
        #expect(child.grouping.repeatMillis == 420_000)
    }

    @Test func `an alert finds its receivers`() throws {
        let plan = try AcceptanceBench.plan(Self.text)
        let page: Labels = ["severity": "page", "service": "a", "env": "prod"]
        #expect(plan.receivers(of: page) == ["pager"])
        #expect(plan.receivers(of: page.setting("db", "1")) == ["pager", "db"])
        #expect(plan.receivers(of: page.setting("team", "x")) == ["web.hook"])
        #expect(plan.receivers(of: page.setting("service", "ab")) == ["web.hook"])
    }

    static let matchers: [(String, String?)] = [
        (#"a="b""#, #"a="b""#), ("a=b", #"a="b""#), (#" a =~ "x|y" "#, #"a=~"x|y""#),
        (#"a!="b\"c""#, #"a!="b\"c""#), ("a!~b.*", #"a!~"b.*""#), (#"a="b\d""#, #"a="b\\d""#),
        (#""with.dot"="x""#, #"with.dot="x""#), ("a=", #"a="""#), ("db", nil), ("1a=b", nil),
        (#"a="b"#, nil), (#"a=b"c"#, nil), ("a=~(", nil), ("", nil),
    ]

    @Test(arguments: matchers) func `matchers are read as Alertmanager reads them`(
        _ text: String, _ expected: String?
    ) {
        do {
            let matcher = try parseMatcher(text)
            #expect(matcher.alertmanagerText == expected)
        } catch {
            #expect(expected == nil, "\(error)")
        }
    }

    @Test func `a list of matchers may have braces and commas inside quotes`() throws {
        #expect(try parseMatchers(#"{a="x,y", b!~z}"#).map(\.value) == ["x,y", "z"])
        #expect(try parseMatchers("a=b,").count == 1)
    }

    static let faults: [(String, String)] = [
        ("receivers: []\n", "route: a route is needed: who hears of what"),
        ("route: {receiver: a}\n", "route.receiver: there is no receiver \"a\""),
        (
            "route: {receiver: a, matchers: [a=b]}\nreceivers: [{name: a}]\n",
            "route: the root route must not have any matchers"
        ),
        (
            "route: {receiver: a, routes: [{matchers: [nope]}]}\nreceivers: [{name: a}]\n",
            "route.routes[0].matchers: bad matcher format: nope"
        ),
        (
            "route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\nreceivers: [{name: a}]\n",
            "route.routes[0].mute_time_intervals: there is no time interval \"x\""
        ),
        (
            "route: {receiver: a, rout: 1}\nreceivers: [{name: a}]\n",
            "unknown key route.rout"
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{api_url: 'http://x', title: '{{ .Nope'}]}]\n",
            "receivers[0].slack_configs[0]: line 1, column"
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: t, time_intervals: [{weekdays: ['friday:monday']}]}]\n",
            "time_intervals[0].time_intervals[0].weekdays: \"friday:monday\" is no range"
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: t, time_intervals: [{location: Mars/Base}]}]\n",
            "time_intervals[0].time_intervals[0].location: there is no time zone \"Mars/Base\""
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a, email_configs: [{to: x@y}]}]\n",
            "receivers[0].email_configs[0].from: is needed, here or as smtp_from in global"
        ),
    ]

    @Test(arguments: faults) func `faults have their place and their words`(
        _ text: String, _ expected: String
    ) {
        let read = NotifyFile.parse(text, file: "n.yml", zones: .utc)
        #expect(read.plan == nil)
        #expect(
            read.problems.contains { $0.description.contains("error: " + expected) },
            "\(read.problems)")
    }

    @Test func `the file that amtool is given reads back to the same routes`() throws {
        let plan = try AcceptanceBench.plan(Self.text)
        let again = try AcceptanceBench.plan(plan.alertmanagerText)
        #expect(again.tree.rows.map(\.key) == plan.tree.rows.map(\.key))
        #expect(again.tree.trees == plan.tree.trees)
        let forest = NotifyPlan([.webhook("http://a/"), Receiver(name: "b", integrations: [])])
        let tree = try AcceptanceBench.plan(forest.alertmanagerText)
        #expect(tree.receivers(of: ["x": "y"]) == ["webhook", "b"])
    }
}

@Suite struct CalendarIntervals {
    private static let shanghai = Zones { name, _ in
        ["UTC": 0, "Asia/Shanghai": 8 * 3600][name]
    }

    private func holds(_ change: (inout CalendarInterval) -> Void, _ text: String) throws -> Bool {
        var interval = CalendarInterval()
        change(&interval)
        let time = try #require(parseRFC3339(text))
        return interval.contains(time, zones: Self.shanghai)
    }

    @Test func `times of day exclude their end, and a zone moves the day`() throws {
        let office: (inout CalendarInterval) -> Void = {
            $0.times = [540..<1020]
            $0.weekdays = [1...5]
            $0.zone = "Asia/Shanghai"
        }
        // Monday, nine in Shanghai is one in UTC.
        #expect(try holds(office, "2026-11-23T01:00:00Z"))
        #expect(try !holds(office, "2026-11-23T00:59:59Z"))
        #expect(try !holds(office, "2026-11-23T09:00:00Z"))
        // Sunday evening in UTC is Monday in Shanghai, but too early.
        #expect(try !holds(office, "2026-11-22T20:00:00Z"))
    }

    @Test func `days may count from the end of the month`() throws {
        let last: (inout CalendarInterval) -> Void = { $0.daysOfMonth = [(-3, -1)] }
        #expect(try holds(last, "2026-02-26T12:00:00Z"))
        #expect(try !holds(last, "2026-02-25T12:00:00Z"))
        #expect(try holds(last, "2026-12-31T12:00:00Z"))
        #expect(try !holds({ $0.daysOfMonth = [(30, 31)] }, "2026-02-28T12:00:00Z"))
        #expect(try holds({ $0.daysOfMonth = [(28, 31)] }, "2026-02-28T12:00:00Z"))
    }
}
