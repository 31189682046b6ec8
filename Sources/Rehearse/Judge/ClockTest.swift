// Whether a field of the primary's answers is a clock or a counter: whatever is asked, of two requests of
// which one was over before the other began, the later one has the larger value (or always the smaller:
// what is left of something). Such a field says when a server was asked and not what it answers, and of
// the candidate and the second copy one may always be asked a moment later. What it does not see: a clock
// that jumps back and forth, because several servers with clocks of their own answer as one.

internal import Basics

/// The steps of one field of the primary's answers.
struct ClockTest: Sendable, Equatable {
    /// Noise steps so often in one direction in one field of sixteen, and not for long.
    static let stepsMin = 5
    /// One step in twenty may go the other way: machines' clocks are set.
    static let stepsPerSlip = 19

    /// The answer that the next one is compared with.
    struct Mark: Sendable, Equatable {
        var value: Double
        var began: Millis
        var over: Millis
    }

    /// `primaryAlone`: steps up; `candidateAlone`: steps down.
    var steps = Discordance()
    var mark: Mark?

    /// Takes in the value of an answer to a request that began and was over at some time.
    ///
    /// Requests that overlap are left out, since nobody knows which of them was answered first; equal
    /// values are as well, since a clock may have long ticks.
    mutating func add(_ value: Double, began: Millis, over: Millis) {
        if let mark {
            // Pairs come when their last copy is answered, so the later request may come first.
            let isLater = began >= mark.over
            let isOrdered = isLater || over <= mark.began
            if !isOrdered || value == mark.value { return }
            if (value > mark.value) == isLater {
                steps.primaryAlone += 1
            } else {
                steps.candidateAlone += 1
            }
        }
        mark = Mark(value: value, began: began, over: over)
    }

    var isClock: Bool {
        let (up, down) = (steps.primaryAlone, steps.candidateAlone)
        return max(up, down) >= max(Self.stepsMin, Self.stepsPerSlip * min(up, down))
    }
}
