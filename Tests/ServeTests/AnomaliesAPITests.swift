// What the pages ask of the watch over series, over a watch of a few simulated days.

import Algebra
import Basics
import Bytes
import Carry
import Query
import Reason
import Serve
import Testing

@Suite struct AnomaliesAPITests {
    private let minute: Millis = 60_000
    private let latency: Labels = ["__name__": "latency", "service": "chat"]

    /// Two series of one service over a day; the second half hour before `now` is unusual in one.
    private func series() -> [Series] {
        var generator = Generator(seed: 81)
        return [latency, ["__name__": "load", "job": "node"]].map { labels in
            var series = Series(labels: labels)
            for step in 0..<1440 {
                let isOdd = labels == latency && step >= 1410
                series.times.append(now - Millis(1440 - step) * minute)
                series.values.append((isOdd ? 400 : 100) + generator.normal())
            }
            return series
        }
    }

    private func router(isWatching: Bool) -> Router {
        let board = AnomalyBoard()
        let all = series()
        if isWatching {
            var watch = LiveWatch()
            _ = watch.take(all.map { ($0, minute, false) }, until: now)
            board.set(
                AnomalySnapshot(
                    at: now, rows: watch.watched.values.map(AnomalySnapshot.Row.init), groups: [],
                    episodes: Array(watch.episodes.values), refused: 3, learning: 0))
        }
        return Router(
            AnomaliesAPI(
                board: board, source: MemorySource(all).source, clock: ManualClock(now: now).clock
            ).routes)
    }

    private func ask(
        _ router: Router, _ path: String, _ fields: [(name: String, value: String)] = []
    ) throws -> (status: Int, body: JSON) {
        var request = HTTPRequest(method: "GET", path: "/api/martlet/v1/anomalies" + path)
        request.query = fields
        guard case .found(let route, _) = router.match("GET", request.path) else {
            return (404, .null)
        }
        let answer = route.handler(request)
        return (answer.status, try JSON(answer.body))
    }

    @Test func `series come with their bands, the most surprising first`() throws {
        let (status, body) = try ask(router(isWatching: true), "")
        #expect(status == 200)
        let data = try #require(body["data"])
        #expect(data["isWatching"]?.boolean == true && data["refused"]?.int == 3)
        let rows = try #require(data["series"]?.items)
        #expect(rows.count == 2)
        #expect(rows[0]["labels"]?["__name__"]?.text == "latency")
        let low = try #require(rows[0]["low"]?.double)
        let high = try #require(rows[0]["high"]?.double)
        #expect(low < high && rows[0]["isReady"]?.boolean == true)
        let services = data["services"]?.items?.compactMap { $0["service"]?.text }
        #expect(services == ["chat", "node"])
        let narrow = try ask(router(isWatching: true), "", [("service", "node"), ("limit", "1")])
        #expect(narrow.body["data"]?["series"]?.items?.count == 1)
    }

    @Test func `a watch that has not begun says so`() throws {
        let (status, body) = try ask(router(isWatching: false), "")
        #expect(status == 200 && body["data"]?["isWatching"]?.boolean == false)
        #expect(body["data"]?["series"]?.items?.isEmpty == true)
    }

    @Test func `what else changed names the series that moved, and when`() throws {
        let span = [
            (name: "start", value: "\((now - 30 * minute) / 1000)"),
            (name: "end", value: "\(now / 1000)"),
        ]
        let (status, body) = try ask(router(isWatching: false), "/changes", span)
        #expect(status == 200)
        let changes = try #require(body["data"]?["changes"]?.items)
        #expect(changes.first?["labels"]?["__name__"]?.text == "latency")
        #expect(changes.first?["distance"]?.double == 1)
        #expect((changes.first?["during"]?.double ?? 0) > 390)
        let moved = try #require(changes.first?["moved"]?.double)
        #expect(moved < Double(now - 25 * minute) / 1000)
        let other = try ask(
            router(isWatching: false), "/changes", span + [(name: "service", value: "node")])
        #expect(other.body["data"]?["seen"]?.int == 1)
    }

    @Test func `a span without a start, or that ends before it, is refused by name`() throws {
        let missing = try ask(router(isWatching: false), "/changes")
        #expect(missing.status == 400 && missing.body["error"]?.text?.contains("start") == true)
        let turned = try ask(
            router(isWatching: false), "/changes", [("start", "100"), ("end", "50")])
        #expect(turned.status == 400 && turned.body["error"]?.text?.contains("end") == true)
    }
}
