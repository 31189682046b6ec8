// Why a request was not copied, or its copy did not become a pair. Each has a counter; together with the
// pairs they add up to the requests, so that nobody has to guess what share was seen.

/// What stood between a request and a pair.
public enum SkipReason: String, Sendable, CaseIterable {
    /// Not in the sample.
    case sampledOut = "sampled_out"
    /// A filter of method, path or header leaves it out.
    case filtered
    /// It may change something at the candidate: not a method or path that is known to be safe.
    case sideEffect = "side_effect"
    /// More a second than are wanted; the verdict has enough without it.
    case rateLimited = "rate_limited"
    /// The budget of requests, tokens or money is used up.
    case budgetSpent = "budget_spent"
    /// A person stopped the copying.
    case stopped
    /// The request's body is larger than the limit.
    case bodyTooLarge = "body_too_large"
    /// The primary answered with 400 or above.
    case primaryRejected = "primary_rejected"
    /// The primary gave no answer.
    case primaryFailed = "primary_failed"
    /// The client left before the primary answered.
    case clientGone = "client_gone"
    /// The candidate's queue is full: copies give way first.
    case queueFull = "queue_full"
    /// Copies under way hold as much memory as they may.
    case memoryFull = "memory_full"
    /// The judge is behind.
    case judgeBehind = "judge_behind"
    /// The candidate rests for a second: an answer was larger than what is let in, or it has failed and
    /// breaks or refuses one connection after the other.
    case resting
    /// The request could not be rewritten for the candidate.
    case unwritable
    /// The primary's answer was too large, or broke off, so there is nothing to compare with.
    case answerUnusable = "answer_unusable"
    /// The agent stopped before both answers were there.
    case agentStopped = "agent_stopped"
}
