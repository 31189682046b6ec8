import Basics
import Foundation
import Keep
import Testing

private final class Store {
    let folder =
        FileManager.default.temporaryDirectory.path + "/martlet-events-\(UUID().uuidString)"
    var keeper: RecordKeeper
    let registry = Registry()

    init() throws { keeper = try RecordKeeper.open(folder: folder, registry: registry) }

    func reopen() throws {
        try keeper.close()
        keeper = try RecordKeeper.open(folder: folder, registry: registry)
    }

    deinit {
        try? keeper.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

private func event(
    _ id: String, _ kind: EventKind = .commit, at time: Millis = 1000,
    source: String = "github/shop",
    _ fields: [String: EventValue] = [:]
) -> Event {
    Event(
        id: id, source: source, kind: kind, time: time, team: "blue", repository: "org/shop",
        service: "shop", actor: "Curious Heron", fields: fields)
}

@Suite struct EventsTests {
    @Test func `an event reads back as it was, after a restart`() throws {
        let store = try Store()
        let kept = event(
            "commit/1", at: 5,
            [
                "sha": .text("ab\"c"), "files": .number(2.5), "isFix": .bool(true),
                "tags": .list(["a", "b"]),
            ])
        #expect(try store.keeper.events.append([kept]) == EventOutcome(added: 1))
        try store.reopen()
        #expect(try store.keeper.events.events(EventQuery()) == [kept])
    }

    @Test func `a second event with the same source and id changes nothing`() throws {
        let store = try Store()
        try store.keeper.events.append([event("a", at: 1)])
        let outcome = try store.keeper.events.append([
            event("a", at: 2), event("a", at: 3, source: "git"), event("b", at: 4),
            event("b", at: 9),
        ])
        #expect(outcome == EventOutcome(added: 2, known: 2))
        #expect(try store.keeper.events.events(EventQuery()).map(\.time) == [1, 3, 4])
    }

    @Test func `events are found by kind, time, team, repository and service`() throws {
        let store = try Store()
        var other = event("o", .build, at: 40)
        (other.team, other.repository, other.service) = ("red", "org/other", "other")
        try store.keeper.events.append([
            event("a", at: 10), event("b", .deployment, at: 20), event("c", .build, at: 30), other,
        ])
        let events = store.keeper.events
        #expect(try events.events(EventQuery(kinds: [.build])).map(\.id) == ["c", "o"])
        #expect(
            try events.events(EventQuery(range: TimeRange(from: 20, through: 30))).map(\.id) == [
                "b", "c",
            ])
        var query = EventQuery()
        query.team = "red"
        #expect(try events.events(query).map(\.id) == ["o"])
        query.team = ""
        query.repository = "org/shop"
        query.newestFirst = true
        query.limit = 2
        #expect(try events.events(query).map(\.id) == ["c", "b"])
        #expect(try events.counts() == [.commit: 1, .deployment: 1, .build: 2])
    }

    @Test func `the cursor shows a late event that happened long ago`() throws {
        let store = try Store()
        try store.keeper.events.append([event("new", at: 1_000_000)])
        let first = try store.keeper.events.changed(since: 0)
        #expect(first.events.map(\.id) == ["new"])
        try store.keeper.events.append([event("new", at: 1_000_000), event("late", at: 3)])
        let second = try store.keeper.events.changed(since: first.cursor)
        #expect(second.events.map(\.id) == ["late"])
        #expect(try store.keeper.events.changed(since: second.cursor).events.isEmpty)
        #expect(try store.keeper.events.changed(since: 0, limit: 1).hasMore)
    }

    @Test func `the number of an event that was pruned is never given again`() throws {
        let store = try Store()
        try store.keeper.events.append([event("a", at: 1)])
        let cursor = try store.keeper.events.changed(since: 0).cursor
        #expect(try store.keeper.events.prune(before: 2) == 1)
        try store.keeper.events.append([event("b", at: 5)])
        #expect(try store.keeper.events.changed(since: cursor).events.map(\.id) == ["b"])
    }

    @Test func `many callers at once lose nothing and share transactions`() throws {
        let store = try Store()
        let events = store.keeper.events
        DispatchQueue.concurrentPerform(iterations: 32) { caller in
            for index in 0..<8 {
                _ = try? events.append([event("\(caller)/\(index)"), event("shared/\(index)")])
            }
        }
        #expect(try events.events(EventQuery()).count == 32 * 8 + 8)
    }

    @Test func `a delivery is kept once, and its id is remembered for a week`() throws {
        let store = try Store()
        let day: Millis = 86_400_000
        let delivery = RawDelivery(
            source: "github/shop", id: "d1", receivedAt: 10 * day,
            headers: ["x-github-event": "push"],
            subpath: "", body: [0x7b, 0, 0xff, 0x7d])
        let events = store.keeper.events
        #expect(try events.accept(delivery))
        #expect(try !events.accept(delivery))
        try store.reopen()
        let item = try #require(try store.keeper.events.waiting().first)
        #expect(item.delivery == delivery)
        try store.keeper.events.settle([(item.number, [event("a")])])
        #expect(try store.keeper.events.waiting().isEmpty)
        try store.keeper.events.pruneInbox(now: 17 * day)
        #expect(try !store.keeper.events.accept(delivery))
        try store.keeper.events.pruneInbox(now: 19 * day)
        #expect(try store.keeper.events.accept(delivery))
        let again = try #require(try store.keeper.events.waiting().first)
        #expect(try store.keeper.events.settle([(again.number, [event("a")])]).known == 1)
    }

    @Test func `a delivery that cannot be read is laid aside and can be tried again`() throws {
        let store = try Store()
        let events = store.keeper.events
        _ = try events.accept(RawDelivery(source: "s", id: "1", receivedAt: 1, body: []))
        let number = try #require(try events.waiting().first).number
        for _ in 0..<EventKeeper.attemptsMax { try events.fail(number, error: "not JSON") }
        #expect(try events.waiting().isEmpty)
        #expect(try events.inboxCounts() == (0, 1))
        #expect(try events.retryFailed() == 1)
        #expect(try events.waiting().count == 1)
    }

    @Test func `a pseudonym stays with its digest and never serves two people`() throws {
        let store = try Store()
        @Sendable func candidate(_ attempt: Int) -> String {
            attempt == 1 ? "Curious Heron" : "Curious Heron \(attempt)"
        }
        #expect(
            try store.keeper.events.claimPseudonym(digest: "a", candidate: candidate)
                == "Curious Heron")
        #expect(
            try store.keeper.events.claimPseudonym(digest: "b", candidate: candidate)
                == "Curious Heron 2")
        try store.reopen()
        #expect(
            try store.keeper.events.claimPseudonym(digest: "a", candidate: candidate)
                == "Curious Heron")
    }

    @Test func `a person who is forgotten is in no event`() throws {
        let store = try Store()
        var other = event(
            "b", .workItem, ["assignee": .text("Curious Heron"), "item": .text("X-1")])
        other.actor = "Bold Wren"
        try store.keeper.events.append([event("a"), other])
        #expect(try store.keeper.events.forget(pseudonym: "Curious Heron") == 2)
        let left = try store.keeper.events.events(EventQuery())
        #expect(left.map(\.actor) == ["", "Bold Wren"])
        #expect(left[1].fields == ["item": .text("X-1")])
    }
}
