import Basics
import Testing

@testable import Send

private func notification(_ alerts: [Alert], at now: Millis, max: Int = 0) -> Send.Notification {
    Send.Notification(
        receiver: "web.hook", integration: 0, groupKey: #"{}:{alertname="AlwaysFiring"}"#,
        groupLabels: ["alertname": "AlwaysFiring"], alerts: alerts, truncatedAlerts: max,
        reason: .first, at: now)
}

@Suite struct Payloads {
    @Test func `are Alertmanager's, byte for byte`() throws {
        let start = try #require(parseRFC3339("2026-11-21T03:05:11.456Z"))
        let alert = Alert(
            labels: ["alertname": "AlwaysFiring", "severity": "page"],
            annotations: ["summary": "value is 1"], startsAt: start, endsAt: start + 240_000,
            generatorURL: "http://h:9090/graph?g0.expr=vector%281%29+%3D%3D+1&g0.tab=1")
        let body = notification([alert], at: start).payload(externalURL: "http://h:19093")
        // The form is one that Alertmanager 0.25 sent, line break included.
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"receiver":"web\\.hook","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"AlwaysFiring","severity":"page"},"annotations":{"summary":"value is 1"},"startsAt":"2026-11-21T03:05:11.456Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://h:9090/graph?g0.expr=vector%281%29+%3D%3D+1\u0026g0.tab=1","fingerprint":"2a7a97fbf890646a"}],"groupLabels":{"alertname":"AlwaysFiring"},"commonLabels":{"alertname":"AlwaysFiring","severity":"page"},"commonAnnotations":{"summary":"value is 1"},"externalURL":"http://h:19093","version":"4","groupKey":"{}:{alertname=\"AlwaysFiring\"}","truncatedAlerts":0}"#
                + "\n")
    }

    @Test func `a resolved alert carries its end, and only what all share is common`() {
        let first = Alert(
            labels: ["alertname": "A", "n": "1"], annotations: ["s": "x"], startsAt: 0,
            endsAt: 1_000,
            generatorURL: "")
        let second = Alert(
            labels: ["alertname": "A", "n": "2"], annotations: ["s": "y"], startsAt: 100,
            endsAt: 2_500,
            generatorURL: "")
        let text = String(
            decoding: notification([first, second], at: 5_000, max: 3).payload(externalURL: ""),
            as: UTF8.self)
        #expect(text.contains(#""status":"resolved","alerts":[{"status":"resolved""#))
        #expect(
            text.contains(#""startsAt":"1970-01-01T00:00:00.1Z","endsAt":"1970-01-01T00:00:02.5Z""#)
        )
        #expect(text.contains(#""commonLabels":{"alertname":"A"},"commonAnnotations":{}"#))
        #expect(text.contains(#""truncatedAlerts":3"#))
    }

    @Test func `times lose their trailing zeros, names their meaning to regular expressions`() {
        #expect(goTime(0) == "1970-01-01T00:00:00Z")
        #expect(goTime(1_400) == "1970-01-01T00:00:01.4Z")
        #expect(goTime(600_000) == "1970-01-01T00:10:00Z")
        #expect(regexQuoted("a.b-c+[d]") == #"a\.b-c\+\[d\]"#)
    }

    @Test func `annotations are read in the reader's language`() {
        let notes: Labels = ["summary": "Disk full", "summary_zh": "磁盘已满", "action": "Free space"]
        #expect(localized(notes, "summary", "zh-CN") == "磁盘已满")
        #expect(localized(notes, "summary", "en") == "Disk full")
        #expect(localized(notes, "action", "zh") == "Free space")
        #expect(localized(notes, "none", "en") == "")
    }
}
