// One path of the answers over many pairs. Two questions: is the field gone or of another type more
// often than the margin allows, and do its values differ more than the primary differs from a second
// copy of itself? The second is asked of exchangeability: if the candidate is as good as a second copy,
// then which of the two differs alone, which lies farther away, which is larger and which says a given
// value is a fair coin each time. So a field that is noise in six of ten pairs is still watched, and
// three differences against one are nothing. Of a clock or a counter it is not asked: who is asked a moment
// later says more, by no fault of its own.

internal import Glibc

/// The counts of one path; the evidence is a function of them.
struct PathTest: Sendable, Equatable {
    /// Values that are followed one by one; a field with more is an id or a text.
    static let valuesMax = 16

    var kinds: [DifferenceKind: Int] = [:]
    var differs = 0
    var secondDiffers = 0
    var typeUp = 0
    var typeDown = 0
    /// `primaryAlone`: of the two only the candidate differs from the primary.
    var differ = Discordance()
    /// `primaryAlone`: the candidate is the farther one.
    var distance = Discordance()
    var lean = Discordance()
    /// By digest of a value: said by the candidate alone, by the second alone; nil when too many.
    var values: [UInt64: Discordance]? = [:]
    var clock = ClockTest()

    mutating func add(_ reading: PathReading, of outcome: PairOutcome) {
        if let kind = reading.candidate {
            differs += 1
            kinds[kind, default: 0] += 1
        }
        if reading.typeStep > 0 { typeUp += 1 }
        if reading.typeStep < 0 { typeDown += 1 }
        guard outcome.hasSecond else { return }
        compare(reading)
        if let value = reading.primaryNumber {
            clock.add(value, began: outcome.time, over: outcome.over)
        }
    }

    private mutating func compare(_ reading: PathReading) {
        let (candidate, second) = (reading.candidate != nil, reading.second != nil)
        if second { secondDiffers += 1 }
        if candidate && !second { differ.primaryAlone += 1 }
        if second && !candidate { differ.candidateAlone += 1 }
        if reading.candidateDistance > reading.secondDistance { distance.primaryAlone += 1 }
        if reading.candidateDistance < reading.secondDistance { distance.candidateAlone += 1 }
        if reading.lean > 0 { lean.primaryAlone += 1 }
        if reading.lean < 0 { lean.candidateAlone += 1 }
        if reading.candidateValue != reading.secondValue {
            if let value = reading.candidateValue {
                values?[value, default: Discordance()].primaryAlone += 1
            }
            if let value = reading.secondValue {
                values?[value, default: Discordance()].candidateAlone += 1
            }
            if values?.count ?? 0 > Self.valuesMax { values = nil }
        }
    }

    /// ln of the evidence that the field is lost, or has another type, in more pairs than `margin`.
    func logBroken(pairs: Int, margin: Double) -> Double {
        let missing = kinds[.missing] ?? 0
        let extra = kinds[.extra] ?? 0
        let lost = Self.net(missing, extra, of: pairs, above: margin)
        let up = Self.net(typeUp, typeDown, of: pairs, above: margin)
        let down = Self.net(typeDown, typeUp, of: pairs, above: margin)
        return Self.mean([lost, lost, up, down])
    }

    private static func net(_ plus: Int, _ minus: Int, of pairs: Int, above margin: Double)
        -> Double
    {
        let rest = max(pairs - plus - minus, 0)
        return Bet.logEvidence(
            [(1, plus), (-1, minus), (0, rest)], above: margin, reach: 1 + margin)
    }

    /// ln of the evidence that candidate and second copy are not exchangeable here.
    var logUnlike: Double {
        if clock.isClock { return 0 }
        var parts = [differ.logEvidence(), distance.logEvidence(), lean.logEvidence()]
        if let values {
            // The places that no value has taken hold their stake of one.
            let free = [Double](repeating: 0, count: max(Self.valuesMax - values.count, 0))
            // In a fixed order, because a sum of doubles depends on it.
            let taken = values.sorted { $0.key < $1.key }.map { $0.value.logEvidence() }
            parts.append(Self.mean(taken + free))
        } else {
            parts.append(0)
        }
        return Self.mean(parts)
    }

    /// ln of the mean of some evidence: evidence again, however the parts depend on each other.
    private static func mean(_ logs: [Double]) -> Double {
        let high = logs.max() ?? 0
        if high == -.infinity { return high }
        return high + log(logs.reduce(0) { $0 + exp($1 - high) } / Double(logs.count))
    }
}
