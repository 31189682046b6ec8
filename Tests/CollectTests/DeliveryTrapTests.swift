// The traps of each sender, by name.

import Basics
import Bytes
import Collect
import Testing

private func time(_ text: String) -> Millis { parseRFC3339(text) ?? -1 }

@Suite struct DeliveryTrapTests {
    @Test func `GitLab spells time in five ways, and all are one moment`() {
        #expect(parseStamp("2013-12-03T17:15:43Z") == time("2013-12-03T17:15:43Z"))
        #expect(parseStamp("2016-08-25T01:19:09+05:30") == time("2016-08-24T19:49:09Z"))
        #expect(parseStamp("2019-06-05T14:32:20.211Z") == time("2019-06-05T14:32:20.211Z"))
        #expect(parseStamp("2016-09-03 17:12:45 UTC") == time("2016-09-03T17:12:45Z"))
        #expect(parseStamp("2021-04-28 21:50:00 +0200") == time("2021-04-28T19:50:00Z"))
    }

    @Test func `seconds, milliseconds and Jira's offsets are read, nonsense is not`() {
        #expect(parseStamp("1470000000") == 1_470_000_000_000)
        #expect(parseStamp("1550286113023") == 1_550_286_113_023)
        #expect(parseStamp("2019-02-15T19:01:52.971-0800") == time("2019-02-16T03:01:52.971Z"))
        for text in ["", "yesterday", "2001/20/20 12:05:05", "0", "-5", "1e300", "9999-99-99"] {
            #expect(parseStamp(text) == nil, "\(text)")
        }
    }

