// What follows from the verdicts of gray releases: the question whether one may get more traffic, the gate
// of the go/no-go, and the finding.

import Basics
import Keep
import Reason
import Rehearse

extension GrayRoom {
    /// Without a report for so long, a stage that has not failed says nothing about today.
    private static let quietMillis: Millis = 86_400_000

    /// Whether another stage began or the verdict is another.
    func isNews(_ next: GrayRelease, after old: GrayRelease?) -> Bool {
        guard let old, old.version == next.version else { return true }
        return old.current?.start != next.current?.start
            || old.current?.verdict != next.current?.verdict
    }

    func decision(_ release: GrayRelease) -> Decision {
        NextStage.decide(evidence(release))
    }

    private func evidence(_ release: GrayRelease) -> StageEvidence {
        let stage = release.current
        let standing = release.standing()
        let word: StageEvidence.Word =
            switch stage?.verdict {
            case .promote: .promote
            case .hold: .hold
            case .reject: .reject
            case .notEnoughData, nil: .notEnoughData
            }
        return StageEvidence(
            release: release.release, version: release.version, share: stage?.share ?? 0,
            start: stage?.start ?? 0, word: word, since: stage?.since ?? 0,
            requests: stage?.canaryRequests ?? 0, reasons: standing?.reasons ?? [],
            requestsNeeded: standing?.pairsNeeded)
    }

    /// The releases that are on their way: those that failed, and those that were reported of lately.
    private var underway: [GrayRelease] {
        let since = clock.now() - Self.quietMillis
        return all.filter { release in
            let stage = release.current
            return release.isFailed || max(stage?.last ?? 0, stage?.start ?? 0) > since
        }
    }

    /// For the question whether a release may get more traffic.
    var stages: [StageEvidence] { underway.map(evidence) }

    /// What the gate of a release is told: the worse of what rehearsals and stages say.
    ///
    /// - Parameter service: whose release; nil asks for all.
    func gate(of service: String?, beside other: GateReading?) -> GateReading? {
        let order: [GateState] = [.pass, .unknown, .fail]
        let asked = underway.filter { release in
            let config = config(release.release)
            return config?.isGate ?? true && speaks(config?.service, to: service)
        }
        let readings =
            asked.map { release in
                let evidence = evidence(release)
                return GateReading(
                    (release.current?.verdict ?? .notEnoughData).gateState,
                    Phrase(
                        "gate.gray.\(release.current?.verdict.rawValue ?? "not_enough_data")",
                        [
                            "release": evidence.release, "version": evidence.version,
                            "share": numberText(evidence.share * 100, .plain) + " %",
                        ]), link: link(evidence.release))
            } + [other].compactMap { $0 }
        return readings.max {
            (order.firstIndex(of: $0.state) ?? 0) < (order.firstIndex(of: $1.state) ?? 0)
        }
    }

    func link(_ release: String) -> String { "/rehearsals?release=\(release)" }

    /// Keeps the finding of the stage that traffic is in; it takes the place of what was said before, and
    /// that of a stage that is over ends.
    func tell(_ release: GrayRelease, after before: GrayRelease?) {
        guard let stage = release.current else { return }
        let verdict = stage.verdict
        let isOpen = verdict == .reject || verdict == .promote
        let standing = stage.trial.standing()
        let finding = Finding(
            id: findingID(release), kind: .shadow,
            subject: "\(release.release) · \(release.version)",
            labels: [
                "release": release.release, "version": release.version,
                "verdict": verdict.rawValue,
            ],
            severity: verdict == .reject ? .warning : .info, start: stage.since,
            end: isOpen ? nil : stage.last ?? stage.start,
            summary: Phrase(
                "finding.gray.\(verdict.rawValue)",
                [
                    "release": release.release, "version": release.version,
                    "share": numberText(stage.share * 100, .plain) + " %",
                ]),
            evidence: standing.reasons, link: link(release.release))
        do throws(RecordError) {
            try records.findings.keep([finding])
            if let before, findingID(before) != finding.id {
                try records.findings.end(findingID(before), at: stage.start)
            }
        } catch {
            complain("the verdict of \(release.release) was not kept as a finding: \(error)")
        }
    }

    private func findingID(_ release: GrayRelease) -> String {
        "gray/\(release.release)/\(release.version)/\(release.current?.start ?? 0)"
    }
}
