// What each kind of receiver is sent, to the byte where somebody else defines the bytes.

import Basics
import Bytes
import Foundation
import Reason
import Testing

@testable import Send

private let start: Millis = 1_763_694_311_456
private let now = start + 60_000

private func notification(_ count: Int = 1, resolved: Bool = false) -> Send.Notification {
    let alerts = (1...count).map { index in
        Alert(
            labels: ["alertname": "DiskFull", "severity": "critical", "n": "\(index)"],
            annotations: [
                "summary": "Disk <\(index)> is full", "summary_zh": "磁盘 <\(index)> 已满",
                "action": "Free some space",
            ], startsAt: start, endsAt: resolved ? now : now + 60_000,
            generatorURL: "http://m:9797/graph?g0.expr=disk+%3E+0.9&g0.tab=1")
    }
    return Send.Notification(
        receiver: "ops", integration: 0, groupKey: #"{}:{alertname="DiskFull"}"#,
        groupLabels: ["alertname": "DiskFull"], alerts: alerts, truncatedAlerts: 0, reason: .first,
        at: now)
}

private func world(_ language: String = "en") -> TextWorld {
    var world = TextWorld()
    world.language = language
    world.externalURL = "http://m:9797"
    world.past = { $0["n"] == "1" ? "the logs → rotate them (2026-01-02)" : "" }
    world.picture = { _, _ in [0x89, 0x50, 0x4e, 0x47] }
    return world
}

private func body(
    _ kind: Integration.Kind, _ note: Send.Notification = notification(), _ language: String = "en"
) -> [UInt8] {
    let world = world(language)
    return note.body(
        Integration(kind, url: .text(Secret("http://h/"))), world, library: world.wholeLibrary())
}

private func json(_ bytes: [UInt8]) throws -> JSON { try JSON(bytes) }

