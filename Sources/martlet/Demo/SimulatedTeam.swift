// A team and a model that do not exist: values that look like life, from a seed, so that every page
// has something on it. Pure: a time in, samples and log lines out; the feeder sends them through the
// public end points like anybody else would.

import Basics
import Foundation

/// One value of the simulation.
struct SimulatedSample {
    var name: String
    var labels: [(String, String)]
    var value: Double
}

/// A team that ships a chat application, and the model behind it.
struct SimulatedTeam {
    private var generator: SplitMix
    /// When the retrieval behind the chat begins to slow down.
    private let creepStart: Millis

    /// - Parameter now: two hours earlier something began that no threshold has seen yet.
    init(seed: UInt64, now: Millis) {
        generator = SplitMix(state: seed)
        creepStart = now - 2 * 3_600_000
    }

    /// What the fault does: half as slow again at once, then worse and worse.
    ///
    /// The threshold of the demo (0.45 s) is crossed about half an hour after the start; the models see
    /// the first step.
    private func creep(at time: Millis) -> Double {
        let hours = Double(time - creepStart) / 3_600_000
        return hours < 0 || hours > 4 ? 1 : 1.5 + min(0.55 * hours, 1.8)
    }

    /// The KPIs at a moment; the incident of a day lies between 14:00 and 14:40 UTC.
    mutating func samples(at time: Millis) -> [SimulatedSample] {
        let hour = Double(time % 86_400_000) / 3_600_000
        let busy = 0.35 + 0.65 * exp(-pow((hour - 14) / 5, 2))
        let isIncident = hour >= 14 && hour < 14.67
        let week = Double(time) / (7 * 86_400_000)
        let latency = (0.9 + 0.5 * busy) * (isIncident ? 3.1 : 1) * noise(0.06)
        let errors = (isIncident ? 0.06 : 0.006) * noise(0.3)
        var samples = [
            SimulatedSample(
                name: "chat_requests_per_second", labels: [("service", "chat")],
                value: 42 * busy * noise(0.05)),
            SimulatedSample(
                name: "chat_latency_p99_seconds", labels: [("service", "chat")], value: latency),
            SimulatedSample(name: "chat_error_ratio", labels: [("service", "chat")], value: errors),
            SimulatedSample(
                name: "chat_tokens_per_second", labels: [("service", "chat")],
                value: 5200 * busy * noise(0.08)),
            SimulatedSample(
                name: "chat_retrieval_seconds", labels: [("service", "chat")],
                value: (0.14 + 0.04 * busy) * creep(at: time) * noise(0.05)),
            SimulatedSample(
                name: "chat_cache_hit_ratio", labels: [("service", "chat")],
                value: 0.82 / (1 + 0.35 * (creep(at: time) - 1)) * noise(0.02)),
            SimulatedSample(
                name: "model_drift_distance", labels: [("model", "chat-7b"), ("version", "12")],
                value: 0.04 + 0.02 * (week - week.rounded(.down)) * noise(0.2)),
        ]
        for (index, team) in ["search", "chat"].enumerated() {
            let shift = Double(index) * 0.7
            samples += [
                SimulatedSample(
                    name: "iteration_velocity_points", labels: [("team", team)],
                    value: (21 + 4 * sin(week * 2.1 + shift) * noise(0.1)).rounded()),
                SimulatedSample(
                    name: "defect_ratio", labels: [("team", team)],
                    value: max(0.01, 0.08 + 0.03 * sin(week + shift)) * noise(0.1)),
                SimulatedSample(
                    name: "user_satisfaction", labels: [("team", team)],
                    value: min(5, 4.3 + 0.2 * sin(week * 1.3 + shift) - (isIncident ? 0.8 : 0))
                        * noise(0.01)),
            ]
        }
        return samples
    }

    /// Log lines of a moment; one in some dozens tells of trouble.
    mutating func lines(at time: Millis) -> [String] {
        let stamp = CivilTime(time).rfc3339
        let id = String(generator.next() % 100_000)
        switch generator.next() % 40 {
        case 0: return ["\(stamp) ERROR request \(id) 请求超时 after 30.0 s, model chat-7b"]
        case 1: return ["\(stamp) WARN request \(id) retried: upstream closed the connection"]
        case 2: return ["\(stamp) INFO user user\(id)@example.com signed in from 13812345678"]
        case 3...12: return []
        default:
            let millis = 200 + generator.next() % 1400
            return ["\(stamp) INFO request \(id) answered in \(millis) ms, \(millis / 4) tokens"]
        }
    }

    private mutating func noise(_ spread: Double) -> Double {
        let unit = Double(generator.next() >> 11) / Double(1 << 53)
        return 1 + spread * (2 * unit - 1)
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
