// A standing as JSON: for `--json`, for records, for whoever scripts on it. Logarithms of evidence are
// given as such and as p-values that hold at every look.

internal import Basics
public import Bytes
internal import Glibc

extension Standing {
    /// Everything that is known, as one object.
    public var json: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("verdict", .string(verdict.rawValue)), ("pairs", .number(pairs)),
            ("pairs_needed", pairsNeeded.map { .number($0) } ?? .null),
            ("from", .number(Int(from))), ("through", .number(Int(through))),
            (
                "reasons",
                .array(
                    reasons.map { phrase in
                        .object([
                            ("key", .string(phrase.key)),
                            (
                                "args",
                                .object(
                                    phrase.arguments.sorted { $0.key < $1.key }.map {
                                        (key: $0.key, value: .string($0.value))
                                    })
                            ),
                        ])
                    })
            ),
            ("failure", failure?.state ?? .null),
            ("metrics", .array(metrics.map(\.json))), ("paths", .array(paths.map(\.json))),
            (
                "worst",
                .array(
                    worst.map {
                        .object([("id", .string($0.id)), ("badness", .exact($0.badness))])
                    })
            ),
            ("confusion", .array(confusion.map(\.json))),
            ("overrides", .array(overrides.map(\.state))),
        ]
        if let numbers {
            fields.append(
                (
                    "numbers",
                    .object([
                        ("pairs", .number(numbers.count)), ("bias", .exact(numbers.bias)),
                        ("bias_interval", .range(numbers.interval())),
                        ("limits_of_agreement", .range(numbers.limits)),
                    ])
                ))
        }
        return .object(fields)
    }
}

extension MetricStanding {
    var json: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("metric", .string(metric.rawValue)),
            ("slice", slice.map { .string("\($0.field)=\($0.value)") } ?? .null),
            ("verdict", .string(verdict.rawValue)), ("gate", .bool(isGate)),
            ("pairs", .number(pairs)), ("primary", primary.map { .exact($0) } ?? .null),
            ("candidate", candidate.map { .exact($0) } ?? .null), ("gain", .exact(gain)),
            ("interval", .range(interval)), ("threshold", .exact(threshold)),
            ("log_harm", .exact(logHarm)), ("log_safe", .exact(logSafe)),
            ("p_difference", .exact(min(1, exp(-logDifference)))),
            ("pairs_needed", pairsNeeded.map { .number($0) } ?? .null),
            ("visible_gain", visibleGain.map { .exact($0) } ?? .null),
        ]
        if metric.scale == .difference {
            let discordance = Discordance(primaryAlone, candidateAlone)
            fields += [
                ("primary_alone", .number(primaryAlone)),
                ("candidate_alone", .number(candidateAlone)),
                ("mcnemar_exact_p", .exact(discordance.exact)),
                ("mcnemar_mid_p", .exact(discordance.midP)),
            ]
        }
        return .object(fields)
    }
}

extension PathStanding {
    var json: JSON {
        .object([
            ("path", .string(path)), ("state", .string(state.rawValue)),
            ("pairs", .number(pairs)), ("differs", .number(differs)),
            ("second_pairs", .number(secondPairs)), ("second_differs", .number(secondDiffers)),
            (
                "kinds",
                .object(
                    kinds.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                        (key: $0.key.rawValue, value: .number($0.value))
                    })
            ),
            ("log_broken", .exact(logBroken)), ("log_unlike", .exact(logUnlike)),
        ])
    }
}

extension Confusion {
    var json: JSON {
        .object([
            ("primary", .string(primary)), ("candidate", .string(candidate)),
            ("label", .string(label)), ("count", .number(count)),
        ])
    }
}

extension JSON {
    static func range(_ range: ClosedRange<Double>?) -> JSON {
        range.map { .array([.exact($0.lowerBound), .exact($0.upperBound)]) } ?? .null
    }
}
