// Requests through a rehearsal that stands in the path, as a client of the primary would send them: what
// the oracle's rows are asked with, against stubs and against real servers.

import Basics
import Carry
import Foundation
import Keep
import Testing

@testable import Rehearse

/// One request of a client.
struct ClientRequest: Sendable {
    var id: String
    var path: String
    var body: String
    var label: String?
}

/// Sends requests through a rehearsal between two servers, and reports where the trial then stands.
///
/// Labels come when all requests are answered, as they do in life.
///
/// - Parameters:
///   - second: a second copy of the primary, from which noise is learnt.
///   - judgesTimes: false on a machine that does other work, where timings decide nothing.
func rehearsed(
    _ requests: [ClientRequest], primary: String, candidate: String, second: String? = nil,
    paths: [(from: String, to: String)] = [], judgesTimes: Bool = false,
    _ change: (inout MirrorSettings) -> Void = { _ in }
) async throws -> Standing {
    var new = CandidateSettings(name: "new", server: try #require(Server(candidate)))
    new.paths = paths
    var settings = MirrorSettings(
        name: "oracle", relay: RelayOptions(server: try #require(Server(primary))),
        candidates: [new])
    settings.second = second.flatMap { Server($0) }
    settings.copiesPerSecondMax = nil
    settings.courier.deadlineMillis = 120_000
    settings.courier.queue = 4_096
    // The name of an inference path says nothing of side effects that the filter could know.
    settings.filter.allowsSideEffects = true
    for metric in [Metric.latency, .tail, .ttft, .tpot] where !judgesTimes {
        settings.policy.rules[metric]?.isGate = false
    }
    change(&settings)
    let folder = Scratch()
    defer { folder.remove() }
    let registry = Registry()
    let keeper = try PairKeeper(folder: folder.path, registry: registry)
    let rehearsal = try Rehearsal(
        settings, keeper: keeper, clock: .system, registry: registry, log: { _ in })
    let standing = try await asked(requests, rehearsal)
    rehearsal.stop(graceMillis: 1_000)
    try? keeper.close()
    return standing
}

private func asked(_ requests: [ClientRequest], _ rehearsal: Rehearsal) async throws -> Standing {
    let client = Fetch.curl()
    let port = rehearsal.port
    // A few callers at a time, as a service has.
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<8 {
            group.addTask {
                for request in stride(from: caller, to: requests.count, by: 8)
                    .map({ requests[$0] })
                {
                    let sent = FetchRequest(
                        "POST", "http://127.0.0.1:\(port)\(request.path)",
                        headers: [
                            ("Content-Type", "application/json"), ("X-Request-Id", request.id),
                        ], body: Array(request.body.utf8), timeout: .seconds(120))
                    let answer = try await client.send(sent)
                    #expect(
                        answer.status == 200,
                        "\(request.path): \(String(decoding: answer.body.prefix(200), as: UTF8.self))"
                    )
                }
            }
        }
        try await group.waitForAll()
    }
    func standing() -> Standing? {
        _ = rehearsal.commit()
        return rehearsal.view.candidates.first?.standing
    }
    // The primary is never slower for the candidate, so the last copies are still under way.
    let end = ContinuousClock.now + .seconds(120)
    while standing()?.pairs ?? 0 < requests.count, .now < end {
        try await Task.sleep(for: .milliseconds(100))
    }
    let labels = requests.compactMap { one in one.label.map { (id: one.id, label: $0) } }
    if !labels.isEmpty { #expect(rehearsal.take(labels: labels) == labels.count) }
    let reached = try #require(standing())
    #expect(reached.pairs == requests.count)
    return reached
}
