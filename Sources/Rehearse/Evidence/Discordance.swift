// Two classifiers on the same requests differ only where one alone is right. Under "no difference"
// each such pair is a fair coin, whatever the share of errors; so the tests look at those two counts
// and nothing else (McNemar 1947). One is for any number of looks, the others are the classical
// tests of one look, for the report.

internal import Algebra
internal import Glibc

/// The counts of discordant pairs, and the tests made of them.
public struct Discordance: Sendable, Equatable {
    /// Pairs where the primary alone did well.
    public var primaryAlone: Int
    /// Pairs where the candidate alone did well.
    public var candidateAlone: Int

    public init(_ primaryAlone: Int = 0, _ candidateAlone: Int = 0) {
        self.primaryAlone = primaryAlone
        self.candidateAlone = candidateAlone
    }

    public var total: Int { primaryAlone + candidateAlone }

    /// ln of B(a + b, a + c) / B(a, a) · 2^(b + c): evidence for any difference, valid at every look.
    public func logEvidence(prior a: Double = 1) -> Double {
        logBeta(a + Double(primaryAlone), a + Double(candidateAlone)) - logBeta(a, a)
            + Double(total) * log(2)
    }

    /// McNemar's χ² with one degree of freedom; with Edwards' correction for continuity if asked.
    public func chiSquare(isCorrected: Bool = false) -> Double {
        if total == 0 { return 0 }
        let distance = Double(abs(primaryAlone - candidateAlone))
        let counted = isCorrected ? max(distance - 1, 0) : distance
        return counted * counted / Double(total)
    }

    /// 2 · P(Bin(b + c, ½) ≤ min(b, c)), at most 1; for one look.
    public var exact: Double {
        let few = min(primaryAlone, candidateAlone)
        // P(X ≤ few) = P(X ≥ total − few) of a fair coin.
        return min(1, 2 * exp(Binomial.logTail(total - few, total, 0.5)))
    }

    /// The exact p with half the weight of what was seen; for one look.
    public var midP: Double {
        let few = min(primaryAlone, candidateAlone)
        if total == 0 { return 1 }
        let tail = 2 * exp(Binomial.logTail(total - few, total, 0.5))
        return min(1, tail - exp(Binomial.logMass(few, total, 0.5)))
    }
}
