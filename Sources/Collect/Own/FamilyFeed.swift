// Families of metrics into series: what a scrape would have done over HTTP, without HTTP. Used for the
// host and for the agent's own metrics. A series that is no longer among the families ends with a
// stale marker; `up` says that the source answered. A counter of this process that is born with its
// first events gets the zero that it rose from, else `increase` would not see them.

public import Basics

/// Turns families into samples of the intake, round by round.
public struct FamilyFeed: Sendable {
    private let intake: Intake
    private let target: Labels
    /// What the last round had, so that what vanished can be ended.
    private var live: Set<SeriesID> = []
    private var described: [String: MetricMetadata] = [:]
    /// When every counter was 0 for the last time; nil where that is not known.
    private var zeroAt: Millis?
    private var seen: Set<SeriesID> = []

    /// - Parameters:
    ///   - job: the label that stands for a scrape job.
    ///   - instance: the label that stands for a target's address.
    ///   - zeroAt: when the counters began at 0, for those of this process; nil for a machine's,
    ///     which have counted since long before.
    public init(intake: Intake, job: String, instance: String, zeroAt: Millis? = nil) {
        self.zeroAt = zeroAt
        self.intake = intake
        self.target = Labels([("job", job), ("instance", instance)])
    }

    /// Keeps one round of samples.
    ///
    /// - Returns: what became of them.
    /// - Throws: ``IntakeError`` when the store fails.
    public mutating func take(
        _ families: [MetricFamily], at time: Millis
    ) throws(IntakeError) -> AppendOutcome {
        var batch = SampleBatch()
        var outcome = AppendOutcome()
        var now: Set<SeriesID> = []
        let zero = zeroAt.map { min($0, time - 1) }
        func add(_ name: String, _ labels: Labels, _ value: Double, isCounter: Bool = false) {
            let series = withTargetLabels(
                labels.setting(Labels.metricName, name), target, honorsLabels: false)
            switch intake.resolve(series) {
            case .success(let id):
                if let zero, isCounter, value > 0, !seen.contains(id) { batch.append(id, zero, 0) }
                batch.append(id, time, value.isNaN ? Double.nan : value)
                now.insert(id)
            case .failure(let error): outcome.refuse(error.refusal)
            }
        }
        for family in families {
            for sample in family.samples {
                add(
                    family.name + sample.suffix, sample.labels, sample.value,
                    isCounter: family.metadata.kind == .counter)
            }
        }
        add("up", .empty, 1)
        for id in live.subtracting(now).sorted(by: { $0.index < $1.index }) {
            batch.append(id, time, Stale.marker)
        }
        let appended = try intake.append(batch)
        live = now
        if zeroAt != nil {
            // What is born from now on was not there in this round.
            zeroAt = time
            seen.formUnion(now)
        }
        describe(families)
        outcome.accepted += appended.accepted
        outcome.refused.merge(appended.refused, uniquingKeysWith: +)
        return outcome
    }

    private mutating func describe(_ families: [MetricFamily]) {
        for family in families {
            // People look a counter up by the name of its samples.
            let isTotal = family.samples.first?.suffix == "_total"
            let name = isTotal ? family.name + "_total" : family.name
            if described[name] == family.metadata { continue }
            described[name] = family.metadata
            intake.describe(name, family.metadata)
        }
    }
}
