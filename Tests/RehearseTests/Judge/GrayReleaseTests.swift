// Stages reported from outside: each has its own verdict, a failure asks for a roll-back once, and a
// full restart forgets nothing.

import Algebra
import Basics
import Bytes
import Testing

@testable import Rehearse

private func window(
    _ time: Millis, errors: (Int, Int), requests: (Int, Int) = (900, 100), latency: (Double, Double)
) -> StageWindow {
    StageWindow(
        time: time,
        baseline: .init(
            requests: requests.0, errors: errors.0, values: [.latency: latency.0]),
        canary: .init(requests: requests.1, errors: errors.1, values: [.latency: latency.1]))
}

@Suite struct GrayReleaseTests {
    private var policy: Policy {
        var policy = Policy()
        policy.pairsMin = 20
        return policy
    }

    @Test func `a good stage is promoted, and the next begins from nothing`() {
        var generator = Generator(seed: 5)
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.1, start: 0)
        for index in 0..<100 {
            let noise = 0.02 * generator.normal()
            let signal = release.add(
                window(Millis(index) * 60_000, errors: (9, 1), latency: (0.1, 0.1 + 0.1 * noise)))
            #expect(signal == nil)
        }
        #expect(release.standing()?.verdict == .promote, "seed 5")
        release.begin(share: 0.5, start: 6_000_000)
        #expect(release.stages.first?.ended == .promote)
        #expect(release.standing()?.verdict == .notEnoughData)
    }

    @Test func `a bad stage asks for a roll-back once, with its reasons`() throws {
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.1, start: 0)
        var signals: [RollBackSignal] = []
        for index in 0..<30 {
            let signal = release.add(
                window(Millis(index) * 60_000, errors: (9, 8), latency: (0.1, 0.1)))
            if let signal { signals.append(signal) }
        }
        #expect(signals.count == 1)
        let payload = try #require(signals.first).payload
        #expect(payload["event"]?.text == "rollback" && payload["version"]?.text == "v2")
        #expect(payload["verdict"]?.text == "reject" && payload["share"]?.double == 0.1)
        #expect(payload["reasons"]?.items?.isEmpty == false)
        #expect(release.current?.verdict == .reject)
        let isOverridden = release.override(person: "p", reason: "known outage", time: 1)
        #expect(isOverridden && !release.isFailed && release.current?.verdict != .reject)
    }

    @Test func `a zero baseline with errors of the canary does not pass`() {
        // spinnaker#5622, kayenta#377.
        let shares = [0, 0.048, 0, 0.18, 0.089, 0, 0.098, 0.035, 0, 0]
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.5, start: 0)
        for (index, share) in shares.enumerated() {
            _ = release.add(
                window(
                    Millis(index) * 60_000, errors: (0, Int(share * 100)), requests: (100, 100),
                    latency: (0.1, 0.1)))
        }
        #expect(release.standing()?.verdict == .reject)
    }

    @Test func `old windows do not carry a new stage`() {
        // flagger#1011: traffic stops half-way and the canary advances on old values.
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.5, start: 1_000_000)
        for index in 0..<60 {
            _ = release.add(window(Millis(index), errors: (0, 0), latency: (0.1, 0.1)))
        }
        #expect(release.standing()?.pairs == 0)
        #expect(release.standing()?.verdict == .notEnoughData)
    }

    @Test func `a release that is written and read goes on where it was`() throws {
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.1, start: 0)
        for index in 0..<10 {
            _ = release.add(window(Millis(index) * 60_000, errors: (0, 0), latency: (0.1, 0.1)))
        }
        var again = try GrayRelease(decoding: release.encoded(), policy: policy)
        for index in 10..<40 {
            let next = window(Millis(index) * 60_000, errors: (0, 0), latency: (0.1, 0.1))
            _ = release.add(next)
            _ = again.add(next)
        }
        #expect(again.standing()?.verdict == release.standing()?.verdict)
        #expect(
            again.stages.first?.windows == 40
                && again.standing()?.pairs == release.standing()?.pairs)
    }

    @Test func `a report is read line by line, and an error names its line and field`() throws {
        let lines = """
            {"version": "v2", "share": 0.1, "start": "2026-01-01T00:00:00Z"}
            {"time": 1767225660, "baseline": {"requests": 10, "errors": 1, "latency": 0.2}, "canary": {"requests": 4, "errors": 0, "latency": 0.3}}

            """
        let now: Millis = 1_767_230_000_000
        let read = try StageReport.read(Array(lines.utf8), now: now)
        #expect(read.count == 2 && read[1].version == "v2" && read[1].share == 0.1)
        #expect(read[1].window?.canary.values == [.latency: 0.3])
        #expect(read[1].window?.time == 1_767_225_660_000)
        for (line, words) in [
            (
                #"{"baseline":{"requests":1,"errors":2},"canary":{"requests":4,"errors":0}}"#,
                "errors"
            ),
            (#"{"baseline":{"requests":1,"errors":0}}"#, "canary"),
            (#"{"baseline":{"requests":1,"errors":0,"latencyy":1},"canary":{}}"#, "latencyy"),
            (#"{"share": 2}"#, "share"), (#"{"time": 99999999999}"#, "neither"),
            (#"{"version": "v2", "share": 0.1, "stage": 3}"#, "stage"),
            (#"{"start": "soon", "version": "v2"}"#, "start"),
        ] {
            let body = Array(("{\"version\": \"v2\", \"share\": 0.1}\n" + line).utf8)
            #expect {
                try StageReport.read(body, now: now)
            } throws: { error in
                "\(error)".contains("line 2") && "\(error)".contains(words)
            }
        }
    }

    @Test func `a report that is sent twice counts once, and a failed stage lets no other begin`()
        throws
    {
        func take(_ report: StageReport, _ release: GrayRelease?) throws -> GrayRelease {
            try GrayRelease.taking(report, of: "shop", into: release, policy: policy, now: 0)
                .release
        }
        #expect(throws: GrayRelease.Refusal.unnamed) { try take(StageReport(share: 0.1), nil) }
        var release = try take(StageReport(version: "v2", share: 0.1, start: 0), nil)
        for _ in 0..<2 {
            for index in 0..<40 {
                let bad = window(Millis(index), errors: (9, 60), latency: (0.1, 0.1))
                release = try take(
                    StageReport(version: "v2", share: 0.1, start: 0, window: bad), release)
            }
        }
        #expect(release.current?.windows == 40 && release.current?.late == 40)
        #expect(release.stages.count == 1 && release.isFailed)
        let next = StageReport(version: "v2", share: 0.5, start: 1000)
        #expect(throws: GrayRelease.Refusal.failed(version: "v2", share: 0.1)) {
            try take(next, release)
        }
        let wasOverridden = release.override(person: "mei", reason: "known outage", time: 900)
        #expect(wasOverridden)
        release = try take(next, release)
        #expect(release.stages.count == 2 && release.current?.share == 0.5)
        // A window of the stage before is late, and another version begins anew.
        let old = StageReport(
            share: 0.1, window: window(50, errors: (0, 0), latency: (0.1, 0.1)))
        release = try take(old, release)
        #expect(release.current?.windows == 0 && release.current?.late == 1)
        release = try take(StageReport(version: "v3", share: 0.1, start: 2000), release)
        #expect(release.version == "v3" && release.stages.count == 1 && !release.isFailed)
    }

    @Test func `a start that a line names is of its stage, and not of those that follow it`() throws
    {
        let lines = """
            {"version":"v2","share":0.1,"start":1767225600}
            {"time":1767225660,"baseline":{"requests":9,"errors":0},"canary":{"requests":1,"errors":0}}
            {"share":0.5}
            {"version":"v3","share":0.1}
            """
        let read = try StageReport.read(Array(lines.utf8), now: 1_767_230_000_000)
        #expect(read.map(\.start) == [1_767_225_600_000, 1_767_225_600_000, nil, nil])
        #expect(read.map(\.version) == ["v2", "v2", "v2", "v3"])
        #expect(read.map(\.share) == [0.1, 0.1, 0.5, 0.1])
    }

    @Test func `a window of a million requests is judged by a sample, at once`() {
        var release = GrayRelease(release: "shop", version: "v2", policy: policy)
        release.begin(share: 0.5, start: 0)
        let large = window(
            1, errors: (1_000, 30_000), requests: (1_000_000, 1_000_000), latency: (0.1, 0.1))
        #expect(release.add(large) != nil)
        #expect(release.current?.requests == 2_000_000)
        #expect(release.standing()?.pairs == GrayRelease.matchesMax + 1)
    }
}
