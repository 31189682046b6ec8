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
        #expect(release.stages.first?.verdict == .promote)
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
        #expect(isOverridden && release.current?.verdict == nil)
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

    @Test func `a report is read from JSON, and impossible counts are refused`() throws {
        let json = try JSON(
            text:
                #"{"time":5,"baseline":{"requests":10,"errors":1,"latency":0.2},"canary":{"requests":4,"errors":0,"latency":0.3}}"#
        )
        let read = try #require(StageWindow(json))
        #expect(read.canary.values == [.latency: 0.3] && read.baseline.errors == 1)
        let bad = try JSON(
            text:
                #"{"time":5,"baseline":{"requests":1,"errors":2},"canary":{"requests":4,"errors":0}}"#
        )
        #expect(StageWindow(bad) == nil)
    }
}
