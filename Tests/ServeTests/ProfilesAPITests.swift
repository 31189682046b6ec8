// A month later: rows have left, and what they were like, how far they had moved and how good they were
// is still there for whoever asks.

import Basics
import Bytes
import Carry
import Foundation
import Keep
import Reason
import Serve
import Testing

private let day: Millis = 86_400_000

/// Answers of one day; the score says whether the label is 1, and by noon of the next day it is known.
private func answers(_ time: Millis, shift: Double) -> (PredictionBlock, LabelBlock) {
    let rows = 400
    func spread(_ row: Int) -> Double { Double((row * 7919) % rows) / Double(rows) }
    let times = (0..<rows).map { time + Millis($0) * 1000 }
    let ids = TextRun((0..<rows).map { "\(time)-\($0)" })
    let block = PredictionBlock(
        key: ModelVersion("credit", "1"), times: times, ids: ids,
        columns: [
            PredictionColumn(
                role: .feature, name: "amount",
                values: .numbers((0..<rows).map { spread($0) + shift })),
            PredictionColumn(
                role: .segment,
                values: .categories(codes: (0..<rows).map { Int32($0 % 2) }, names: ["a", "b"])),
            PredictionColumn(role: .score, values: .numbers((0..<rows).map { spread($0) })),
            PredictionColumn(
                role: .latency, values: .numbers((0..<rows).map { 0.1 + spread($0) })),
        ])
    // One in ten is not what the score says.
    let labels = (0..<rows).map { ($0 % 10 == 0) != (spread($0) >= 0.5) ? "1" : "0" }
    return (
        block,
        LabelBlock(model: "credit", times: times, ids: ids, labels: TextRun(labels))
    )
}

private final class Month {
    let folder = NSTemporaryDirectory() + "martlet-profiles-\(UUID().uuidString)"
    let clock = ManualClock(now: 20_000 * day + day / 2)
    let predictions: PredictionKeeper
    let profiles: ProfileKeeper
    let shelf: ProfileShelf
    let router: Router

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        predictions = try PredictionKeeper.open(
            folder: folder, clock: clock.clock, registry: Registry())
        profiles = try ProfileKeeper(folder: folder, registry: Registry())
        let board = ModelBoard()
        shelf = ProfileShelf(predictions: predictions, profiles: profiles, board: board)
        router = Router(ProfilesAPI(shelf: shelf, board: board, clock: clock.clock).routes)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var today: Int64 { clock.clock.now().flooredDivision(by: day) }

    func live(shift: Double) throws {
        let (block, labels) = answers(clock.clock.now(), shift: shift)
        try predictions.append([block])
        clock.advance(by: .seconds(86_400))
        try predictions.append([], labels: [labels])
        while try shelf.makeNext(at: clock.clock.now()) {}
    }

    func ask(_ query: [(name: String, value: String)]) throws -> JSON {
        var request = HTTPRequest(method: "GET", path: "/api/martlet/v1/models/credit/profiles")
        request.query = query
        guard case .found(let route, let parameters) = router.match("GET", request.path) else {
            throw CancellationError()
        }
        request.parameters = parameters
        let response = route.handler(request)
        #expect(response.status == 200)
        return try JSON(response.body)["data"] ?? .null
    }
}

/// A figure of a span's quality.
private func figure(_ name: String, _ span: JSON?) -> JSON? {
    span?["quality"]?["figures"]?.items?.first { $0["name"]?.text == name }
}

@Suite struct ProfilesAPITests {
    @Test func `labels that take two days are in the profile long before the rows leave`()
        throws
    {
        let month = try Month()
        let (block, labels) = answers(month.clock.clock.now(), shift: 0)
        try month.predictions.append([block])
        // Two minutes after midnight.
        month.clock.advance(by: .seconds(43_200 + 120))
        #expect(try month.shelf.makeNext(at: month.clock.clock.now()))
        #expect(figure("accuracy", try month.ask([])["spans"]?.items?.first) == nil)
        month.clock.advance(by: .seconds(86_400 + 3600))
        try month.predictions.append([], labels: [labels])
        month.clock.advance(by: .seconds(86_400))
        // The day of the labels, which has no answers, and then that of the answers.
        while try month.shelf.makeNext(at: month.clock.clock.now()) {}
        #expect(try month.profiles.arrivals()[20_000] == month.clock.clock.now())
        let span = try month.ask([])["spans"]?.items?.first
        #expect(span?["rows"]?.int == 400)
        #expect(figure("accuracy", span)?["value"]?.double == 0.9)
    }

    @Test func `a day whose labels stay away is not profiled again`() throws {
        let month = try Month()
        try month.predictions.append([answers(month.clock.clock.now(), shift: 0).0])
        var made = 0
        for _ in 0..<20 {
            month.clock.advance(by: .seconds(86_400))
            while try month.shelf.makeNext(at: month.clock.clock.now()) { made += 1 }
        }
        #expect(made == 1)
    }

