// A rehearsal as the pages read it: every figure of the verdict, its slices, what was skipped and why,
// what it cost, and the pairs side by side.

internal import Basics
internal import Bytes
internal import Keep
internal import Rehearse

/// Writes a rehearsal.
///
/// - Parameters:
///   - slices: so many metrics of slices at most, the worst first.
///   - pairs: the worst pairs of a candidate.
///   - more: writes further fields.
func write(
    _ view: RehearsalView, slices: Int, to writer: inout JSONWriter,
    pairs: (String) -> [KeptPair] = { _ in [] }, _ more: () -> Void
) {
    writer.beginObject()
    writer.field("name", view.name)
    writer.field("listen", view.listen)
    writer.field("primary", view.primary)
    writer.key("requests")
    writer.number(view.requests)
    writer.key("underway")
    writer.number(view.underway)
    writer.key("gate")
    writer.bool(view.isGate)
    if let service = view.service { writer.field("service", service) }
    writer.key("candidates")
    writer.beginArray()
    for candidate in view.candidates {
        writer.beginObject()
        writer.candidate(candidate, slices: slices)
        writer.key("worst")
        writer.beginArray()
        for pair in pairs(candidate.name) { writer.pair(pair) }
        writer.endArray()
        writer.endObject()
    }
    writer.endArray()
    writer.endObject()
}

extension JSONWriter {
    fileprivate mutating func candidate(_ candidate: CandidateView, slices: Int) {
        let standing = candidate.standing
        field("name", candidate.name)
        field("verdict", standing.verdict.rawValue)
        key("reasons")
        beginArray()
        for reason in standing.reasons { Serve.write(reason, to: &self) }
        endArray()
        for (name, count) in [
            ("pairs", standing.pairs), ("copies", candidate.copies), ("waiting", candidate.waiting),
            ("underway", candidate.underway),
        ] {
            key(name)
            number(count)
        }
        optional("pairs_needed", standing.pairsNeeded.map(Double.init))
        optionalTime("from", standing.from > 0 ? standing.from : nil)
        optionalTime("through", standing.through > 0 ? standing.through : nil)
        key("stopped")
        bool(candidate.isStopped)
        if let limit = candidate.spentOf { field("spent_of", limit) }
        key("spent")
        beginObject()
        optional("requests", Double(candidate.spending.requests))
        optional("tokens", Double(candidate.spending.tokens))
        optional("money", candidate.spending.money)
        endObject()
        key("budget")
        beginObject()
        optional("requests", candidate.budget.requests.map(Double.init))
        optional("tokens", candidate.budget.tokens.map(Double.init))
        optional("money", candidate.budget.money)
        endObject()
        key("skipped")
        beginObject()
        for (reason, count) in candidate.skipped.sorted(by: {
            ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue)
        }) {
            key(reason.rawValue)
            number(count)
        }
        endObject()
        failure(standing)
        metrics(standing, slices)
        paths(standing)
    }

    mutating func failure(_ standing: Standing) {
        key("failure")
        if let failure = standing.failure {
            beginObject()
            field("metric", failure.metric.rawValue)
            if let slice = failure.slice { field("slice", "\(slice.field)=\(slice.value)") }
            if let path = failure.path { field("path", path) }
            optionalTime("time", failure.time)
            key("pairs")
            number(failure.pairs)
            endObject()
        } else {
            null()
        }
        key("overrides")
        beginArray()
        for override in standing.overrides {
            beginObject()
            field("person", override.person)
            field("reason", override.reason)
            optionalTime("time", override.time)
            endObject()
        }
        endArray()
    }

    mutating func metrics(_ standing: Standing, _ slices: Int) {
        key("metrics")
        beginArray()
        var left = slices
        for metric in standing.metrics {
            if metric.slice != nil {
                if left == 0 { continue }
                left -= 1
            }
            beginObject()
            field("metric", metric.metric.rawValue)
            if let slice = metric.slice { field("slice", "\(slice.field)=\(slice.value)") }
            field("scale", "\(metric.metric.scale)")
            field("verdict", metric.verdict.rawValue)
            key("gate")
            bool(metric.isGate)
            key("pairs")
            number(metric.pairs)
            optional("primary", metric.primary)
            optional("candidate", metric.candidate)
            optional("gain", metric.gain)
            optional("low", metric.interval?.lowerBound)
            optional("high", metric.interval?.upperBound)
            optional("threshold", metric.threshold)
            optional("pairs_needed", metric.pairsNeeded.map(Double.init))
            field("gain_text", metric.metric.gainText(metric.gain))
            field("threshold_text", metric.metric.gainText(metric.threshold))
            endObject()
        }
        endArray()
    }

    private mutating func paths(_ standing: Standing) {
        key("paths")
        beginArray()
        for path in standing.paths.prefix(50) {
            beginObject()
            field("path", path.path)
            field("state", path.state.rawValue)
            for (name, count) in [
                ("pairs", path.pairs), ("differs", path.differs),
                ("second_pairs", path.secondPairs),
                ("second_differs", path.secondDiffers),
            ] {
                key(name)
                number(count)
            }
            endObject()
        }
        endArray()
    }

    fileprivate mutating func pair(_ pair: KeptPair) {
        beginObject()
        field("id", pair.id)
        optionalTime("time", pair.time)
        optional("badness", pair.badness)
        if let label = pair.label { field("label", label) }
        for (name, text) in [("figures", pair.figures), ("texts", pair.texts ?? "null")] {
            key(name)
            write((try? JSON(text: text)) ?? .null)
        }
        endObject()
    }
}
