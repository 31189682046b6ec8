// Why the verdict is what it is, in phrases: what failed or is missing, with its numbers, the most
// telling first. Figures are for people: points for shares, per cent for ratios.

internal import Basics
internal import Glibc

extension Trial {
    /// More reasons than these are not read.
    private static let reasonsMax = 5

    func reasons(_ standing: Standing) -> [Phrase] {
        switch standing.verdict {
        case .reject: return rejected(standing)
        case .promote: return promoted(standing)
        case .hold: return held(standing)
        case .notEnoughData:
            if pairs >= policy.pairsMin {
                return [
                    Phrase(
                        "rehearse.reason.nothing_compared",
                        [
                            "compared": String(answersCompared), "pairs": String(pairs),
                            "asked": String(policy.pairsMin),
                        ])
                ]
            }
            return [
                Phrase(
                    "rehearse.reason.too_few",
                    ["pairs": String(pairs), "asked": String(policy.pairsMin)])
            ]
        }
    }

    /// Pairs in which the commonest property of answers was measured.
    private var answersCompared: Int {
        overall.values.filter { $0.metric.isAboutAnswers }.map(\.count).max() ?? 0
    }

    private func rejected(_ standing: Standing) -> [Phrase] {
        guard let failure else { return [] }
        var reasons: [Phrase] = []
        if let path = failure.path, let test = paths[path] {
            let lost = test.kinds[.missing] ?? 0
            let retyped = test.kinds[.type] ?? 0
            reasons.append(
                Phrase(
                    "rehearse.reason.path_broken",
                    [
                        "path": path, "missing": String(lost), "retyped": String(retyped),
                        "pairs": String(compared),
                    ]))
        }
        let failed = standing.metrics.filter {
            $0.verdict == .reject && ($0.isGate || $0.metric == failure.metric)
        }
        let first = failed.filter { $0.slice != nil } + failed.filter { $0.slice == nil }
        reasons += first.map { sentence($0, $0.slice == nil ? "failed" : "slice_failed") }
        return Array(reasons.prefix(Self.reasonsMax))
    }

    private func promoted(_ standing: Standing) -> [Phrase] {
        let gates = standing.metrics.filter { $0.slice == nil && $0.isGate }
        let sure = log(1 / policy.level)
        let near = gates.filter { $0.metric.scale == .floor }.map { sentence($0, "near") }
        if !gates.contains(where: { $0.logDifference >= sure }) {
            // A score above its floor is near and need not be the same.
            return near.isEmpty
                ? [Phrase("rehearse.reason.no_difference", ["pairs": String(pairs)])] : near
        }
        let better = gates.filter { $0.logDifference >= sure && $0.gain > 0 }
        let worse = gates.filter { $0.logDifference >= sure && $0.gain <= 0 }
        let reasons =
            near + better.map { sentence($0, "better") }
            + worse.map { sentence($0, "within_margin") }
        return Array(reasons.prefix(Self.reasonsMax))
    }

    private func held(_ standing: Standing) -> [Phrase] {
        var reasons: [Phrase] = suspects(standing.metrics).map { sentence($0, "slice_suspect") }
        let open = standing.metrics.filter {
            $0.slice == nil && $0.isGate && $0.verdict != .promote
        }
        // More requests do not help where nothing says which of two answers is better.
        func isStuck(_ standing: MetricStanding) -> Bool {
            let isOpinion = standing.metric == .agreement || standing.metric == .excess
            return isOpinion && standing.logHarm >= log(1 / policy.level)
        }
        reasons += open.filter(isStuck).map { sentence($0, "unlabelled") }
        reasons += open.filter { !isStuck($0) }.map { sentence($0, "open") }
        if through - from < policy.durationMin {
            reasons.append(
                Phrase(
                    "rehearse.reason.too_young",
                    [
                        "seen": durationText(through - from),
                        "asked": durationText(policy.durationMin),
                    ]))
        }
        return Array(reasons.prefix(Self.reasonsMax))
    }

    private func sentence(_ standing: MetricStanding, _ kind: String) -> Phrase {
        var arguments = [
            "metric": standing.metric.rawValue, "pairs": String(standing.pairs),
            "gain": standing.metric.gainText(standing.gain),
            "threshold": standing.metric.gainText(standing.threshold),
        ]
        if let interval = standing.interval {
            arguments["low"] = standing.metric.gainText(interval.lowerBound)
            arguments["high"] = standing.metric.gainText(interval.upperBound)
        }
        if let slice = standing.slice { arguments["slice"] = "\(slice.field)=\(slice.value)" }
        arguments["more"] = standing.pairsNeeded.map(String.init) ?? "?"
        return Phrase("rehearse.reason.\(kind)", arguments)
    }
}

extension Metric {
    /// A gain for people: `−2.1 pt` of a share, `+5.0 %` of a ratio (of the amount: less is better,
    /// so a loss of latency reads as more), `0.970` of a score.
    public func gainText(_ gain: Double) -> String {
        switch scale {
        case .difference: signed(100 * gain, digits: 2) + " pt"
        case .ratio: signed(100 * expm1(-gain), digits: 1) + " %"
        case .floor: fixed(gain, digits: 4)
        }
    }

    private func signed(_ value: Double, digits: Int) -> String {
        let text = fixed(abs(value), digits: digits)
        let isNothing = text.allSatisfy { $0 == "0" || $0 == "." }
        return isNothing ? text : (value < 0 ? "−" : "+") + text
    }

    private func fixed(_ value: Double, digits: Int) -> String {
        let scale = pow(10, Double(digits))
        let whole = Int((value * scale).rounded())
        let text = String(abs(whole))
        let padded = String(repeating: "0", count: max(digits + 1 - text.count, 0)) + text
        let point = padded.index(padded.endIndex, offsetBy: -digits)
        return (whole < 0 ? "−" : "") + padded[..<point] + "." + padded[point...]
    }
}
