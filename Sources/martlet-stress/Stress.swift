// The thread-sanitized run: Keep and Carry under everything at once, for some seconds. Built with
// `make stress`; it ends with 0 when the sanitizer found nothing and every answer was right.

import Basics
import Carry
import Foundation
import Keep

@main
struct Stress {
    /// How long each part runs; sanitized code is some ten times slower.
    private static let seconds = 10.0

    static func main() async throws {
        let folder = NSTemporaryDirectory() + "martlet-stress-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kept = try await keep(folder)
        print("keep: \(kept.appended) samples from 4 writers, \(kept.reads) reads, all found")
        let carried = try await carry()
        print("carry: \(carried) requests over 8 clients, all answered")
        print("2 passed, 0 failed")
    }

    private static func fail(_ text: String) -> Never {
        print("failed: \(text)")
        exit(1)
    }

    /// Four writers, two readers, upkeep and log lines beside each other.
    private static func keep(_ folder: String) async throws -> (appended: Int, reads: Int) {
        let registry = Registry()
        let (keeper, _) = try SeriesKeeper.open(
            folder: folder, options: SeriesKeeperOptions(), files: .system, clock: .system,
            registry: registry)
        let logs = try LogKeeper.open(folder: folder, clock: .system, registry: registry)
        let deadline = Clock.system.monotonic() + Int64(seconds * 1e9)
        let start = Clock.system.now()
        let appended = Counter()
        let reads = Counter()
        let threads = ThreadGroup()
        for writer in 0..<4 {
            threads.start("writer-\(writer)") {
                var round: Int64 = 0
                while Clock.system.monotonic() < deadline {
                    var batch = SampleBatch()
                    for index in 0..<100 {
                        let labels: Labels = [
                            "__name__": "stress", "writer": "\(writer)", "index": "\(index)",
                        ]
                        guard case .success(let id) = keeper.resolve(labels) else { continue }
                        batch.append(id, start + round, Double(round))
                    }
                    round += 1
                    guard let outcome = try? keeper.append(batch) else { fail("an append failed") }
                    if outcome.accepted != batch.count {
                        fail("samples were refused: \(outcome.refused)")
                    }
                    appended.add(Double(outcome.accepted))
                }
            }
        }
        for reader in 0..<2 {
            threads.start("reader-\(reader)") {
                let matcher = Matcher(Labels.metricName, equals: "stress")
                while Clock.system.monotonic() < deadline {
                    let range = TimeRange(from: start, through: start + 3_600_000)
                    guard let found = try? keeper.source.select([matcher], range, SelectHints())
                    else {
                        fail("a read failed")
                    }
                    for series in found.series {
                        let isWhole = series.values.enumerated().allSatisfy { Double($0) == $1 }
                        if !isWhole { fail("\(series.labels) has a gap") }
                    }
                    reads.add()
                }
            }
        }
        threads.start("upkeep") {
            while Clock.system.monotonic() < deadline {
                _ = keeper.maintain(now: Clock.system.now())
                _ = keeper.stats
                _ = registry.families()
                try? logs.append([
                    LogRecord(
                        time: start, severity: .info, labels: ["source": "stress"], body: "a line")
                ])
                usleep(5_000)
            }
        }
        await threads.wait()
        try keeper.close()
        try logs.close()
        return (Int(appended.value), Int(reads.value))
    }

    /// Eight clients against quick and slow routes, with a stop at the end under load.
    private static func carry() async throws -> Int {
        var options = HTTPServerOptions()
        options.port = 0
        let server = try HTTPServer(
            options,
            routes: [
                Route(["POST"], "/quick", .quick) { HTTPResponse(body: $0.body) },
                Route(["POST"], "/slow", .slow) { HTTPResponse(body: $0.body) },
            ], clock: .system, registry: Registry())
        let fetch = Fetch.curl()
        let base = "http://127.0.0.1:\(server.port)"
        let deadline = Clock.system.monotonic() + Int64(seconds * 1e9)
        let answered = Counter()
        await withTaskGroup(of: Void.self) { group in
            for client in 0..<8 {
                group.addTask {
                    var round = 0
                    while Clock.system.monotonic() < deadline {
                        let body = Array("\(client)/\(round)".utf8)
                        let path = round % 2 == 0 ? "/quick" : "/slow"
                        let response = try? await fetch.send(
                            FetchRequest("POST", base + path, body: body))
                        if response?.body != body { fail("\(path) gave another body") }
                        answered.add()
                        round += 1
                    }
                }
            }
        }
        server.stop()
        return Int(answered.value)
    }
}
