// A model that does not exist, and its answers: a credit score with two versions, a reference that is
// its first answers, and a data change a day ago (incomes arrive in another currency unit for one
// channel, and a new region appears) after which it drifts and answers worse. Labels come with the
// answers, but for the newest.

import Basics
import Bytes
import Foundation

/// Answers of a simulated model as lines.
struct SimulatedModel {
    private var random: SplitMix
    private var next = 0

    /// How long before now the data change was.
    static let changeMillis: Millis = 20 * 3_600_000
    /// Between two answers of the past.
    static let stepMillis: Millis = 40_000
    /// Three days, as the other simulated things.
    static let pastMillis: Millis = 3 * 86_400_000

    init(seed: UInt64) { random = SplitMix(state: seed) }

    /// The answers of a stretch of time, a line each.
    mutating func lines(from: Millis, to: Millis, step: Millis, now: Millis) -> [UInt8] {
        var text = ""
        var time = from
        while time < to {
            text += line(at: time, isChanged: time > now - SimulatedModel.changeMillis, now: now)
            time += step
        }
        return Array(text.utf8)
    }

    /// What users said of the answers: fewer like them since the data change.
    mutating func feedback(now: Millis) -> [JSON] {
        stride(from: now - SimulatedModel.pastMillis, to: now, by: 1_800_000).map { time in
            let likes = time > now - SimulatedModel.changeMillis ? 0.55 : 0.85
            return .object([
                ("id", .string("sim-credit-\(time)")), ("time", .number(String(time))),
                ("model", .string("credit")), ("version", .string("v3")),
                ("thumbs", .string(unit() < likes ? "up" : "down")),
            ])
        }
    }

    private mutating func line(at time: Millis, isChanged: Bool, now: Millis) -> String {
        next += 1
        let channel = unit() < 0.6 ? "branch" : "online"
        let age = max(18, (41 + 12 * normal()).rounded())
        let isBroken = isChanged && channel == "online"
        let wealth = normal()
        let income = (exp(8 + 0.5 * wealth) * (isBroken ? 1.6 : 1)).rounded()
        let regions = ["north", "south", "west", "east"]
        let region = isChanged && unit() < 0.12 ? "overseas" : regions[Int(random.next() % 4)]
        // What the model believes rests on the income it sees, the truth on the wealth behind it.
        let seen = log(max(income, 1)) - 8
        let score = 1 / (1 + exp(-(1.8 * seen / 0.5 + 0.03 * (age - 41))))
        let truth = 1 / (1 + exp(-(1.8 * wealth + 0.03 * (age - 41))))
        let label = unit() < truth ? 1 : 0
        let latency = 0.08 * exp(0.4 * normal())
        var line = """
            {"model":"credit","version":"v3","id":"sim-\(next)","time":\(Double(time) / 1000),\
            "features":{"age":\(age),"income":\(income),"region":"\(region)",\
            "debt_ratio":\((100 * abs(0.3 + 0.1 * normal())).rounded() / 100)},\
            "output":"\(score >= 0.5 ? 1 : 0)","score":\((score * 1e4).rounded() / 1e4),\
            "segment":"\(channel)","latency":\((latency * 1e4).rounded() / 1e4)
            """
        // Whether a loan is paid back is known late.
        if time < now - 6 * 3_600_000 { line += ",\"label\":\(label)" }
        return line + "}\n"
    }

    private mutating func unit() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

    private mutating func normal() -> Double {
        (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
    }
}
