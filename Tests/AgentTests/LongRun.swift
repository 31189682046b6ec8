// What a test that runs for minutes tells on standard error: how far it is, how long it will take, and how
// it ended. Nothing is said of the short runs of every day.

import Basics
import Foundation

final class LongRun: Sendable {
    private struct State {
        var done = 0
        var toldAt: Int64
    }

    private static let secondsBetween = 20.0

    private let what: String
    private let steps: Int
    private let began = Clock.system.monotonic()
    private let state: Lock<State>

    init(_ what: String, steps: Int) {
        self.what = what
        self.steps = steps
        state = Lock(State(toldAt: Clock.system.monotonic()))
    }

    /// Counts a step, from any thread.
    func step() {
        let now = Clock.system.monotonic()
        let line: String? = state.withLock { state in
            state.done += 1
            guard Double(now - state.toldAt) / 1e9 > LongRun.secondsBetween else { return nil }
            state.toldAt = now
            let left = seconds * Double(steps - state.done) / Double(state.done)
            return "\(what): \(state.done) of \(steps), \(Int(left)) s left"
        }
        if let line { say(line) }
    }

    func end(_ outcome: String) {
        if seconds > LongRun.secondsBetween { say("\(what): \(outcome), \(Int(seconds)) s") }
    }

    private var seconds: Double { Double(Clock.system.monotonic() - began) / 1e9 }

    private func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
