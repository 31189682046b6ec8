// What a line of a report does to a release: begin the stage that it names, if that is a new one, and take
// its window in. A stage is named by version, share and start, so a report that is sent twice, as after a
// lost answer, changes nothing the second time.

public import Basics

extension GrayRelease {
    /// What a release may not do.
    public enum Refusal: Error, Equatable, CustomStringConvertible {
        /// Nothing is known of it, and the line does not say what it is.
        case unnamed
        /// It failed, and nobody overrode it.
        case failed(version: String, share: Double)

        public var description: String {
            switch self {
            case .unnamed:
                "the first line of a release must name its version and share"
            case .failed(let version, let share):
                "\(version) failed at a share of \(numberText(share, .plain)): roll it back, or let "
                    + "the failure pass with a reason before the next stage"
            }
        }
    }

    /// Takes one line in.
    ///
    /// - Parameter release: the release as it is; nil for the first line of all.
    /// - Returns: the release as it is then, and a signal when the line made it fail.
    public static func taking(
        _ report: StageReport, of name: String, into release: GrayRelease?, policy: Policy,
        now: Millis
    ) throws(Refusal) -> (release: GrayRelease, signal: RollBackSignal?) {
        let time = report.start ?? report.window?.time ?? now
        var next: GrayRelease
        if let release, report.version ?? release.version == release.version {
            next = release
        } else {
            guard let version = report.version, report.share != nil else { throw .unnamed }
            if var release, let current = release.current, time <= current.start {
                // A version from before the one that runs.
                release.stages[release.stages.count - 1].late += 1
                return (release, nil)
            }
            next = GrayRelease(release: name, version: version, policy: policy)
        }
        if next.isNew(report, time) {
            guard let share = report.share ?? next.current?.share else { throw .unnamed }
            guard next.begin(share: share, start: time) else {
                throw .failed(version: next.version, share: next.current?.share ?? share)
            }
        } else if let share = report.share, let current = next.current, share != current.share,
            report.window != nil
        {
            // A window of a stage that is over.
            next.stages[next.stages.count - 1].late += 1
            return (next, nil)
        }
        let signal = report.window.flatMap { next.add($0) }
        return (next, signal)
    }

    /// Whether a line names a stage that begins with it.
    private func isNew(_ report: StageReport, _ time: Millis) -> Bool {
        guard let current else { return true }
        if let start = report.start { return start > current.start }
        guard let share = report.share, share != current.share else { return false }
        return time > (current.last ?? current.start)
    }
}
