// The rows of a finding are there for whoever comes by its link, however many findings came after it.

import Basics
import Carry
import Foundation
import Keep
import Serve
import Testing

@Suite struct TellingRowsAPITests {
    private let folder = NSTemporaryDirectory() + "martlet-telling-\(UUID().uuidString)"

    private func finding(_ id: String, _ start: Millis) -> Finding {
        Finding(
            id: id, kind: .drift, subject: "chat",
            labels: ["model": "chat", "version": "1"], severity: .warning, start: start,
            summary: Phrase("drift.found"))
    }

    @Test func `an old finding is found behind six thousand newer ones`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let records = try RecordKeeper.open(folder: folder, registry: Registry())
        try records.findings.keep(
            [finding("drift/old", 1)] + (0..<6000).map { finding("drift/\($0)", 1000 + $0) })
        let router = Router(
            TellingRowsAPI(
                board: ModelBoard(), findings: records.findings,
                keeper: try PredictionKeeper.open(
                    folder: folder, clock: ManualClock(now: 10_000).clock, registry: Registry()),
                keepsTexts: { _ in false }
            ).routes)
        func status(_ id: String) throws -> Int {
            var request = HTTPRequest(method: "GET", path: "/api/martlet/v1/models/examples")
            request.query = [(name: "finding", value: id)]
            guard case .found(let route, _) = router.match("GET", request.path) else { return 0 }
            return route.handler(request).status
        }
        #expect(try status("drift/old") == 200)
        #expect(try status("drift/none") == 400)
    }
}
