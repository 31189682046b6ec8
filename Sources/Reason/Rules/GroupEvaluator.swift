// Evaluates one group, as a value: `step(at:)` runs its rules one after the other at one time,
// writes each result so that the next rule sees it, and returns the alerts that receivers should
// hear of. It has no clock and no thread, so a day of evaluations runs in a test in a moment.

public import Basics
internal import Query

/// A group with its state.
public struct GroupEvaluator: Sendable {
    public let group: RuleGroup
    public let intervalMillis: Millis
    public private(set) var snapshot: RuleGroupSnapshot
    private var world: RuleWorld
    private let queryOffsetMillis: Millis
    private var states: [AlertingRule.State]
    /// The series that each rule wrote last time, to mark those that end.
    private var written: [Set<Labels>]
    /// Series of rules that a reload removed; they get their end mark at the next step.
    private var orphans: Set<Labels> = []
    private var remembered: (alerts: [RememberedAlerts], at: Millis) = ([], .min)
    private var isRestored = false

    /// While alerts are active their states are saved at least so often, so that the time of an
    /// outage is known to within this.
    private static let memoryMillis: Millis = 60_000

    public init(_ group: RuleGroup, world: RuleWorld) {
        self.group = group
        self.world = world
        intervalMillis = max(1, group.intervalMillis ?? world.intervalMillis)
        queryOffsetMillis = group.queryOffsetMillis ?? world.queryOffsetMillis
        snapshot = RuleGroupSnapshot(group: group, intervalMillis: intervalMillis)
        states = Array(repeating: AlertingRule.State(), count: group.rules.count)
        written = Array(repeating: [], count: group.rules.count)
    }

    /// Runs the group once.
    ///
    /// - Returns: the alerts to tell the receivers of.
    public mutating func step(at time: Millis) -> [Alert] {
        let start = world.monotonic()
        restore(at: time)
        var alerts: [Alert] = []
        snapshot.counts.iterations += 1
        snapshot.counts.samples = 0
        for index in group.rules.indices { evaluate(index, at: time, &alerts) }
        endOrphans(at: time)
        remember(at: time)
        snapshot.lastEvaluationAt = time
        snapshot.evaluationSeconds = seconds(since: start)
        return alerts
    }

    public mutating func countMissed(_ count: Int) { snapshot.counts.iterationsMissed += count }

    /// Ends the series of a group that is no more, and forgets its alerts.
    public mutating func retire(at time: Millis) {
        orphans.formUnion(written.joined())
        endOrphans(at: time)
        do { try world.memory.save(group.key, []) } catch { snapshot.counts.memoryFailures += 1 }
    }

    /// Takes over the state of the same group before a reload; rules that are gone leave orphans.
    public mutating func takeOver(_ old: GroupEvaluator) {
        isRestored = old.isRestored
        var free = old.group.rules.enumerated().map { ($0.offset, $0.element.identity) }
        for (index, rule) in group.rules.enumerated() {
            guard let match = free.firstIndex(where: { $0.1 == rule.identity }) else { continue }
            let from = free.remove(at: match).0
            states[index] = old.states[from]
            written[index] = old.written[from]
            let before = old.snapshot.rules[from]
            snapshot.rules[index] = before
            snapshot.rules[index].rule = rule
        }
        orphans = old.orphans
        for (index, _) in free { orphans.formUnion(old.written[index]) }
        snapshot.counts = old.snapshot.counts
        snapshot.lastEvaluationAt = old.snapshot.lastEvaluationAt
    }

    // MARK: - One rule

