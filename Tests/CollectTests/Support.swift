// What the tests of this room share: the data folder, a seeded generator, an intake that remembers.

import Basics
import Bytes
import Glibc

@testable import Collect

/// The shared test data, or nil when this machine has none.
let dataFolder: String? = {
    var here = #filePath
    for _ in 0..<3 { here = String(here[..<(here.lastIndex(of: "/") ?? here.startIndex)]) }
    let given = getenv("MARTLET_DATA").map { String(cString: $0) }
    let places = [given, here + "/../shared/data"].compactMap { $0 }
    return places.first { access($0, R_OK) == 0 }
}()

let openMetricsFolder = dataFolder.map { $0 + "/openmetrics" }

func readAll(_ path: String) throws -> [UInt8] { try Files.system.contents(path) }

/// Numbers from a seed (splitmix64), so that a failing case can be repeated.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// An intake that keeps everything in memory and can be told to refuse.
final class Remembering: Sendable {
    struct State {
        var ids: [Labels: SeriesID] = [:]
        var labels: [Labels] = []
        var samples: [(labels: Labels, time: Millis, value: Double)] = []
        var metadata: [String: MetricMetadata] = [:]
        var backfilled: [Series] = []
        var resolved = 0
        var seriesMax = Int.max
        var appends = 0
    }

    let state = Lock(State())

    var intake: Intake {
        Intake(
            resolve: { labels in
                self.state.withLock { state in
                    state.resolved += 1
                    if let id = state.ids[labels] { return .success(id) }
                    if state.labels.count >= state.seriesMax {
                        return .failure(Intake.ResolveError(.seriesLimit))
                    }
                    let id = SeriesID(UInt32(state.labels.count))
                    state.ids[labels] = id
                    state.labels.append(labels)
                    return .success(id)
                }
            },
            append: { (batch) throws(IntakeError) in
                self.state.withLock { state in
                    var outcome = AppendOutcome()
                    state.appends += 1
                    for index in 0..<batch.count {
                        let labels = state.labels[Int(batch.series[index].index)]
                        state.samples.append((labels, batch.times[index], batch.values[index]))
                        outcome.accepted += 1
                    }
                    return outcome
                }
            },
            backfill: { (series) throws(IntakeError) in
                self.state.withLock { state in
                    state.backfilled += series
                    var outcome = AppendOutcome()
                    outcome.accepted = series.reduce(0) { $0 + $1.times.count }
                    return outcome
                }
            },
            describe: { name, metadata in self.state.withLock { $0.metadata[name] = metadata } },
            appendLog: { (_, _) throws(IntakeError) in },
            logPosition: { (_) throws(IntakeError) in nil })
    }

    var samples: [(labels: Labels, time: Millis, value: Double)] { state.withLock { $0.samples } }

    /// The values of a metric in order of arrival; the stale marker reads "stale".
    func values(_ metric: String, _ pairs: (String, String)...) -> [String] {
        samples.filter { sample in
            sample.labels.metric == metric && pairs.allSatisfy { sample.labels[$0.0] == $0.1 }
        }.map { Stale.isMarker($0.value) ? "stale" : numberText($0.value) }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
