// The deliveries of a team that does not exist: nine iterations with work in them, a release a week,
// one of them bad and taken back, builds, reviews and what users said. Times hang on the calendar and
// ids on the times, so a demo that starts again tells the same story and adds only what is new.

import Basics
import Bytes

/// Events of the simulation.
struct SimulatedDelivery {
    private var generator: SplitMix
    private let now: Millis
    private(set) var events: [JSON] = []
    private(set) var feedback: [JSON] = []

    private static let day: Millis = 86_400_000
    private static let people = ["ada-l", "grace-h", "alan-t", "edsger-d"]
    /// Nine two-week iterations: eight closed ones are enough for a forecast.
    private static let iterations: Int64 = 9

    init(seed: UInt64, now: Millis) {
        generator = SplitMix(state: seed)
        self.now = now
        let length = 14 * SimulatedDelivery.day
        // The epoch was a Thursday: Mondays are 4 days off.
        let current = (now - 4 * SimulatedDelivery.day) / length
        for number in (current - SimulatedDelivery.iterations + 1)...current {
            let start = number * length + 4 * SimulatedDelivery.day + 9 * 3_600_000
            iteration(Int(number), start: start, end: start + length - 10 * 3_600_000)
        }
    }

    private mutating func add(
        _ kind: String, _ id: String, at time: Millis, by actor: String = "",
        _ fields: [(key: String, value: JSON)]
    ) {
        guard time <= now else { return }
        events.append(
            .object([
                ("kind", .string(kind)), ("id", .string("demo/\(id)")),
                ("time", .number(String(time))),
                ("team", .string("chat")), ("repository", .string("demo/chat")),
                ("service", .string("chat")), ("actor", .string(actor)),
                ("fields", .object(fields)),
            ]))
    }

    private mutating func below(_ limit: Int) -> Int { Int(generator.next() % UInt64(limit)) }

    private mutating func person() -> String { SimulatedDelivery.people[below(4)] }

    private mutating func iteration(_ number: Int, start: Millis, end: Millis) {
        let name = "Iteration \(number % 1000)"
        let common: [(key: String, value: JSON)] = [
            ("iteration", .string("demo-\(number)")), ("name", .string(name)),
            ("start", .number(String(start))), ("end", .number(String(end))),
        ]
        add(
            "iteration", "it/\(number)/started", at: start,
            common + [("action", .string("started"))])
        add("iteration", "it/\(number)/closed", at: end, common + [("action", .string("closed"))])
        for index in 0..<10 { item(number, index, start: start, end: end) }
        for week in 0..<2 {
            let time = start + Millis(week * 7 + 3) * SimulatedDelivery.day
            release(number * 2 + week, at: time)
        }
    }

    /// An item of an iteration; every fifth is a defect, the ninth is added late, the last two are hard.
    private mutating func item(_ number: Int, _ index: Int, start: Millis, end: Millis) {
        let key = "CHAT-\(number * 10 + index)"
        let isLate = index == 8
        let created = isLate ? start + 4 * SimulatedDelivery.day : start - 3_600_000
        let estimate = [1, 2, 3, 5, 8][below(5)]
        let who = person()
        let common: [(key: String, value: JSON)] = [
            ("item", .string(key)), ("type", .string(index % 5 == 4 ? "bug" : "story")),
            ("iteration", .string("demo-\(number)")), ("assignee", .string(who)),
        ]
        add(
            "workItem", "\(key)/created", at: created, by: who,
            common + [
                ("action", .string("created")), ("stage", .string("To Do")),
                ("estimate", .number(estimate)), ("priority", .string("medium")),
            ])
        let begun = max(created, start) + Millis(1 + below(5)) * SimulatedDelivery.day / 2
        add(
            "workItem", "\(key)/begun", at: begun, by: who,
            common + [
                ("action", .string("moved")), ("fromStage", .string("To Do")),
                ("stage", .string("In Progress")),
            ])
        let done = begun + Millis(2 + below(index >= 8 ? 40 : 24)) * SimulatedDelivery.day / 2
        guard done < end else { return }
        add(
            "workItem", "\(key)/done", at: done, by: who,
            common + [
                ("action", .string("moved")), ("fromStage", .string("In Progress")),
                ("stage", .string("Done")), ("isDone", .bool(true)),
            ])
        change(number * 10 + index, opened: begun, merged: done, by: who)
    }

