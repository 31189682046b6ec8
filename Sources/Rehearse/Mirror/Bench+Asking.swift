// What people ask of a rehearsal while it is judged: to let a failure pass, to stop copies, to take labels that
// came later. All of it happens on the bench's thread (see `Bench.ask`), and is on the disk before it is answered.

internal import Basics
internal import Keep
internal import Synchronization

extension Bench {
    /// Lets a failure pass.
    func override(_ index: Int, person: String, reason: String) -> Bool {
        guard
            candidates[index].trial.override(person: person, reason: reason, time: clock.now())
        else { return false }
        candidates[index].isChanged = true
        return commit()
    }

    /// Stops or resumes the copies of a candidate.
    func setStopped(_ index: Int, _ isStopped: Bool) {
        candidates[index].isStopped = isStopped
        candidates[index].isChanged = true
        let bit: UInt64 = 1 << UInt64(index)
        if isStopped {
            gate.stopped.bitwiseOr(bit, ordering: .relaxed)
        } else {
            gate.stopped.bitwiseAnd(~bit, ordering: .relaxed)
        }
        commit()
    }

    /// Joins labels that came later, in one transaction for each candidate.
    ///
    /// - Returns: how many pairs they found.
    func take(labels: [(id: String, label: String)]) -> Int {
        commit()
        let found = candidates.indices.reduce(0) { $0 + take(labels, $1) }
        if found > 0 { publish() }
        return found
    }

    private func take(_ labels: [(id: String, label: String)], _ index: Int) -> Int {
        let owner = candidates[index].owner
        var trial = candidates[index].trial
        var noted: [(id: String, label: String)] = []
        var seen: Set<String> = []
        var found = 0
        for (id, label) in labels where seen.insert(id).inserted {
            guard let kept = try? keeper.pairs(of: owner, id: id) else { continue }
            var isNoted = false
            for pair in kept where pair.label == nil {
                guard let outcome = PairOutcome(pair) else { continue }
                let late = comparison.late(outcome, label: label)
                if late.readings.isEmpty { continue }
                trial.add(late: late)
                isNoted = true
                found += 1
            }
            if isNoted { noted.append((id, label)) }
        }
        if noted.isEmpty { return 0 }
        do throws(RecordError) {
            try keeper.note(
                labels: noted, of: owner, state: String(decoding: trial.encoded(), as: UTF8.self),
                counts: candidates[index].counts, at: clock.now())
        } catch {
            log("labels for \(settings.name) were not kept: \(error)")
            return 0
        }
        candidates[index].trial = trial
        candidates[index].meters.labels.add(Double(found))
        return found
    }
}
