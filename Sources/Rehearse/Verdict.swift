// The words of a rehearsal. A candidate is compared with the primary on the same requests; what comes
// out is one of these, and it stays valid however often one looks. Mirror, replay and the statistics
// behind the words come with the shadow-inference work.

/// What a rehearsal says about a candidate.
public enum Verdict: String, Sendable, CaseIterable {
    /// Better or equal within the margin, with the stated error rate.
    case promote
    /// Not decided yet; more requests are needed.
    case hold
    /// Worse beyond the margin, with the stated error rate.
    case reject
    /// Too little was seen to say anything; neither a pass nor a failure.
    case notEnoughData = "not_enough_data"
}
