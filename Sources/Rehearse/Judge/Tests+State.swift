// The single tests written down and read again; see Trial+State.

internal import Basics
internal import Bytes
internal import Glibc

extension MetricTest {
    var state: JSON {
        .object([
            ("metric", .string(metric.rawValue)), ("threshold", .exact(threshold)),
            ("count", .number(count)), ("gain", .exact(gainSum)),
            ("squares", .exact(gainSquares)), ("primary", .exact(primarySum)),
            ("primaryCount", .number(primaryCount)), ("candidate", .exact(candidateSum)),
            ("alone", discordance.state), ("harm", harm.state), ("safe", safe.state),
            ("better", better.state), ("worse", worse.state),
            (
                "tally",
                .array(
                    tally.counts.sorted { $0.key < $1.key }.map {
                        .array([.number($0.key), .number($0.value)])
                    })
            ),
        ])
    }

    /// Takes a written state in; nothing when it was of another threshold.
    mutating func restore(_ state: JSON) {
        guard state["threshold"]?.double == threshold else { return }
        count = state["count"]?.int ?? 0
        gainSum = state["gain"]?.double ?? 0
        gainSquares = state["squares"]?.double ?? 0
        primarySum = state["primary"]?.double ?? 0
        primaryCount = state["primaryCount"]?.int ?? 0
        candidateSum = state["candidate"]?.double ?? 0
        discordance = Discordance(state: state["alone"])
        harm.restore(state["harm"])
        safe.restore(state["safe"])
        better.restore(state["better"])
        worse.restore(state["worse"])
        var counts: [Int: Int] = [:]
        for cell in state["tally"]?.items ?? [] {
            if let parts = cell.items, parts.count == 2, let step = parts[0].int {
                counts[step] = parts[1].int ?? 0
            }
        }
        tally = Tally(low: tally.low, high: tally.high, steps: tally.steps, counts: counts)
    }
}

extension Bet {
    var state: JSON {
        .object([
            ("capital", .array((0..<16).map { .exact(capital[$0]) })),
            ("scale", .exact(logScale)), ("reserve", .exact(reserve)), ("rounds", .number(rounds)),
        ])
    }

    mutating func restore(_ state: JSON?) {
        guard let held = state?["capital"]?.items, held.count == 16 else { return }
        for index in 0..<16 { capital[index] = held[index].double ?? 0 }
        logScale = state?["scale"]?.double ?? 0
        reserve = state?["reserve"]?.double ?? 0
        rounds = state?["rounds"]?.int ?? 0
    }
}

extension Discordance {
    var state: JSON { .array([.number(primaryAlone), .number(candidateAlone)]) }

    init(state: JSON?) {
        let parts = state?.items ?? []
        self.init(parts.first?.int ?? 0, parts.last?.int ?? 0)
    }
}

extension ClockTest {
    var state: JSON {
        var parts = steps.state.items ?? []
        if let mark {
            parts += [
                .exact(mark.value), .number(Int(mark.began)), .number(Int(mark.over)),
            ]
        }
        return .array(parts)
    }

    init(state: JSON?) {
        let parts = state?.items ?? []
        steps = Discordance(state: .array(Array(parts.prefix(2))))
        if parts.count == 5, let value = parts[2].double, let began = parts[3].int,
            let over = parts[4].int
        {
            mark = Mark(value: value, began: Millis(began), over: Millis(over))
        }
    }
}

extension PathTest {
    var state: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("kinds", .object(kinds.map { (key: $0.key.rawValue, value: .number($0.value)) })),
            ("differs", .number(differs)), ("second", .number(secondDiffers)),
            ("types", Discordance(typeUp, typeDown).state), ("differ", differ.state),
            ("distance", distance.state), ("lean", lean.state), ("clock", clock.state),
        ]
        if let values {
            fields.append(
                (
                    "values",
                    .object(values.map { (key: String($0.key, radix: 16), value: $0.value.state) })
                ))
        }
        return .object(fields)
    }

    init(state: JSON) {
        for (name, count) in state["kinds"]?.fields ?? [] {
            if let kind = DifferenceKind(rawValue: name) { kinds[kind] = count.int ?? 0 }
        }
        differs = state["differs"]?.int ?? 0
        secondDiffers = state["second"]?.int ?? 0
        let types = Discordance(state: state["types"])
        (typeUp, typeDown) = (types.primaryAlone, types.candidateAlone)
        differ = Discordance(state: state["differ"])
        distance = Discordance(state: state["distance"])
        lean = Discordance(state: state["lean"])
        clock = ClockTest(state: state["clock"])
        guard let written = state["values"]?.fields else {
            values = nil
            return
        }
        for (digest, count) in written {
            if let value = UInt64(digest, radix: 16) { values?[value] = Discordance(state: count) }
        }
    }
}