    private mutating func evaluate(_ index: Int, at time: Millis, _ alerts: inout [Alert]) {
        let start = world.monotonic()
        let rule = group.rules[index]
        var note: String?
        do throws(RuleFault) {
            let samples = try world.vector(rule.expression, at: time - queryOffsetMillis)
            let results: [(Labels, Double)]
            if rule.isAlerting {
                alerts += try observe(samples, index, at: time)
                results = AlertingRule.series(states[index].shown, name: rule.name)
            } else {
                results = try record(samples, rule)
            }
            note = write(results, index, at: time - queryOffsetMillis)
            snapshot.rules[index].health = .ok
        } catch {
            snapshot.rules[index].health = .err
            snapshot.counts.failures += 1
            note = error.reason
        }
        snapshot.counts.evaluations += 1
        snapshot.rules[index].lastError = note
        snapshot.rules[index].lastEvaluationAt = time
        snapshot.rules[index].evaluationSeconds = seconds(since: start)
        snapshot.rules[index].alerts = states[index].shown
        snapshot.rules[index].state = states[index].worst
    }

    private func seconds(since start: Int64) -> Double {
        Double(world.monotonic() - start) / 1e9
    }

    private func record(
        _ samples: [VectorSample], _ rule: Rule
    ) throws(RuleFault) -> [(Labels, Double)] {
        var results: [(Labels, Double)] = []
        var seen: Set<Labels> = []
        for sample in samples {
            var builder = LabelsBuilder(sample.labels)
            builder.set(Labels.metricName, rule.name)
            for label in rule.labels { builder.set(label.name, label.source) }
            let labels = builder.labels()
            if !seen.insert(labels).inserted {
                throw RuleFault(
                    "vector contains metrics with the same labelset after applying rule labels: "
                        + labels.description)
            }
            results.append((labels, sample.value))
        }
        if group.limit > 0 && results.count > group.limit {
            throw RuleFault("exceeded limit of \(group.limit) with \(results.count) series")
        }
        return results
    }

    private mutating func observe(
        _ samples: [VectorSample], _ index: Int, at time: Millis
    ) throws(RuleFault) -> [Alert] {
        let rule = group.rules[index]
        let templates = world.templates(at: time)
        let elements = samples.map { sample in
            let template = AlertTemplate(
                labels: sample.labels, value: sample.value, externalLabels: world.externalLabels,
                world: templates)
            var labels = LabelsBuilder(sample.labels.withoutName)
            for label in rule.labels { labels.set(label.name, template.expand(label)) }
            labels.set("alertname", rule.name)
            var annotations = LabelsBuilder()
            for note in rule.annotations { annotations.set(note.name, template.expand(note)) }
            return AlertElement(
                labels: labels.labels(), annotations: annotations.labels(), value: sample.value)
        }
        let timing = AlertingRule.Timing(
            intervalMillis: intervalMillis, holdMillis: rule.holdMillis,
            keepFiringMillis: rule.keepFiringMillis, resendDelayMillis: world.resendDelayMillis)
        let pending = states[index].alerts.filter { $0.value.state == .pending }.keys
        let actions = try states[index].observe(
            elements, at: time, timing: timing, limit: group.limit)
        tell(actions, pending, index, at: time)
        return actions.compactMap { action in
            guard case .send(let alert, let endsAt) = action else { return nil }
            return Alert(
                labels: world.externalLabels.merging(alert.labels), annotations: alert.annotations,
                startsAt: alert.firedAt ?? alert.activeAt, endsAt: endsAt,
                generatorURL: world.externalURL + tableLink(rule.expression))
        }.sorted { $0.labels < $1.labels }
    }

    /// Says which alerts changed their state.
    private func tell(
        _ actions: [AlertingRule.Action], _ pending: some Sequence<Labels>, _ index: Int,
        at time: Millis
    ) {
        let alerts = states[index].alerts
        let name = group.rules[index].name
        func news(_ labels: Labels, _ state: AlertTransition.State) -> AlertTransition {
            let hasValue = state == .pending || state == .firing
            let value = hasValue ? alerts[labels]?.value ?? .nan : .nan
            return AlertTransition(
                at: time, alert: name, labels: labels, state: state, value: value)
        }
        var all = pending.filter { alerts[$0] == nil }.map { news($0, .inactive) }
        for action in actions {
            switch action {
            case .becamePending(let labels): all.append(news(labels, .pending))
            case .fired(let labels): all.append(news(labels, .firing))
            case .resolved(let labels): all.append(news(labels, .resolved))
            case .send: break
            }
        }
        if !all.isEmpty { world.transitions(all) }
    }