    @Test func `Jenkins' COMPLETED and FINALIZED are one event`() throws {
        func build(_ phase: String) throws -> NormalisedDelivery {
            try read(
                .jenkins,
                json: #"""
                    {"name":"shop","build":{"full_url":"http://j/job/shop/7/","number":7,
                    "phase":"\#(phase)","status":"FAILURE","timestamp":1700000000000,"duration":4500,
                    "scm":{"url":"git@host:org/shop.git","branch":"origin/main","commit":"abc"}}}
                    """#)
        }
        let (completed, finalized) = (try build("COMPLETED"), try build("FINALIZED"))
        #expect(completed == finalized)
        let event = try #require(completed.events.first)
        #expect(event.time == 1_700_000_004_500)
        #expect(event.repository == "org/shop")
        #expect(event["status"] == .text("failure"))
        #expect(event["branch"] == .text("main"))
        #expect(event["durationMillis"] == .number(4500))
    }

    @Test func `Jenkins' STARTED has no status, and old versions have no time`() throws {
        let result = try read(
            .jenkins, json: #"{"name":"a","build":{"number":"1","phase":"STARTED"}}"#)
        #expect(result.events.first?["status"] == .text("running"))
        #expect(result.events.first?.time == 1_772_442_000_000)
    }

    @Test func `membership of a Jira sprint is the difference of two histories`() throws {
        func change(_ from: String, _ to: String) throws -> Event {
            let result = try read(
                .jira,
                json: #"""
                    {"timestamp":1700000000000,"webhookEvent":"jira:issue_updated",
                    "issue":{"key":"A-1","fields":{}},"changelog":{"id":"9","items":[
                    {"field":"Sprint","from":"\#(from)","fromString":"x","to":"\#(to)","toString":"y"}]}}
                    """#)
            return try #require(result.events.first)
        }
        let first = try change("38", "38, 40")
        #expect(first["iteration"] == .text("40"))
        #expect(first["fromIteration"] == .text("38"))
        let second = try change("38, 40", "38, 40, 41")
        #expect(second["iteration"] == .text("41"))
        #expect(second["fromIteration"] == .text("40"))
        let removed = try change("38, 40", "38")
        #expect(removed["fromIteration"] == .text("40"))
    }

    @Test func `an issue that is created in a Jira sprint is in it, in both spellings`() throws {
        func created(_ field: String) throws -> Event? {
            let issue = #"""
                {"timestamp":1700000000000,"webhookEvent":"jira:issue_created","issue":{"key":"A-1",
                "fields":{"created":"2023-11-14T22:13:20.000+0000","status":{"name":"To Do"},
                "customfield_10020":\#(field)}}}
                """#
            return try read(.jira, json: issue).events.first
        }
        let objects =
            #"[{"id":6,"state":"closed","boardId":2},{"id":7,"state":"active","boardId":2}]"#
        #expect(try created(objects)?["iteration"] == .text("7"))
        let texts =
            #"["com.atlassian.greenhopper.service.sprint.Sprint@a8[id=9,rapidViewId=1,state=ACTIVE]"]"#
        #expect(try created(texts)?["iteration"] == .text("9"))
        #expect(try created(#"[{"id":1,"value":"a choice of a list"}]"#)?["iteration"] == nil)
        #expect(try created("null")?["iteration"] == nil)
    }

    @Test func `a Jira sprint list without ids is read by names`() throws {
        let result = try read(
            .jira,
            json: #"""
                {"timestamp":1700000000000,"webhookEvent":"jira:issue_updated",
                "issue":{"key":"A-1","fields":{}},"changelog":{"id":"9","items":[
                {"field":"Sprint","from":null,"fromString":"Eins","to":null,"toString":"Eins, Zwei"}]}}
                """#)
        #expect(result.events.first?["iteration"] == .text("Zwei"))
    }

    @Test func `an old Jira server without an event type is understood by its change log`() throws {
        let result = try read(
            .jira,
            json: #"""
                {"timestamp":1700000000000,"webhookEvent":"jira:issue_updated","user":{"name":"ann"},
                "issue":{"key":"A-1","fields":{"status":{"name":"Done","statusCategory":{"key":"done"}}}},
                "changelog":{"id":"9","items":[
                {"field":"status","fromString":"Doing","toString":"Done"},
                {"field":"Story Points","fromString":"3","toString":"5"}]}}
                """#)
        #expect(result.events.map { $0["action"]?.text } == ["moved", "estimated"])
        #expect(result.events[0]["isDone"] == .bool(true))
        #expect(result.events[1]["estimate"] == .number(5))
    }

    @Test func `CircleCI's commit has two shapes`() throws {
        func build(_ pipeline: String) throws -> Event {
            let result = try read(
                .circleci,
                json: #"""
                    {"type":"workflow-completed","workflow":{"id":"w","status":"success",
                    "created_at":"2021-09-01T22:49:03Z","stopped_at":"2021-09-01T22:49:34Z"},
                    "pipeline":\#(pipeline)}
                    """#)
            return try #require(result.events.first)
        }
        let vcs = try build(#"{"vcs":{"revision":"aaa","branch":"main"}}"#)
        #expect(vcs["sha"] == .text("aaa"))
        let app = try build(
            #"{"trigger_parameters":{"git":{"checkout_sha":"bbb","branch":"dev","tag":""}}}"#)
        #expect(app["sha"] == .text("bbb"))
        #expect(app["branch"] == .text("dev"))
        #expect(app["durationMillis"] == .number(31_000))
    }

    @Test func `Gerrit's numbers may be texts, and its deletions negative`() throws {
        let line = #"""
            {"type":"change-merged","newRev":"f00","eventCreatedOn":"1470000000",
            "patchset":{"number":"2","sizeInsertions":"10","sizeDeletions":-4},
            "change":{"project":"p","number":"12","branch":"main"}}
            """#
        let event = try #require(try read(.gerrit, json: line + "\n" + line).events.first)
        #expect(event["deleted"] == .number(4))
        #expect(event["added"] == .number(10))
        #expect(event["change"] == .text("12"))
        #expect(event["sha"] == .text("f00"))
        #expect(event.time == 1_470_000_000_000)
    }

    @Test func `a Gerrit vote that did not change is a comment`() throws {
        func review(_ old: String) throws -> String? {
            try read(
                .gerrit,
                json: #"""
                    {"type":"comment-added","eventCreatedOn":1470000000,"comment":"x",
                    "author":{"username":"ann"},"change":{"project":"p","number":1},
                    "approvals":[{"type":"Code-Review","value":"2","oldValue":"\#(old)"}]}
                    """#
            ).events.first?["state"]?.text
        }
        #expect(try review("0") == "approved")
        #expect(try review("2") == "commented")
    }

    @Test func `a closed GitHub pull request without merged_at is not merged`() throws {
        func actions(_ merged: String) throws -> [String?] {
            try read(
                .github,
                json: #"""
                    {"action":"closed","repository":{"full_name":"o/r"},"pull_request":{"number":3,
                    "user":{"login":"ann"},"created_at":"2024-01-01T00:00:00Z","merge_commit_sha":"abc",
                    "closed_at":"2024-01-02T00:00:00Z","merged_at":\#(merged)}}
                    """#, headers: ["x-github-event": "pull_request"]
            ).events.map { $0["action"]?.text }
        }
        #expect(try actions("null") == ["opened", "closed"])
        #expect(try actions(#""2024-01-02T00:00:00Z""#) == ["opened", "merged"])
    }

    @Test func `creating a GitHub deployment is not its success`() throws {
        let result = try read(
            .github,
            json: #"""
                {"repository":{"full_name":"o/r"},"deployment":{"id":9,"sha":"abc","ref":"hotfix/x",
                "environment":"Live","created_at":"2024-01-01T00:00:00Z"}}
                """#, headers: ["x-github-event": "deployment"])
        let event = try #require(result.events.first)
        #expect(event["status"] == .text("started"))
        #expect(event["environment"] == .text("production"))
        #expect(event["isUnplanned"] == .bool(true))
    }

    @Test func `the sha of a GitLab deployment is the end of its URL`() throws {
        let result = try read(
            .gitlab,
            json: #"""
                {"object_kind":"deployment","status":"success","deployment_id":15,
                "status_changed_at":"2021-04-28 21:50:00 +0200","environment":"prod",
                "project":{"path_with_namespace":"root/x"},"short_sha":"279484c0",
                "commit_url":"http://h/root/x/-/commit/279484c09fbe69ededfced8c1bb6e6d24616b468"}
                """#)
        let event = try #require(result.events.first)
        #expect(event["sha"] == .text("279484c09fbe69ededfced8c1bb6e6d24616b468"))
        #expect(event.time == time("2021-04-28T19:50:00Z"))
    }

    @Test func `a card that moves between Trello's lists moves between stages`() throws {
        let result = try read(
            .trello,
            json: #"""
                {"action":{"id":"a1","type":"updateCard","date":"2023-02-07T20:43:44.743Z","data":{
                "card":{"id":"c","shortLink":"Yd9","name":"x"},"board":{"id":"b"},
                "listBefore":{"name":"Doing"},"listAfter":{"name":"Done"},"old":{"idList":"l"}}}}
                """#)
        let event = try #require(result.events.first)
        #expect(event["fromStage"] == .text("Doing"))
        #expect(event["stage"] == .text("Done"))
        #expect(event["isDone"] == .bool(true))
    }

    @Test func `a CDEvents type is known by its middle, whatever its version`() throws {
        for version in ["0.1.0", "0.3.0", "9.9.9-draft"] {
            let result = try read(
                .cdevents,
                json: #"""
                    {"context":{"id":"1","type":"dev.cdevents.service.rolledback.\#(version)",
                    "timestamp":"2023-03-20T14:27:05.315384Z"},
                    "subject":{"id":"shop","content":{"environment":{"id":"prod"}}}}
                    """#)
            #expect(result.events.first?["status"] == .text("rolled_back"))
            #expect(result.events.first?.service == "shop")
        }
    }

    @Test func `an empty batch of CloudEvents is valid, and so is binary mode`() throws {
        #expect(try read(.cloudevents, json: "[]").events.isEmpty)
        let own =
            #"{"id":"x","kind":"deployment","time":1700000000000,"fields":{"status":"success"}}"#
        let result = try read(
            .cloudevents, json: own,
            headers: ["ce-type": "org.martlet.event", "ce-id": "1", "ce-source": "/x"])
        #expect(result.events.first?["status"] == .text("success"))
    }

    @Test func `DevLake's empty deploymentCommits are a fault, and snake case is read`() throws {
        let empty = try read(
            .devlake,
            json: #"{"id":"1","finishedDate":"2023-01-01T12:00:00+00:00","deploymentCommits":[]}"#)
        #expect(empty.events.isEmpty && empty.faults.count == 1)
        let snake = try read(
            .devlake,
            json: #"""
                {"id":"1","deployment_commits":[{"repo_url":"https://h/o/r.git","commit_sha":"abc",
                "finished_date":"2023-01-01T12:00:00+00:00"}]}
                """#)
        #expect(snake.events.first?["environment"] == .text("production"))
        #expect(snake.events.first?.repository == "o/r")
    }

    @Test func `a commit that is new on no branch is counted and not kept again`() throws {
        let result = try read(
            .github,
            json: #"""
                {"ref":"refs/heads/main","after":"b","pusher":{},"repository":{"full_name":"o/r"},
                "commits":[{"id":"a","distinct":false,"timestamp":"2024-01-01T00:00:00Z"},
                {"id":"b","distinct":true,"timestamp":"2024-01-01T00:00:00Z",
                "message":"Revert \"x\" (#12)","added":["f"],"modified":["g","h"]}]}
                """#, headers: ["x-github-event": "push"])
        #expect(result.events.count == 1)
        #expect(result.ignored == ["push.known_commit": 1])
        #expect(result.events[0]["isRevert"] == .bool(true))
        #expect(result.events[0]["change"] == .text("12"))
        #expect(result.events[0]["files"] == .number(3))
    }

    @Test func `a generic document becomes events by its mapping`() throws {
        var mapping = EventMapping()
        mapping.items = "alerts"
        mapping.kind = "=incident"
        mapping.id = "fingerprint"
        mapping.time = "startsAt"
        mapping.service = "labels.service"
        mapping.fields = [
            "incident": "fingerprint", "action": "status", "severity": "labels.severity",
        ]
        mapping.words = ["firing": "opened"]
        let body = #"""
            {"alerts":[{"fingerprint":"f1","status":"firing","startsAt":"2024-01-01T00:00:00Z",
            "labels":{"service":"shop","severity":"page"}},{"status":"firing"}]}
            """#
        let result = try read(.generic, Array(body.utf8)) { $0.mapping = mapping }
        #expect(result.events.count == 1 && result.faults.count == 1)
        #expect(result.events[0]["action"] == .text("opened"))
        #expect(result.events[0]["severity"] == .text("page"))
        #expect(result.events[0].service == "shop")
        #expect(result.events[0].team == "blue")
    }
}
