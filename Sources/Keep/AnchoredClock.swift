// Which time it is, when the wall clock may jump. Between looks at the wall clock time goes on with the
// monotonic one; a small difference is taken over, a jump of more than an hour is an event. For a day after
// it (or until the wall clock comes back) the clocks are said to disagree, and retention holds back: a
// wrong date must not delete what a right date would keep.

internal import Basics

/// A wall clock tied to the monotonic one.
struct AnchoredClock: Sendable {
    static let jumpMillis: Millis = 3_600_000
    /// A new date that lasts so long is believed.
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

    var disagrees: Bool { jumpedAt != nil }

    /// Compares with data at the start: when its newest sample is further away than a process can have
    /// slept without anybody minding, the date is in doubt.
    mutating func doubt(newest: Millis, absenceMillisMax: Millis) {
        let gap = anchor.wall - newest
        guard gap > absenceMillisMax || gap < -AnchoredClock.jumpMillis else { return }
        trusted.wall = newest
        jumpedAt = anchor.monotonic
    }

    /// Looks at the wall clock.
    ///
    /// - Returns: by how much it jumped; nil when it did not.
    mutating func observe(wall: Millis, monotonic: Int64) -> Millis? {
        let difference = wall - anchor.now(monotonic)
        anchor = Anchor(wall: wall, monotonic: monotonic)
        let hasJumped = abs(difference) > AnchoredClock.jumpMillis
        if hasJumped { jumpedAt = monotonic }
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