    @Test func `a day whose labels come every day is profiled ever more rarely`() throws {
        let month = try Month()
        let (block, labels) = answers(month.clock.clock.now(), shift: 0)
        try month.predictions.append([block])
        var made: [Int] = []
        for age in 0..<20 {
            month.clock.advance(by: .seconds(86_400))
            try month.predictions.append([], labels: [labels])
            // Only the day of the answers is counted: the days of the labels have no answers.
            let before = try month.profiles.arrivals()[20_000]
            while try month.shelf.makeNext(at: month.clock.clock.now()) {}
            if try month.profiles.arrivals()[20_000] != before { made.append(age) }
        }
        #expect(made == [0, 1, 2, 4, 8, 16])
    }

    @Test func `a span and what it is held against are each counted once while days are profiled`()
        throws
    {
        let month = try Month()
        let began = month.clock.clock.now() / 1000
        for _ in 0..<3 { try month.live(shift: 0) }
        try month.predictions.append([answers(month.clock.clock.now(), shift: 0).0])
        let query = [
            (name: "by", value: "all"), (name: "from", value: "\(began + 2 * 86_400)"),
            (name: "against_from", value: "\(began - 86_400)"),
            (name: "against_to", value: "\(began + 86_400)"),
        ]
        for _ in 0..<2 {
            let found = try month.ask(query)
            #expect(found["spans"]?.items?.first?["rows"]?.int == 800)
            #expect(found["against"]?["rows"]?.int == 800)
            month.clock.advance(by: .seconds(86_400))
            _ = try month.shelf.makeNext(at: month.clock.clock.now())
        }
    }

    @Test func `drift and quality of a month ago are there after its rows have left`() throws {
        let month = try Month()
        let began = month.clock.clock.now()
        for day in 0..<6 { try month.live(shift: day < 3 ? 0 : 0.5) }
        let before = try month.ask([("by", "all")])
        #expect(before["spans"]?.items?.first?["rows"]?.int == 2400)
        // Rows leave at 30 days, one day's an hour.
        for _ in 0..<6 {
            month.clock.advance(by: .seconds(40 * 86_400))
            month.predictions.maintain(
                now: month.clock.clock.now(), read: PredictionCursor(day: month.today)
            ) { day in try? month.shelf.make(day, at: month.clock.clock.now()) }
        }
        #expect(
            try month.predictions.predictions(
                "credit", range: TimeRange(from: 0, through: .max / 2)
            )
            .isEmpty)
        let from = "\(began / 1000 - 86_400)"
        let to = "\(began / 1000 + 6 * 86_400)"
        let whole = try month.ask([("from", from), ("to", to), ("by", "day")])
        let spans = whole["spans"]?.items ?? []
        #expect(spans.count == 6 && spans.allSatisfy { $0["rows"]?.int == 400 })
        #expect(spans.allSatisfy { figure("accuracy", $0)?["value"]?.double == 0.9 })
        let low = figure("accuracy", spans.first)?["low"]?.double ?? .nan
        #expect(low > 0.86 && low < 0.9)
        #expect(whole["segments"]?.items?.compactMap(\.text) == ["a", "b"])
        let moved = try month.ask([
            ("from", "\(began / 1000 + 3 * 86_400)"), ("to", to), ("by", "all"),
            ("against_from", from), ("against_to", "\(began / 1000 + 2 * 86_400)"),
        ])
        #expect(moved["against"]?["rows"]?.int == 1200)
        let columns = moved["spans"]?.items?.first?["columns"]?.items ?? []
        func drift(_ name: String, _ figure: String) -> Double {
            columns.first { $0["name"]?.text == name }?["drift"]?[figure]?.double ?? .nan
        }
        #expect(abs(drift("amount", "ks") - 0.5) < 0.05 && drift("amount", "psi") > 1)
        #expect(drift("latency", "ks") < 0.03 && drift("score", "psi") < 0.02)
        let part = try month.ask([("from", from), ("to", to), ("by", "all"), ("segment", "a")])
        #expect(part["spans"]?.items?.first?["rows"]?.int == 1200)
    }

    @Test func `answers of today are counted though no profile of them is kept`() throws {
        let month = try Month()
        try month.predictions.append([answers(month.clock.clock.now(), shift: 0).0])
        let today = try month.ask([("column", "amount")])
        let span = today["spans"]?.items?.first
        #expect(span?["rows"]?.int == 400 && span?["columns"]?.items?.count == 1)
        #expect(span?["quality"]?["figures"]?.items?.isEmpty == true)
        #expect(today["partial"]?.boolean == false)
        #expect(today["segments"]?.items?.compactMap(\.text) == ["a", "b"])
    }
}
