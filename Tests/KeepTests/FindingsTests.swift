// Findings in the records: opened, changed by their judge, ended, found again.

import Basics
import Keep
import Testing

private func finding(_ id: String, start: Millis, end: Millis? = nil) -> Finding {
    Finding(
        id: id, kind: .drift, subject: "chat-7b", labels: ["model": "chat-7b", "version": "3"],
        severity: .warning, start: start, end: end,
        summary: Phrase("finding.drift", ["share": "12 %"]),
        evidence: [Phrase("finding.column", ["column": "length"]), Phrase("finding.new")],
        link: "/#/models/chat-7b")
}

@Suite struct FindingsTests {
    let folder = RecordsScratch()

    private func open() throws -> RecordKeeper {
        try RecordKeeper.open(folder: folder.path, registry: Registry())
    }

    @Test func `a finding comes back as it was kept`() throws {
        let records = try open()
        let one = finding("drift/chat-7b", start: 1_000)
        try records.findings.keep([one])
        #expect(try records.findings.finding("drift/chat-7b") == one)
        #expect(try records.findings.finding("drift/other") == nil)
    }

    @Test func `a judge that speaks again changes its finding, and an ended one stays ended`()
        throws
    {
        let records = try open()
        var one = finding("a", start: 1_000)
        try records.findings.keep([one])
        one.severity = .critical
        try records.findings.keep([one])
        #expect(try records.findings.newest() == [one])
        try records.findings.end("a", at: 5_000)
        try records.findings.end("a", at: 9_000)
        one.end = 5_000
        #expect(try records.findings.newest() == [one])
        #expect(try records.findings.newest(open: true).isEmpty)
    }

    @Test func `a span finds what overlaps it, and old ones are forgotten once they are over`()
        throws
    {
        let records = try open()
        try records.findings.keep([
            finding("old", start: 0, end: 10), finding("long", start: 5),
            finding("late", start: 90, end: 95),
        ])
        #expect(try records.findings.newest(from: 20, to: 80).map(\.id) == ["long"])
        #expect(try records.findings.prune(before: 50) == 1)
        #expect(try records.findings.newest().map(\.id) == ["late", "long"])
        #expect(try records.findings.newest(kind: .anomaly).isEmpty)
    }
}
