// Families into series: what the agent knows by itself (its own metrics, this machine's) is kept like
// anything that was scraped. The writer remembers each series' id, so a known series costs one look-up,
// and ends those that are gone with a stale marker.

public import Basics

/// Writes families to an intake, time after time.
public struct FamilyWriter {
    private let base: [(String, String)]
    private let intake: Intake
    private var known: [Key: (id: SeriesID, round: Int)] = [:]
    private var described: Set<String> = []
    private var round = 0

    private struct Key: Hashable {
        var name: String
        var labels: Labels
    }

    /// - Parameter base: labels that every series gets, such as `job` and `instance`.
    public init(base: [(String, String)], intake: Intake) {
        self.base = base
        self.intake = intake
    }

    /// Writes one moment.
    ///
    /// - Returns: what became of the samples.
    public mutating func write(
        _ families: [MetricFamily], at time: Millis
    ) throws(IntakeError) -> AppendOutcome {
        round += 1
        var batch = SampleBatch()
        var outcome = AppendOutcome()
        for family in families {
            describe(family)
            for sample in family.samples {
                let key = Key(name: family.name + sample.suffix, labels: sample.labels)
                if let entry = known[key] {
                    known[key]?.round = round
                    batch.append(entry.id, time, sample.value)
                    continue
                }
                var builder = LabelsBuilder(sample.labels)
                builder.set(Labels.metricName, key.name)
                for (name, value) in base where builder[name] == nil { builder.set(name, value) }
                switch intake.resolve(builder.labels()) {
                case .success(let id):
                    known[key] = (id, round)
                    batch.append(id, time, sample.value)
                case .failure(let error): outcome.refuse(error.refusal)
                }
            }
        }
        for (key, entry) in known where entry.round != round {
            batch.append(entry.id, time, Stale.marker)
            known[key] = nil
        }
        let appended = try intake.append(batch)
        outcome.accepted += appended.accepted
        for (reason, count) in appended.refused { outcome.refuse(reason, count) }
        return outcome
    }

    private mutating func describe(_ family: MetricFamily) {
        guard described.insert(family.name).inserted else { return }
        let isCounter = family.metadata.kind == .counter
        let suffix = isCounter ? family.samples.first?.suffix ?? "" : ""
        intake.describe(family.name + suffix, family.metadata)
    }
}
