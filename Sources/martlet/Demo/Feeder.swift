// Sends the simulated team to a running agent: its past once, then every few seconds, over the same
// end points that a real team would use.

import Basics
import Bytes
import Carry
import Foundation

/// Feeds an agent with the simulation.
struct Feeder: Sendable {
    var url: String
    var logFile: String
    var fetch: Fetch
    var clock: Clock

    /// How far back the past goes, and its step.
    private static let pastMillis: Millis = 3 * 86_400_000
    private static let pastStepMillis: Millis = 300_000
    private static let liveStepMillis: Millis = 5_000

    func run() async {
        let now = clock.now()
        var team = SimulatedTeam(seed: 20_261_121, now: now)
        let delivery = SimulatedDelivery(seed: 20_261_121, now: now)
        await post(JSON.array(delivery.events).encoded, to: "events")
        await post(JSON.array(delivery.feedback).encoded, to: "feedback")
        var model = SimulatedModel(seed: 20_261_121)
        await post(JSON.array(model.feedback(now: now)).encoded, to: "feedback")
        let step = SimulatedModel.stepMillis
        for start in stride(from: now - SimulatedModel.pastMillis, to: now, by: Int(1000 * step)) {
            let end = min(now, start + 1000 * step)
            await post(model.lines(from: start, to: end, step: step, now: now), to: "predictions")
        }
        var release = SimulatedRelease(now: now)
        let stages = "rehearsals/\(SimulatedRelease.name)/stages"
        await post(release.past(now: now), to: stages)
        for run in SimulatedTraining.runs(now: now) {
            await post(JSON.array(run).encoded, to: "events")
        }
        var batch: [(time: Millis, sample: SimulatedSample)] = []
        var time = now - Feeder.pastMillis
        while time < now {
            for sample in team.samples(at: time) { batch.append((time, sample)) }
            if batch.count > 4000 {
                await send(batch)
                batch = []
            }
            time += Feeder.pastStepMillis
        }
        await send(batch)
        while !Task.isCancelled {
            let now = clock.now()
            await send(team.samples(at: now).map { (now, $0) })
            write(team.lines(at: now) + team.lines(at: now))
            await post(
                model.lines(from: now - 1, to: now, step: 1, now: now), to: "predictions")
            await post(release.live(now: now), to: stages)
            do {
                try await clock.sleep(.milliseconds(Feeder.liveStepMillis))
            } catch {
                return
            }
        }
    }

    private func send(_ batch: [(time: Millis, sample: SimulatedSample)]) async {
        var writer = JSONWriter(capacity: batch.count * 120)
        writer.beginArray()
        for (time, sample) in batch {
            writer.beginObject()
            writer.field("name", sample.name)
            writer.key("labels")
            writer.labels(Labels(sample.labels + [("simulated", "true")]))
            writer.key("value")
            writer.number(sample.value)
            writer.key("time")
            writer.seconds(time)
            writer.endObject()
        }
        writer.endArray()
        await post(writer.bytes, to: "kpis")
    }

    private func post(_ body: [UInt8], to name: String) async {
        let request = FetchRequest(
            "POST", url + "/api/martlet/v1/" + name,
            headers: [("Content-Type", "application/json")], body: body, timeout: .seconds(60))
        do {
            let answer = try await fetch.send(request)
            if answer.status != 200 {
                remark(
                    "the demo's \(name) were refused: \(String(decoding: answer.body, as: UTF8.self))"
                )
            }
        } catch {
            remark("the demo's \(name) did not arrive: \(error)")
        }
    }

    private func write(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        if !FileManager.default.fileExists(atPath: logFile) {
            _ = FileManager.default.createFile(atPath: logFile, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: logFile) else { return }
        defer { try? handle.close() }
        _ = try? handle.seekToEnd()
        try? handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }
}