    private mutating func change(_ number: Int, opened: Millis, merged: Millis, by who: String) {
        let sha = "c0ffee\(number)"
        let common: [(key: String, value: JSON)] = [("change", .string(String(number)))]
        let lines = 20 + below(300)
        add(
            "change", "pr/\(number)/opened", at: opened + 3_600_000, by: who,
            common + [
                ("action", .string("opened")), ("added", .number(lines)),
                ("deleted", .number(lines / 3)), ("firstCommit", .number(String(opened))),
                ("target", .string("main")),
            ])
        add(
            "review", "pr/\(number)/review", at: opened + (merged - opened) / 2, by: person(),
            common + [("state", .string("approved")), ("comments", .number(below(6)))])
        add(
            "commit", "commit/\(sha)", at: merged - 1000, by: who,
            [
                ("sha", .string(sha)), ("authored", .number(String(opened))),
                ("committed", .number(String(merged - 1000))), ("added", .number(lines)),
                ("deleted", .number(lines / 3)), ("parents", .number(1)),
                ("change", .string(String(number))),
            ])
        add(
            "change", "pr/\(number)/merged", at: merged, by: who,
            common + [("action", .string("merged")), ("sha", .string(sha))])
        add(
            "build", "build/\(number)", at: merged + 600_000,
            [
                ("build", .string(String(number))), ("job", .string("main")),
                ("branch", .string("main")), ("sha", .string(sha)),
                ("status", .string(below(10) == 0 ? "failure" : "success")),
                ("started", .number(String(merged + 60_000))),
                ("finished", .number(String(merged + 600_000))),
                ("durationMillis", .number(540_000)),
            ])
        add(
            "testRun", "tests/\(number)", at: merged + 600_000,
            [
                ("suite", .string("unit")), ("sha", .string(sha)),
                ("passed", .number(420 + below(5))),
                ("failed", .number(0)), ("errors", .number(0)), ("skipped", .number(3)),
            ])
    }

    /// A release; every seventh is bad: users notice, an incident opens, and it is rolled back.
    private mutating func release(_ number: Int, at time: Millis) {
        let version = "v2.\(number % 1000).0"
        let isBad = number % 7 == 3
        let deployment = "demo-deploy-\(number)"
        for (step, before) in [("backup", 4), ("plan", 4), ("test", 3), ("deploy", 0)] {
            add(
                "release", "release/\(version)/\(step)", at: time - Millis(before) * 3_600_000,
                by: person(),
                [
                    ("version", .string(version)), ("step", .string(step)),
                    ("person", .string(person())), ("model", .string("chat-7b")),
                ])
        }
        let common: [(key: String, value: JSON)] = [
            ("environment", .string("production")), ("version", .string(version)),
        ]
        add(
            "deployment", "deploy/\(number)", at: time,
            common + [
                ("deployment", .string(deployment)), ("status", .string("success")),
                ("started", .number(String(time - 300_000))), ("finished", .number(String(time))),
            ])
        for index in 0..<6 {
            say(number, index, at: time + Millis(2 + index * 9) * 3_600_000, version, isBad: isBad)
        }
        guard isBad else { return }
        let incident: [(key: String, value: JSON)] = [
            ("incident", .string("demo-incident-\(number)")), ("severity", .string("critical")),
            ("deployment", .string(deployment)),
        ]
        add(
            "incident", "incident/\(number)/opened", at: time + 1_800_000,
            incident + [("action", .string("opened"))])
        add(
            "deployment", "deploy/\(number)/back", at: time + 5_400_000,
            [
                ("deployment", .string(deployment + "-back")),
                ("environment", .string("production")),
                ("status", .string("success")), ("rollbackOf", .string(deployment)),
                ("isUnplanned", .bool(true)), ("started", .number(String(time + 5_000_000))),
                ("finished", .number(String(time + 5_400_000))),
            ])
        add(
            "incident", "incident/\(number)/resolved", at: time + 6_000_000,
            incident + [("action", .string("resolved"))])
    }

    private mutating func say(
        _ number: Int, _ index: Int, at time: Millis, _ version: String, isBad: Bool
    ) {
        let score = isBad && index < 2 ? 1 + below(2) : 3 + below(3)
        guard time <= now else { return }
        feedback.append(
            .object([
                ("id", .string("demo/feedback/\(number)/\(index)")),
                ("time", .number(String(time))),
                ("service", .string("chat")), ("team", .string("chat")), ("score", .number(score)),
                ("thumbs", .string(score >= 3 ? "up" : "down")), ("model", .string("chat-7b")),
                ("version", .string(version)), ("user", .string("user-\(below(40))")),
            ]))
    }
}
