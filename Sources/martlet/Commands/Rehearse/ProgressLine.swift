// Progress on standard error: one line that is written over on a terminal, a line every ten seconds
// elsewhere.

import Basics
import Foundation
import Rehearse

/// Shows how far a replay is.
final class ProgressLine {
    private let isShown: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shownAt: Int64 = 0

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ progress: ReplayProgress) {
        let now = Clock.system.monotonic()
        let pause: Int64 = isTerminal ? 200_000_000 : 10_000_000_000
        guard isShown, now - shownAt >= pause || progress.done == progress.total else { return }
        shownAt = now
        let left = progress.secondsLeft.map { durationText(Millis($0) * 1000) } ?? "?"
        var line = "\(progress.done) of \(progress.total)"
        line += String(format: "  %.1f/s  ", progress.rate) + left + " left"
        if progress.lagSeconds > 1 {
            line += String(format: "  %.0f s behind", progress.lagSeconds)
        }
        if progress.failed > 0 { line += "  \(progress.failed) failed" }
        Foundation.FileHandle.standardError.write(
            Data((isTerminal ? "\r\u{1b}[K\(line)" : line + "\n").utf8))
    }

    func end() {
        if isShown && isTerminal { Foundation.FileHandle.standardError.write(Data("\n".utf8)) }
    }
}