@Suite struct ReceiverKinds {
    @Test(arguments: ["en", "zh"]) func `the default templates parse and expand`(_ language: String)
        throws
    {
        let world = world(language)
        let names = world.wholeLibrary().names
        #expect(
            names.isSuperset(of: [
                "martlet.title", "martlet.text", "martlet.markdown", "martlet.html",
            ]))
        for note in [notification(), notification(3), notification(resolved: true)] {
            let texts = NotificationTexts(note, world, library: world.wholeLibrary())
            for name in names where name != "martlet.lines" {
                let text = texts.expand("{{ template \"\(name)\" . }}")
                #expect(!text.contains("<error"), "\(name): \(text)")
            }
        }
    }

    @Test func `titles say what, in the language of the configuration`() {
        func title(_ note: Send.Notification, _ language: String) -> String {
            let world = world(language)
            return NotificationTexts(note, world, library: world.wholeLibrary())
                .expand(#"{{ template "martlet.title" . }}"#)
        }
        #expect(title(notification(), "en") == "Firing: DiskFull")
        #expect(title(notification(3), "en") == "Firing (3): DiskFull")
        #expect(title(notification(resolved: true), "en") == "Resolved: DiskFull")
        #expect(title(notification(2), "zh") == "告警（2 条）：DiskFull")
        #expect(title(notification(resolved: true), "zh-CN") == "已恢复：DiskFull")
    }

    @Test func `Slack gets an attachment with a colour, a title, a text and a picture`() throws {
        let message = try json(body(.slack(SlackSettings())))
        let part = try #require(message["attachments"]?.items?.first)
        #expect(part["title"]?.text == "Firing: DiskFull")
        #expect(part["title_link"]?.text == "http://m:9797/alerts")
        #expect(part["color"]?.text == "danger")
        let text = part["text"]?.text ?? ""
        #expect(
            text.contains("*Disk <1> is full*\n") && text.contains("<http://m:9797/alerts|Open>")
                && text.contains("What to do: Free some space"))
        #expect(text.contains("Earlier: the logs → rotate them (2026-01-02)"))
        #expect(
            part["image_url"]?.text
                == "http://m:9797/api/martlet/v1/graph?expr=disk+%3E+0.9&end=\(now / 1000)")
        let ended = try json(body(.slack(SlackSettings()), notification(resolved: true)))
        #expect(ended["attachments"]?.items?.first?["color"]?.text == "good")
    }

    @Test func `PagerDuty gets one event a group, without its key`() throws {
        let duty = PagerDutySettings(routingKey: .text(Secret("K3Y")))
        let event = try json(body(.pagerDuty(duty)))
        #expect(event["event_action"]?.text == "trigger" && event["routing_key"] == nil)
        #expect(event["payload"]?["severity"]?.text == "critical")
        #expect(event["payload"]?["custom_details"]?["num_firing"]?.text == "1")
        let end = try json(body(.pagerDuty(duty), notification(resolved: true)))
        #expect(end["event_action"]?.text == "resolve")
        #expect(end["dedup_key"] == event["dedup_key"])
        #expect(event["dedup_key"]?.text?.count == 64)
    }

    @Test func `Teams gets an adaptive card`() throws {
        let message = try json(body(.teams(TeamsSettings())))
        let card = message["attachments"]?.items?.first?["content"]
        #expect(card?["type"]?.text == "AdaptiveCard")
        #expect(
            card?["body"]?.items?.map { $0["type"]?.text } == ["TextBlock", "TextBlock", "Image"])
    }

    @Test func `robots get their own JSON, in Chinese`() throws {
        let wecom = try json(body(.bot(BotSettings(.wecom)), notification(), "zh"))
        #expect(wecom["msgtype"]?.text == "markdown")
        #expect(wecom["markdown"]?["content"]?.text?.contains("磁盘 <1> 已满") == true)
        let ding = try json(body(.bot(BotSettings(.dingtalk)), notification(), "zh"))
        #expect(ding["markdown"]?["title"]?.text == "告警：DiskFull")
        let feishu = try json(body(.bot(BotSettings(.feishu)), notification(), "zh"))
        #expect(feishu["card"]?["header"]?["template"]?.text == "red")
    }

    @Test func `a robot's text is cut to what it takes`() throws {
        let wecom = try json(body(.bot(BotSettings(.wecom)), notification(500), "zh"))
        let text = wecom["markdown"]?["content"]?.text ?? ""
        #expect(text.utf8.count <= 4096 && text.contains("…"))
    }

    @Test func `mail has a text, HTML with escaped values, and the picture`() throws {
        var mail = MailSettings(to: ["a@h", "b@h"], from: "Martlet <m@h>")
        mail.headers = ["X-Team": "运维"]
        let text = String(decoding: body(.mail(mail), notification(), "zh"), as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.contains("To: a@h, b@h") && lines.contains("From: Martlet <m@h>"))
        #expect(lines.contains("Subject: =?utf-8?B?\(base64(Array("告警：DiskFull".utf8)))?="))
        #expect(lines.contains("Date: Fri, 21 Nov 2025 03:06:11 +0000"))
        #expect(lines.contains("Content-ID: <alert-1>"))
        #expect(lines.contains(base64([0x89, 0x50, 0x4e, 0x47])))
        #expect(lines.allSatisfy { $0.utf8.count <= 200 })
        let html = lines.compactMap { Data(base64Encoded: $0) }.reduce(Data(), +)
        let decoded = String(decoding: html, as: UTF8.self)
        #expect(decoded.contains("cid:alert-1"))
        #expect(decoded.contains("磁盘 &lt;1&gt; 已满") && decoded.contains("磁盘 <1> 已满"))
    }

    @Test func `encoded words never end inside a character and stay short`() {
        let text = encodedWord(String(repeating: "磁盘已满", count: 20))
        for word in text.components(separatedBy: "\r\n ") {
            #expect(word.count <= 75 && word.hasPrefix("=?utf-8?B?"))
            let inner = Data(base64Encoded: String(word.dropFirst(10).dropLast(2))) ?? Data()
            #expect(String(data: inner, encoding: .utf8) != nil)
        }
        #expect(encodedWord("plain") == "plain")
    }

    @Test func `templates of the configuration are used, and may use the defaults`() throws {
        var slack = SlackSettings()
        slack.title = #"{{ template "mine" . }}"#
        slack.text =
            #"{{ range .Alerts.Firing }}{{ .Labels.n }}/{{ end }}{{ .CommonLabels.SortedPairs.Values | join "," }} {{ (.CommonLabels.Remove .GroupLabels.Names).Names | join "," }}"#
        var world = world()
        try world.library.add(
            #"{{ define "mine" }}[{{ .Status | toUpper }}] {{ template "martlet.name" . }}{{ end }}"#,
            file: "t.tmpl", functions: .notifications)
        let bytes = notification(2).body(
            Integration(.slack(slack), url: .text(Secret("http://h/"))), world,
            library: world.wholeLibrary())
        let part = try #require(try json(bytes)["attachments"]?.items?.first)
        #expect(part["title"]?.text == "[FIRING] DiskFull")
        #expect(part["text"]?.text == "1/2/DiskFull,critical severity")
    }

    @Test func `a template that fails says so and the message still goes`() throws {
        var slack = SlackSettings()
        slack.text = #"{{ template "nobody" . }}"#
        let part = try json(body(.slack(slack)))["attachments"]?.items?.first
        #expect(part?["text"]?.text?.hasPrefix("<error expanding template:") == true)
    }
}

