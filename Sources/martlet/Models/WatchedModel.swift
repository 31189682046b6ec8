// One model version in a running agent: its case, and beside it what the case does not know (labels,
// quality, speed, findings). A value that the loop changes and the board shows.

import Basics
import Foundation
import Keep
import Reason
import Serve

/// A model version with everything that is known of it.
struct WatchedModel {
    var watching: ModelCase
    /// Where reading must begin again after a restart; nil when nothing is open.
    var openedAt: PredictionCursor?
    /// Answers up to here were looked at before the agent started.
    var restoredThrough: Millis = .min
    var lastWindow: PredictionBlock?
    var estimator: ModelEstimator?
    var estimatorRows = -1
    var quality: QualityReading?
    var estimate: QualityReading?
    var referenceQuality: QualityReading?
    /// Curves and segments of the newest labelled answers.
    var detail = QualityDetail()
    private var referenceJudged: LabelledPredictions?
    var points: [QualityPoint] = []
    /// The width of what a point stands for.
    var bucketMillis: Millis = 3_600_000
    var labelCount = 0
    private var worse = Persistence()
    var broken = Persistence()
    var issues: [Phrase] = []
    /// Open findings by id.
    var findings: [String: Finding] = [:]

    init(_ watching: ModelCase) { self.watching = watching }

    /// The findings that hold now.
    func current(now: Millis) -> [Finding] {
        let key = watching.key
        var all = watching.scopes.compactMap { driftFinding(key, $0) }
        let broken = issuesBesideDrift(
            issues, drifted: watching.whole?.watch.drifted.map(\.name) ?? [])
        if !broken.isEmpty, let finding = dataFinding(key, self.broken, issues: broken) {
            all.append(finding)
        }
        if let since = worse.since, let comparison,
            let finding = qualityFinding(key, comparison, since: since)
        {
            all.append(finding)
        }
        return all
    }

    /// Quality now against the reference: by labels when there are some, else estimated.
    var comparison: QualityComparison? {
        guard let referenceQuality else { return nil }
        if let quality,
            let found = QualityComparison(
                reference: referenceQuality, now: quality, isEstimated: false)
        {
            return found
        }
        return estimate.flatMap {
            QualityComparison(reference: referenceQuality, now: $0, isEstimated: true)
        }
    }

    /// What changed among the findings: those to keep, and the ids of those that are over.
    mutating func settle(now: Millis) -> (kept: [Finding], ended: [String]) {
        let held = Dictionary(current(now: now).map { ($0.id, $0) }) { $1 }
        let ended = findings.keys.filter { held[$0] == nil }.sorted()
        let kept = held.values.filter { findings[$0.id] != $0 }.sorted { $0.id < $1.id }
        findings = held
        return (kept, ended)
    }

    /// Takes a look of all answers in.
    mutating func note(_ look: ModelLook, window: PredictionBlock) {
        lastWindow = window
        openedAt = nil
        broken.take(isWrong: !look.issues.isEmpty, from: look.from)
        if !look.issues.isEmpty { issues = look.issues }
        if let estimator { estimate = estimator.estimate(window) }
    }

    /// Works quality out anew from answers and labels.
    mutating func judge(_ blocks: [PredictionBlock], labels: [String: String], now: Millis) {
        if let reference = watching.reference {
            let known = joinedLabels(reference.block, labels)
            let count = known.count { $0 != nil }
            if count != estimatorRows {
                estimatorRows = count
                estimator = ModelEstimator(reference.block, labels: known)
                referenceQuality = labelledQuality(reference.block, labels: known)
                referenceJudged =
                    count > 0 ? LabelledPredictions(reference.block, labels: known) : nil
            }
        }
        guard let whole = PredictionBlock.joining(blocks), let first = whole.times.min(),
            let last = whole.times.max()
        else { return }
        let hour: Millis = 3_600_000
        let bucket = last - first <= 7 * 24 * hour ? hour : 24 * hour
        bucketMillis = bucket
        let known = joinedLabels(whole, labels)
        labelCount = known.count { $0 != nil }
        var rows: [Millis: [Int]] = [:]
        for row in 0..<whole.count {
            rows[whole.times[row].flooredDivision(by: bucket) * bucket, default: []].append(row)
        }
        points = []
        for (start, places) in rows.sorted(by: { $0.key < $1.key }) {
            let block = whole.selecting(places)
            add(labelledQuality(block, labels: places.map { known[$0] }), start, false)
            if let estimator, places.count >= 50 { add(estimator.estimate(block), start, true) }
        }
        // The newest labelled answers: enough for an interval, not so many that they hide today.
        let labelled = whole.times.indices.filter { known[$0] != nil }
            .sorted { whole.times[$0] < whole.times[$1] }
        detail = QualityDetail(
            whole, rows: labelled, labels: known, reference: referenceJudged)
        let newest = labelled.suffix(300)
        quality = labelledQuality(
            whole.selecting(Array(newest)), labels: newest.map { known[$0] })
        if let lastWindow, let estimator { estimate = estimator.estimate(lastWindow) }
        worse.take(
            isWrong: comparison?.isWorse ?? false,
            from: newest.first.map { whole.times[$0] } ?? lastWindow?.times.min() ?? now)
    }

    private mutating func add(_ reading: QualityReading, _ time: Millis, _ isEstimated: Bool) {
        for figure in reading.figures {
            points.append(
                QualityPoint(
                    time: time, name: figure.name, value: figure.value,
                    low: figure.interval?.lowerBound, high: figure.interval?.upperBound,
                    isEstimated: isEstimated, rows: reading.rows))
        }
    }

    /// Latency, tokens and cost of the last window.
    var speed: ModelSpeed {
        var speed = ModelSpeed()
        guard let block = lastWindow else { return speed }
        speed.rows = block.count
        func sorted(_ role: PredictionColumn.Role) -> [Double] {
            block.numbers(role).filter { !$0.isNaN }.sorted()
        }
        for share in [0.5, 0.95, 0.99] {
            for (role, place) in [
                (PredictionColumn.Role.latency, \ModelSpeed.latency),
                (.firstToken, \ModelSpeed.firstToken),
            ] {
                let values = sorted(role)
                if values.isEmpty { continue }
                speed[keyPath: place][share] =
                    values[
                        min(values.count - 1, Int(share * Double(values.count)))]
            }
        }
        func mean(_ role: PredictionColumn.Role) -> Double? {
            let values = sorted(role)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        speed.tokensIn = mean(.tokensIn)
        speed.tokensOut = mean(.tokensOut)
        speed.costPerThousand = mean(.cost).map { $0 * 1000 }
        return speed
    }
}

extension WatchedModel {
    /// Takes a look that was kept before the agent started.
    mutating func restore(_ look: ModelLook) {
        broken.take(isWrong: !look.issues.isEmpty, from: look.from)
        if !look.issues.isEmpty { issues = look.issues }
    }
}
