// kill -9 in a loop under ingest: what was acknowledged is there afterwards, every time.

import Basics
import Bytes
import Foundation
import Testing

private let rounds = ProcessInfo.processInfo.environment["MARTLET_KILLS"].flatMap(Int.init) ?? 50

@Suite(.serialized) struct CrashTests {
    @Test func `fifty kills lose no acknowledged sample`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = Seeded(seed)
        let folder = try Scratch()
        let port = freePort()
        let settings = "host: {enabled: false}\nrule_files: []\n"
        var acknowledged: [Int] = []
        var next = 0
        let progress = LongRun("kills of \(martletBinary)", steps: rounds)
        for round in 0..<rounds {
            let agent = try await Agent(configuration: settings, folder: folder, port: port)
            if round % 10 == 9 || round == rounds - 1 {
                try await check(agent, acknowledged, seed: seed, round: round)
            }
            let deadline = ContinuousClock.now + .milliseconds(Int(generator.next() % 400) + 20)
            async let killing: Void = {
                try? await Task.sleep(until: deadline)
                agent.child.send(SIGKILL)
            }()
            // Each push is one sample of its own series, so each can be found again.
            while agent.child.process.isRunning {
                let body = "{\"name\":\"counted\",\"labels\":{\"n\":\"\(next)\"},\"value\":\(next)}"
                let answer = try? await post(agent.url + "/api/martlet/v1/kpis", body)
                if answer?.status == 200 { acknowledged.append(next) }
                next += 1
                if answer == nil { break }
            }
            await killing
            _ = agent.child.wait()
            progress.step()
        }
        #expect(acknowledged.count > rounds)
        let agent = try await Agent(configuration: settings, folder: folder, port: port)
        let lost = try await check(agent, acknowledged, seed: seed, round: rounds)
        progress.end(
            "\(rounds) kills, \(acknowledged.count) samples acknowledged, \(lost) lost, seed \(seed)"
        )
    }

    /// - Returns: how many are not there.
    @discardableResult
    private func check(
        _ agent: Agent, _ acknowledged: [Int], seed: UInt64, round: Int
    ) async throws -> Int {
        let found = Set(
            try await queryValues(agent.url, "last_over_time(counted[1h])").map { Int($0) })
        let lost = acknowledged.filter { !found.contains($0) }
        #expect(
            lost.isEmpty,
            "seed \(seed), round \(round): lost \(lost.prefix(5)) … \(lost.count) of \(acknowledged.count)"
        )
        return lost.count
    }
}

/// A generator that a printed seed brings back (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
