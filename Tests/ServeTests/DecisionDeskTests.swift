// Drift responses through the desk and its end points: each version that serves is a question, the same
// record stands while what it rests on does, and a release hears the trouble of its model.

import Basics
import Bytes
import Carry
import Foundation
import Keep
import Reason
import Serve
import Testing

private let hour: Millis = 3_600_000

@Suite struct DecisionDeskTests {
    private func evidence(_ value: Double, drifted: Bool = true) -> ModelEvidence {
        var known = ModelEvidence(
            model: "ranker", version: "7", from: 0, through: hour, count: 1000)
        known.service = "shop"
        known.drift = DriftEvidence(
            isDrifted: drifted, probability: drifted ? 1e-5 : 0.5,
            moved: drifted
                ? [MovedColumn(name: "age", direction: Phrase("drift.direction.up"), effect: 0.4)]
                : [], compared: 9)
        known.quality = QualityEvidence(
            figure: "accuracy", isHigherBetter: true, before: 0.9, now: value, low: value - 0.01,
            high: value + 0.01, source: .labels, count: 2000)
        known.labelCount = 2000
        known.brokenColumns = []
        return known
    }

    /// A desk over records in a folder of its own, and the table of its end points.
    private final class Room {
        let folder = NSTemporaryDirectory() + "martlet-desk-\(UUID().uuidString)"
        let clock = ManualClock(now: 100 * hour)
        let models = Lock<[ModelEvidence]>([])
        let stages = Lock<[StageEvidence]>([])
        let records: RecordKeeper
        let desk: DecisionDesk
        let router: Router

        init() throws {
            records = try RecordKeeper.open(folder: folder, registry: Registry())
            let (models, stages) = (models, stages)
            desk = DecisionDesk(
                board: DeliveryBoard(), log: records.decisions, clock: clock.clock,
                policy: { GatePolicy() },
                facts: { _ in ReleaseFacts(criticalAlerts: nil, backupTime: nil) },
                models: { models.withLock { $0 } }, stages: { stages.withLock { $0 } })
            router = Router(DecisionsAPI(desk: desk, now: clock.clock.now).routes)
        }

        deinit {
            try? records.close()
            try? FileManager.default.removeItem(atPath: folder)
        }

        func ask(
            _ path: String, _ query: [(name: String, value: String)] = []
        ) throws -> (status: Int, body: JSON) {
            var request = HTTPRequest(method: "GET", path: path)
            request.query = query
            guard case .found(let route, let parameters) = router.match("GET", path) else {
                return (0, .null)
            }
            request.parameters = parameters
            let response = route.handler(request)
            return (response.status, (try JSON(response.body))["data"] ?? .null)
        }
    }

    @Test func `every version that serves is a question, and its answer is a record`() throws {
        let room = try Room()
        #expect(room.desk.questions.isEmpty)
        let path = "/api/martlet/v1/decisions/drift-response"
        #expect(try room.ask(path, [("model", "ranker")]).status == 404)
        room.models.withLock { $0 = [evidence(0.8)] }
        #expect(room.desk.questions.map(\.0) == [.driftResponse])
        let (status, decision) = try room.ask(path, [("model", "ranker"), ("version", "7")])
        #expect(status == 200 && decision["verdict"]?.text == "retrain")
        #expect(decision["subject"]?.text == "ranker 7")
        let id = try #require(decision["id"]?.text)
        #expect(try room.records.decisions.decision(id) != nil)
        let (_, all) = try room.ask("/api/martlet/v1/decisions")
        #expect(all["decisions"]?.items?.first?["id"]?.text == id)
    }

    @Test func `the record stands while what it rests on does, and expires after a day`() throws {
        let room = try Room()
        let scope = KPIScope(service: "ranker", release: "7")
        room.models.withLock { $0 = [evidence(0.8)] }
        let first = try room.desk.decision(.driftResponse, scope)
        room.clock.advance(by: .seconds(3600))
        // More rows, another figure, the same trouble.
        room.models.withLock { $0 = [evidence(0.805)] }
        #expect(try room.desk.decision(.driftResponse, scope).id == first.id)
        room.models.withLock { $0 = [evidence(0.9)] }
        let second = try room.desk.decision(.driftResponse, scope)
        #expect(second.id != first.id && second.verdict == .watch)
        room.clock.advance(by: .seconds(90_000))
        #expect(try room.desk.decision(.driftResponse, scope).id != second.id)
    }

    @Test func `a stage is one record for as long as its verdict stands`() throws {
        let room = try Room()
        let path = "/api/martlet/v1/decisions/next-stage"
        #expect(try room.ask(path, [("release", "shop")]).status == 404)
        var stage = StageEvidence(
            release: "shop", version: "v2", share: 0.1, start: hour, word: .hold, since: hour,
            requests: 60, reasons: [], requestsNeeded: 400)
        room.stages.withLock { $0 = [stage] }
        let (status, first) = try room.ask(path, [("release", "shop")])
        #expect(status == 409 && first["verdict"]?.text == "hold")
        #expect(first["subject"]?.text == "shop v2 · 10 %")
        stage.requests = 500
        room.clock.advance(by: .seconds(3600))
        room.stages.withLock { $0 = [stage] }
        #expect(try room.ask(path).body["id"]?.text == first["id"]?.text)
        stage.word = .promote
        stage.since = 2 * hour
        room.stages.withLock { $0 = [stage] }
        let (passed, second) = try room.ask(path)
        #expect(passed == 200 && second["verdict"]?.text == "go")
        #expect(second["id"]?.text != first["id"]?.text)
        #expect(try room.records.decisions.newest().count == 2)
    }

    @Test func `a release hears the trouble of its model`() throws {
        let room = try Room()
        func gate(_ service: String) -> GateState? {
            room.desk.judgement(.go, KPIScope(service: service)).gates
                .first { $0.kind == .drift }?.state
        }
        #expect(gate("shop") == .unknown)
        room.models.withLock { $0 = [evidence(0.9, drifted: false)] }
        #expect(gate("shop") == .pass)
        room.models.withLock { $0 = [evidence(0.8)] }
        #expect(gate("shop") == .fail)
        // Another service's model is no concern of this one.
        #expect(gate("billing") == .unknown)
    }
}