    // MARK: - Results

    /// Writes a rule's results and the end marks of those that are no more.
    ///
    /// - Returns: what the store had against it, if anything.
    private mutating func write(
        _ results: [(Labels, Double)], _ index: Int, at time: Millis
    ) -> String? {
        let now = Set(results.map(\.0))
        let ended = written[index].subtracting(now).map { ($0, Stale.marker) }
        written[index] = now
        orphans.subtract(now)
        return append(results + ended, at: time)
    }

    private mutating func endOrphans(at time: Millis) {
        guard !orphans.isEmpty else { return }
        _ = append(orphans.map { ($0, Stale.marker) }, at: time - queryOffsetMillis)
        orphans = []
    }

    private mutating func append(_ samples: [(Labels, Double)], at time: Millis) -> String? {
        guard !samples.isEmpty else { return nil }
        var batch = SampleBatch()
        var refused: [String: Int] = [:]
        for (labels, value) in samples {
            switch world.intake.resolve(labels) {
            case .success(let id): batch.append(id, time, value)
            case .failure(let error): refused[error.refusal.rawValue, default: 0] += 1
            }
        }
        do {
            let outcome = try world.intake.append(batch)
            snapshot.counts.samples += outcome.accepted
            for (reason, count) in outcome.refused { refused[reason.rawValue, default: 0] += count }
        } catch {
            refused[error.reason, default: 0] += batch.count
        }
        guard !refused.isEmpty else { return nil }
        snapshot.counts.refused += refused.values.reduce(0, +)
        let reasons = refused.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        return "the store refused results: \(reasons.joined(separator: ", "))"
    }

    // MARK: - Memory

    private mutating func restore(at time: Millis) {
        guard !isRestored else { return }
        isRestored = true
        do {
            let memories = try world.memory.load(group.key)
            for (index, rule) in group.rules.enumerated() where rule.isAlerting {
                guard let memory = memories.first(where: { $0.rule == rule.identity }) else {
                    continue
                }
                states[index] = world.restoring.state(
                    from: memory, holdMillis: rule.holdMillis, now: time)
                let shown = states[index].shown
                written[index] = Set(AlertingRule.series(shown, name: rule.name).map(\.0))
            }
        } catch {
            snapshot.counts.memoryFailures += 1
        }
    }

    /// Saves the states as of the last evaluation; for the end of the agent.
    public mutating func rememberNow() {
        guard let time = snapshot.lastEvaluationAt else { return }
        remembered.at = .min
        remember(at: time)
    }

    private mutating func remember(at time: Millis) {
        let now = group.rules.indices.compactMap { index -> RememberedAlerts? in
            let alerts = states[index].alerts.values.sorted { $0.labels < $1.labels }
            guard !alerts.isEmpty else { return nil }
            return RememberedAlerts(rule: group.rules[index].identity, alerts: alerts, seenAt: time)
        }
        let isDue = remembered.at <= time - Self.memoryMillis || time < remembered.at
        let hasChanged =
            now.map { [$0.rule] + $0.alerts.map(\.essence) }
            != remembered.alerts.map { [$0.rule] + $0.alerts.map(\.essence) }
        guard hasChanged || isDue && !now.isEmpty else { return }
        do {
            try world.memory.save(group.key, now)
            remembered = (now, time)
        } catch {
            snapshot.counts.memoryFailures += 1
        }
    }
}

extension ActiveAlert {
    /// What is worth saving at once when it changes; the value and the time of sending are not.
    fileprivate var essence: String {
        let times = [activeAt, firedAt ?? 0, resolvedAt ?? 0, keepFiringSince ?? 0]
        return "\(labels.fingerprintText) \(state) \(times)"
    }
}
