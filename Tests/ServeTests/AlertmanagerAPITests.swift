// Alertmanager's API, asked without a socket: shapes and words as Alertmanager 0.25 answers them.

import Basics
import Bytes
import Carry
import Send
import Testing

@testable import Serve

private struct Desk {
    let clock = ManualClock(now: 1_800_000_000_000)
    let notifier: Notifier
    let router: Router

    init(_ text: String? = nil) throws {
        var plan = NotifyPlan([Receiver(name: "ops", integrations: [])])
        if let text {
            plan = try #require(NotifyFile.parse(text, file: "n.yml", zones: .utc).plan)
        }
        var world = NotifierWorld(
            outbox: MemoryOutbox().store,
            fetch: Fetch { _ throws(FetchError) in throw .other("no") },
            clock: clock.clock, registry: Registry())
        let ids = Lock(0)
        world.newID = {
            let number = ids.withLock { count in
                count += 1
                return count
            }
            return "00000000-0000-4000-8000-00000000000\(number)"
        }
        notifier = Notifier(world: world, plan: plan)
        router = Router(
            AlertmanagerAPI(
                notifier: notifier, version: "1", started: 0, now: clock.clock.now
            ).routes)
    }

    func ask(
        _ method: String, _ path: String, _ query: [(name: String, value: String)] = [],
        _ body: String = ""
    ) -> (status: Int, text: String) {
        var request = HTTPRequest(method: method, path: path, query: query, body: Array(body.utf8))
        guard case .found(let route, let parameters) = router.match(method, path) else {
            return (404, "no route")
        }
        request.parameters = parameters
        let answer = route.handler(request)
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }
}

@Suite struct AlertmanagersAPI {
    private static let silence =
        #"{"matchers":[{"name":"alertname","value":"X","isRegex":false,"isEqual":true}],"startsAt":"2027-01-15T08:00:00.000Z","endsAt":"2027-01-15T09:00:00.000Z","createdBy":"me","comment":"why"}"#

