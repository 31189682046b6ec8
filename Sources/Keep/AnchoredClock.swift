// Which time it is, when the wall clock may jump. Between looks at the wall clock time goes on with the
// monotonic one; a small difference is taken over, a jump of more than an hour is an event. For a day after
// a jump of more than a day (or until the wall clock comes back) the clocks disagree, and samples grow old
// by the time without the jump: a wrong date must not delete what a right date would keep. Jumps of less
// than a day are those of machines that sleep; they cost the oldest day at most.

internal import Basics

/// A wall clock tied to the monotonic one.
struct AnchoredClock: Sendable {
    static let jumpMillis: Millis = 3_600_000
    /// A jump or a hole of more than this puts the date in doubt, and a date that lasts so long is believed.
    static let disputeMillis: Millis = 86_400_000

    private struct Anchor: Sendable {
        var wall: Millis
        var monotonic: Int64

        func now(_ monotonic: Int64) -> Millis { wall + (monotonic - self.monotonic) / 1_000_000 }
    }

    private var anchor: Anchor
    /// The time as it would be without jumps.
    private var trusted: Anchor
    private var jumpedAt: Int64?

    init(wall: Millis, monotonic: Int64) {
        anchor = Anchor(wall: wall, monotonic: monotonic)
        trusted = anchor
    }

    func now(_ monotonic: Int64) -> Millis { anchor.now(monotonic) }

    /// The time by which samples grow old.
    func retentionTime(_ monotonic: Int64) -> Millis {
        jumpedAt == nil ? now(monotonic) : min(now(monotonic), trusted.now(monotonic))
    }

    /// Compares with data at the start: a hole of more than a day that ended within the last day, or has
    /// not ended, may be an absence or a jump that an earlier process met, and nobody can tell which.
    mutating func doubt(_ data: [TimeRange]) {
        let wall = anchor.wall
        var covered: Millis?
        var missing: Millis = 0
        let known = data.filter { $0.from <= wall }.sorted { $0.from < $1.from }
        for range in known + [TimeRange(from: wall, through: wall)] {
            let hole = range.from - (covered ?? range.from)
            if hole > AnchoredClock.disputeMillis && range.from > wall - AnchoredClock.disputeMillis
            {
                missing += hole
            }
            covered = max(covered ?? range.through, range.through)
        }
        guard missing > 0 else { return }
        trusted.wall = wall - missing
        jumpedAt = anchor.monotonic
    }

    /// Looks at the wall clock.
    ///
    /// - Returns: by how much it jumped; nil when it did not.
    mutating func observe(wall: Millis, monotonic: Int64) -> Millis? {
        let difference = wall - anchor.now(monotonic)
        anchor = Anchor(wall: wall, monotonic: monotonic)
        let hasJumped = abs(difference) > AnchoredClock.jumpMillis
        if abs(difference) > AnchoredClock.disputeMillis { jumpedAt = monotonic }
        if let since = jumpedAt {
            let isBack = abs(wall - trusted.now(monotonic)) <= AnchoredClock.jumpMillis
            if isBack || (monotonic - since) / 1_000_000 > AnchoredClock.disputeMillis {
                jumpedAt = nil
            }
        }
        if jumpedAt == nil { trusted = anchor }
        return hasJumped ? difference : nil
    }
}