@Suite struct Couriers {
    private func send(
        _ integration: Integration, _ payload: String, _ answer: FetchResponse = .init(status: 200)
    ) async -> (FetchRequest?, Result<FetchResponse, FetchError>) {
        let receiver = FakeReceiver([.success(answer)])
        let courier = Courier(
            fetch: receiver.fetch, userAgent: "M", readFile: { _ throws(FileError) in "s3cret\n" },
            now: { 1_700_000_000_123 })
        let result = await courier.send(Array(payload.utf8), to: integration, deliveryID: "d")
        return (receiver.requests.first, result)
    }

    @Test func `secrets are put in at the last moment`() async throws {
        let duty = Integration(
            .pagerDuty(PagerDutySettings(routingKey: .file("/k"))), url: .text(Secret("http://pd/"))
        )
        let (request, _) = await send(duty, #"{"a":1}"#)
        #expect(
            String(decoding: request?.body ?? [], as: UTF8.self)
                == #"{"routing_key":"s3cret","a":1}"#)
    }

    @Test func `DingTalk and Feishu are signed as they ask`() async throws {
        // Computed with Python's hmac over the recipes of both.
        var ding = BotSettings(.dingtalk)
        ding.secret = .file("/k")
        let url = Integration(.bot(ding), url: .text(Secret("http://d/robot?access_token=t")))
        let (request, _) = await send(url, "{}x")
        #expect(
            request?.url
                == "http://d/robot?access_token=t&timestamp=1700000000123&sign=Q%2FGu1K6gif%2F%2FXkCNhmmMXCz3dFOshDi118WieTgZpto%3D"
        )
        var feishu = BotSettings(.feishu)
        feishu.secret = .file("/k")
        let (second, _) = await send(
            Integration(.bot(feishu), url: .text(Secret("http://f/"))), #"{"a":1}"#)
        #expect(
            String(decoding: second?.body ?? [], as: UTF8.self)
                == #"{"sign":"IX3eHI0/v/Td7jqJ0ynSEK3Dq5JY3HUZeoeMgVZeZGo=","timestamp":"1700000000","a":1}"#
        )
    }

    static let answers: [(String, Int)] = [
        (#"{"errcode":0,"errmsg":"ok"}"#, 200), (#"{"errcode":45009,"errmsg":"freq"}"#, 429),
        (#"{"errcode":93000,"errmsg":"invalid webhook"}"#, 400),
        (#"{"code":11232,"msg":"x"}"#, 429),
        (#"{"StatusCode":0,"StatusMessage":"success","code":0}"#, 200),
    ]

    @Test(arguments: answers) func `a robot's refusal is understood`(_ text: String, _ status: Int)
        async throws
    {
        let bot = Integration(.bot(BotSettings(.wecom)), url: .text(Secret("http://w/")))
        let (_, result) = await send(bot, "{}x", FetchResponse(status: 200, body: Array(text.utf8)))
        #expect(try result.get().status == status)
    }

    @Test func `a mail server's codes are understood`() async throws {
        let mail = Integration(
            .mail(MailSettings(to: ["A <a@h>"], from: "m@h")), url: .text(Secret("smtp://h:25")))
        for (code, status) in [(250, 200), (450, 503), (550, 422)] {
            let (request, result) = await send(mail, "x", FetchResponse(status: code))
            #expect(try result.get().status == status)
            #expect(request?.envelope?.to == ["a@h"] && request?.envelope?.requiresTLS == true)
        }
    }
}

@Suite struct Forwarding {
    @Test func `every Alertmanager gets batches, and a full queue drops its oldest`() async throws {
        let receiver = FakeReceiver()
        let registry = Registry()
        let forwarder = AlertForwarder(
            fetch: receiver.fetch, clock: ManualClock(now: 0).clock, registry: registry,
            userAgent: "M", log: { _ in })
        let alerts = (0..<300).map { index in
            Alert(
                labels: ["alertname": "A", "n": "\(index)"], annotations: .empty, startsAt: 0,
                endsAt: 60_000, generatorURL: "")
        }
        let target = AlertmanagerTarget(url: "http://am:9093/api/v2/alerts")
        forwarder.apply([target])
        forwarder.submit(alerts)
        for _ in 0..<2000 where receiver.requests.count < 2 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let counts = receiver.requests.map { (try? JSON($0.body ?? []))?.items?.count ?? 0 }
        #expect(counts == [256, 44])
        let first = try JSON(receiver.requests.first?.body ?? []).items?.first
        #expect(first?["endsAt"]?.text == "1970-01-01T00:01:00.000Z")
    }
}