    @Test func `an alert comes back with its receivers, its times and what holds it back`() throws {
        let desk = try Desk()
        let added = desk.ask(
            "POST", "/api/v2/alerts", [],
            #"[{"labels":{"alertname":"X","n":"1"},"annotations":{"summary":"hi"}}]"#)
        #expect(added.status == 200 && added.text.isEmpty)
        let expected =
            #"[{"annotations":{"summary":"hi"},"endsAt":"2027-01-15T08:05:00.000Z","fingerprint":"\#(Labels([("alertname", "X"), ("n", "1")]).fingerprintText)","receivers":[{"name":"ops"}],"startsAt":"2027-01-15T08:00:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2027-01-15T08:00:00.000Z","labels":{"alertname":"X","n":"1"}}]"#
        #expect(desk.ask("GET", "/api/v2/alerts").text == expected)
        let made = desk.ask("POST", "/api/v2/silences", [], Self.silence)
        #expect(made.text == #"{"silenceID":"00000000-0000-4000-8000-000000000001"}"#)
        let view = desk.ask("GET", "/api/v2/alerts").text
        #expect(
            view.contains(
                #""silencedBy":["00000000-0000-4000-8000-000000000001"],"state":"suppressed""#))
        #expect(desk.ask("GET", "/api/v2/alerts", [("silenced", "false")]).text == "[]")
        #expect(desk.ask("GET", "/api/v2/alerts", [("filter", "n=2")]).text == "[]")
        #expect(desk.ask("GET", "/api/v2/alerts", [("receiver", "o.*")]).text != "[]")
        let groups = desk.ask("GET", "/api/v2/alerts/groups").text
        #expect(groups.hasSuffix(#""labels":{"alertname":"X"},"receiver":{"name":"ops"}}]"#))
    }

    @Test func `a silence is shown, moved, ended`() throws {
        let desk = try Desk()
        _ = desk.ask("POST", "/api/v2/silences", [], Self.silence)
        let path = "/api/v2/silence/00000000-0000-4000-8000-000000000001"
        let expected =
            #"{"id":"00000000-0000-4000-8000-000000000001","status":{"state":"active"},"updatedAt":"2027-01-15T08:00:00.000Z","comment":"why","createdBy":"me","endsAt":"2027-01-15T09:00:00.000Z","matchers":[{"isEqual":true,"isRegex":false,"name":"alertname","value":"X"}],"startsAt":"2027-01-15T08:00:00.000Z"}"#
        #expect(desk.ask("GET", path).text == expected)
        #expect(desk.ask("GET", "/api/v2/silences").text == "[\(expected)]")
        #expect(desk.ask("DELETE", path).status == 200)
        #expect(desk.ask("GET", path).text.contains(#""state":"expired""#))
    }

    @Test func `what a silence would hold back is known before it is made`() throws {
        let desk = try Desk()
        _ = desk.ask(
            "POST", "/api/v2/alerts", [],
            #"[{"labels":{"alertname":"X"}},{"labels":{"alertname":"Y"}}]"#)
        let found = desk.ask(
            "GET", "/api/martlet/v1/silences/preview", [("filter", "alertname=~X|Z")])
        let alerts = try JSON(text: found.text)["data"]?["alerts"]?.items
        #expect(alerts?.map { $0["labels"]?["alertname"]?.text } == ["X"])
    }

    static let refusals: [(String, String, String, Int, String)] = [
        (
            "DELETE", "/api/v2/silence/nope", "", 422,
            #"{"code":601,"message":"silenceID in path must be of type uuid: \"nope\""}"#
        ),
        ("GET", "/api/v2/silence/2b0c0b9e-0000-4000-8000-000000000000", "", 404, ""),
        (
            "POST", "/api/v2/silences", #"{"matchers":[]}"#, 422,
            #"{"code":612,"message":"matchers in body should have at least 1 items"}"#
        ),
        (
            "POST", "/api/v2/silences",
            #"{"matchers":[{"name":"a","value":"","isRegex":false}],"startsAt":"2027-01-15T08:00:00Z","endsAt":"2027-01-15T09:00:00Z"}"#,
            400, "\"silence invalid: at least one matcher must not match the empty string\"\n"
        ),
        (
            "POST", "/api/v2/silences",
            #"{"matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2026-01-02T00:00:00Z"}"#,
            400, "\"Failed to create silence: end time can't be in the past\"\n"
        ),
        (
            "POST", "/api/v2/silences",
            #"{"id":"2b0c0b9e-0000-4000-8000-000000000000","matchers":[{"name":"a","value":"b","isRegex":false}],"startsAt":"2026-01-01T00:00:00Z","endsAt":"2028-01-02T00:00:00Z"}"#,
            404, "\"silence not found\"\n"
        ),
        (
            "POST", "/api/v2/alerts", #"[{"labels":{}}]"#, 400,
            "\"at least one label pair required\"\n"
        ),
    ]

    @Test(arguments: refusals) func `what is wrong is refused in Alertmanager's words`(
        _ method: String, _ path: String, _ body: String, _ status: Int, _ text: String
    ) throws {
        let answer = try Desk().ask(method, path, [], body)
        #expect(answer.status == status && answer.text == text)
    }

    @Test func `a filter that is no matcher is refused`() throws {
        let answer = try Desk().ask("GET", "/api/v2/alerts", [("filter", "xx")])
        #expect(answer.status == 400 && answer.text == "\"bad matcher format: xx\"\n")
    }

    @Test func `inhibited alerts say by whom`() throws {
        let desk = try Desk(
            """
            route: {receiver: ops, group_by: [alertname]}
            receivers: [{name: ops}]
            inhibit_rules: [{source_matchers: [alertname=Down], target_matchers: [alertname=Slow], equal: [job]}]
            """)
        _ = desk.ask(
            "POST", "/api/v2/alerts", [],
            #"[{"labels":{"alertname":"Down","job":"a"}},{"labels":{"alertname":"Slow","job":"a"}}]"#
        )
        let views = try JSON(
            text: desk.ask("GET", "/api/v2/alerts", [("filter", "alertname=Slow")]).text)
        let source = Labels([("alertname", "Down"), ("job", "a")]).fingerprintText
        #expect(views.items?.first?["status"]?["inhibitedBy"]?.items?.map(\.text) == [source])
    }
}
