// How long the bench lets pairs gather before it looks: to wake up costs as much as to judge a pair, and pairs in
// a row are judged in a fifth less time, because the judge's code and state are still in the caches. Nobody waits
// for a verdict by the half second; what may not wait is what fills memory, what spends money and who asks. With
// nothing under way the bench sleeps until a courier begins a copy, an answer comes or somebody asks.

/// When the bench has to look.
struct Patience {
    /// What the bench does next.
    enum Step {
        /// Take what has come.
        case look
        /// Let it gather for `stepMicros`.
        case wait
        /// Sleep until the bell rings, or for as long as it would wait at most.
        case sleep
    }

    /// Microseconds between two questions whether it must.
    ///
    /// The ring between the path and the bench has room for so long at forty thousand requests a second.
    static let stepMicros: UInt32 = 50_000
    /// Steps after which it looks anyway.
    static let stepsMax = 10
    /// Events on the path that do not wait for more.
    static let eventsMax = 1 << 10
    /// Bytes of answers that do not; a question weighs as much.
    static let bytesMax = 1 << 20

    let budget: Budget
    /// Bytes that copies under way may hold before copies are shed.
    let memoryBytesMax: Int
    /// Steps that were waited since the last look.
    private var waited = 0

    init(budget: Budget, memoryBytesMax: Int) {
        self.budget = budget
        self.memoryBytesMax = memoryBytesMax
    }

    /// Decides, between two looks always for at least one wait or sleep: what does not wait lasts, too.
    ///
    /// - Parameters:
    ///   - isIdle: nothing is under way and nothing is uncommitted.
    ///   - isPressing: what has come must be looked at now.
    mutating func next(isIdle: Bool, isPressing: Bool) -> Step {
        if waited == 0 {
            waited = isIdle ? Patience.stepsMax : 1
            return isIdle ? .sleep : .wait
        }
        if waited < Patience.stepsMax, !isPressing {
            waited += 1
            return .wait
        }
        waited = 0
        return .look
    }

    /// True when what has come must be looked at now.
    func isPressing(events: Int, answerBytes: Int, heldBytes: Int) -> Bool {
        // A budget of tokens or money is known to be used up only by what was looked at.
        budget.isSpentByAnswers || events > Patience.eventsMax
            || answerBytes >= Patience.bytesMax || heldBytes > memoryBytesMax / 8
    }
}
