// The hot loop of a scrape: line after line from the parser through the cache into the batch. What is
// slow (labels from text, relabelling, resolving) happens once per new series.

internal import Basics

extension ScrapeSession {
    /// Reads an exposition into the batch.
    mutating func read(
        _ body: [UInt8], _ format: ExpositionFormat, at time: Millis, _ result: inout ScrapeResult
    ) throws(ExpositionError) {
        try body.withUnsafeBufferPointer { all throws(ExpositionError) in
            var parser = ExpositionParser(
                UnsafeRawBufferPointer(all), openMetrics: format.isOpenMetrics)
            var reader = SeriesText()
            while true {
                let entry = try cache.withGuess { guess throws(ExpositionError) in
                    try parser.next(expecting: guess)
                }
                guard let entry else { break }
                if entry == .sample {
                    try take(parser, &reader, at: time, &result)
                } else {
                    metadata.take(entry, parser)
                }
            }
        }
        let limit = config.limits.samples
        if limit > 0 && result.kept > limit {
            result.limit = "sample_limit"
            throw ExpositionError(
                line: 0, reason: "sample_limit exceeded (\(result.kept) samples, limit \(limit))")
        }
    }

    private mutating func take(
        _ parser: ExpositionParser, _ reader: inout SeriesText, at time: Millis,
        _ result: inout ScrapeResult
    ) throws(ExpositionError) {
        result.scraped += 1
        let found = cache.find(parser.seriesBytes)
        let explicit = config.honorsTimestamps ? parser.time : nil
        var meaning = found.meaning
        if found.isRepeated && explicit == nil {
            result.repeated += 1
            return
        }
        if meaning == .unresolved {
            meaning = try resolve(parser, &reader, &result)
            cache.resolve(found.index, meaning)
        }
        guard case .series(let id) = meaning else { return }
        result.kept += 1
        // Go writes any NaN it likes; only the marker has these bits, and a target may not send it.
        let value = parser.value.isNaN ? Double.nan : parser.value
        batch.append(id, explicit ?? time, value)
        if explicit == nil || config.tracksTimestampStaleness { nextLive.append(id) }
    }

    /// Finds out what a text means that nobody has seen before.
    private mutating func resolve(
        _ parser: ExpositionParser, _ reader: inout SeriesText, _ result: inout ScrapeResult
    ) throws(ExpositionError) -> ScrapeCache.Meaning {
        let labels: Labels
        do throws(SeriesTextError) {
            labels = try reader.labels(parser.seriesBytes, kind: parser.kind)
        } catch {
            throw ExpositionError(line: parser.line, reason: error.reason)
        }
        let kept: Labels?
        do throws(PatternError) {
            kept = try relabel(
                withTargetLabels(labels, target.labels, honorsLabels: config.honorsLabels),
                config.metricRelabelRules)
        } catch {
            throw ExpositionError(line: parser.line, reason: "\(error)")
        }
        guard let kept, !kept.isEmpty else { return .dropped }
        if let fault = fault(kept) {
            result.limit = fault.limit
            throw ExpositionError(line: parser.line, reason: fault.reason)
        }
        let limit = config.limits.series
        guard limit == 0 || known + result.added < limit else {
            result.limit = "series_limit"
            result.refused[.seriesLimit, default: 0] += 1
            result.beyondLimit += 1
            return .unresolved
        }
        switch intake.resolve(kept) {
        case .success(let id):
            result.added += 1
            return .series(id)
        case .failure(let error):
            result.refused[error.refusal, default: 0] += 1
            return .unresolved
        }
    }

    /// Why a series fails the scrape.
    private func fault(_ labels: Labels) -> (limit: String?, reason: String)? {
        if labels.metric.isEmpty { return (nil, "the metric has no name after relabelling") }
        let limits = config.limits
        let place = "metric \(quoted(String(labels.metric.prefix(50))))"
        func exceeded(_ limit: String, _ what: String, _ most: Int) -> (String?, String) {
            (limit, "\(limit) exceeded (\(place), \(what), limit \(most))")
        }
        if limits.labels > 0 && labels.count > limits.labels {
            return exceeded("label_limit", "\(labels.count) labels", limits.labels)
        }
        guard limits.labelNameBytes > 0 || limits.labelValueBytes > 0 else { return nil }
        for label in labels {
            let (name, value) = (label.name.utf8.count, label.value.utf8.count)
            if limits.labelNameBytes > 0 && name > limits.labelNameBytes {
                return exceeded("label_name_length_limit", "\(name) bytes", limits.labelNameBytes)
            }
            if limits.labelValueBytes > 0 && value > limits.labelValueBytes {
                return exceeded(
                    "label_value_length_limit", "label \(label.name), \(value) bytes",
                    limits.labelValueBytes)
            }
        }
        return nil
    }
}

/// Lays the target's labels over a sample's.
///
/// Where both have one, the job's wins and the sample's is kept under `exported_…`; with
/// `honor_labels` the sample's wins.
func withTargetLabels(_ labels: Labels, _ target: Labels, honorsLabels: Bool) -> Labels {
    var builder = LabelsBuilder(labels)
    var conflicts: [Label] = []
    for label in target {
        if let own = builder[label.name] {
            if honorsLabels { continue }
            conflicts.append(Label(label.name, own))
        }
        builder.set(label.name, label.value)
    }
    // Shorter names first, so that the result does not depend on the order of the labels.
    for conflict in conflicts.sorted(by: { $0.name.utf8.count < $1.name.utf8.count }) {
        var name = "exported_" + conflict.name
        while builder[name] != nil { name = "exported_" + name }
        builder.set(name, conflict.value)
    }
    return builder.labels()
}
