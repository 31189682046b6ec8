// Puts together what comes in pieces: the request, the primary's answer, each candidate's, the second
// copy's. A value without a clock or a network; it says what is complete.

internal import Basics
internal import Carry

/// What belongs to one request.
struct Ensemble: Sendable {
    var request: RelayedRequest
    var id: String
    var primary: RelayedAnswer?
    /// By destination.
    var answers: [Int: RelayedAnswer] = [:]
    /// The destinations whose queue took the copy, as bits.
    var expected: UInt64

    var isComplete: Bool {
        primary != nil && answers.count == expected.nonzeroBitCount
    }
}

/// Requests whose answers are not all there.
struct Assembly {
    private(set) var waiting: [UInt64: Ensemble] = [:]
    /// Answers, or none, that overtook their request's announcement.
    private var early: [UInt64: [Int: RelayedAnswer?]] = [:]

    /// The copies of a request are on their way.
    mutating func expect(
        _ tag: UInt64, _ request: RelayedRequest, id: String, from expected: UInt64
    )
        -> Ensemble?
    {
        var ensemble = Ensemble(request: request, id: id, expected: expected)
        for (destination, answer) in early.removeValue(forKey: tag) ?? [:] {
            ensemble.answers[destination] = answer
            if answer == nil { ensemble.expected &= ~(1 << UInt64(destination)) }
        }
        return settle(tag, ensemble)
    }

    /// The primary's answer is over.
    mutating func take(primary answer: RelayedAnswer, _ tag: UInt64) -> Ensemble? {
        guard var ensemble = waiting.removeValue(forKey: tag) else { return nil }
        ensemble.primary = answer
        return settle(tag, ensemble)
    }

    /// The answer of a destination.
    mutating func take(_ answer: RelayedAnswer, from destination: Int, _ tag: UInt64) -> Ensemble? {
        guard var ensemble = waiting.removeValue(forKey: tag) else {
            early[tag, default: [:]][destination] = .some(answer)
            return nil
        }
        ensemble.answers[destination] = answer
        return settle(tag, ensemble)
    }

    /// A copy that was expected does not come.
    mutating func forgo(_ destination: Int, _ tag: UInt64) -> Ensemble? {
        guard var ensemble = waiting.removeValue(forKey: tag) else {
            early[tag, default: [:]].updateValue(nil, forKey: destination)
            return nil
        }
        ensemble.expected &= ~(1 << UInt64(destination))
        return settle(tag, ensemble)
    }

    /// Takes out what has waited since before a time: its end was lost in a rush.
    mutating func expire(before time: Millis) -> [Ensemble] {
        let old = waiting.filter { $0.value.request.time < time }
        for tag in old.keys { waiting[tag] = nil }
        if early.count > 10_000 { early.removeAll() }
        return Array(old.values)
    }

    /// Gives it out when it is complete, and has it wait otherwise.
    private mutating func settle(_ tag: UInt64, _ ensemble: consuming Ensemble) -> Ensemble? {
        if ensemble.isComplete { return ensemble }
        waiting[tag] = ensemble
        return nil
    }
}
