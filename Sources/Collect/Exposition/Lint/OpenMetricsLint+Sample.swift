// What one sample may hold, by the type of its family; and the group it belongs to.

internal import Basics

extension OpenMetricsLint {
    mutating func take(_ sample: OpenMetricsSample) {
        if family?.sampleNames.contains(where: { $0.utf8.elementsEqual(sample.name.utf8) }) != true
        {
            beginUnknown(sample.name)
        }
        guard let name = family?.name else { return }
        let kind = family?.kind ?? .unknown
        let suffix = String(sample.name.dropFirst(name.count))
        for fault in faults(sample, kind: kind, name: name, suffix: suffix) { report(fault) }
        order(sample, kind: kind, name: name)
    }

    private func faults(
        _ sample: OpenMetricsSample, kind: MetricKind, name: String, suffix: String
    ) -> [String] {
        var faults = labelFaults(sample, kind: kind, name: name, suffix: suffix)
        let value = sample.value
        if ["_bucket", "_count", "_gcount"].contains(suffix) && value.rounded() != value {
            faults.append("a sample ending in \(suffix) must be a whole number")
        }
        let counts = ["_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"].contains(suffix)
        if counts && value.isNaN { faults.append("a sample ending in \(suffix) cannot be NaN") }
        if counts && suffix != "_gsum" && value < 0 {
            faults.append("a sample ending in \(suffix) cannot be negative")
        }
        switch kind {
        case .stateset where value != 0 && value != 1:
            faults.append("a stateset's value is 0 or 1")
        case .info where value != 1:
            faults.append("an info's value is 1")
        case .summary where suffix.isEmpty && value < 0:
            faults.append("a quantile's value cannot be negative")
        default: break
        }
        let mayHaveExemplar =
            (kind == .histogram || kind == .gaugehistogram) && suffix == "_bucket"
            || kind == .counter && suffix == "_total"
        if sample.hasExemplar && !mayHaveExemplar {
            faults.append("only buckets and counters can have exemplars")
        }
        return faults
    }

    private func labelFaults(
        _ sample: OpenMetricsSample, kind: MetricKind, name: String, suffix: String
    ) -> [String] {
        var faults: [String] = []
        if kind == .stateset && sample[name] == nil {
            faults.append("a stateset's sample needs the label \(name)")
        }
        if suffix == "_bucket" && !isBound(sample["le"]) {
            faults.append("a bucket needs a label le with a number, and infinity is written +Inf")
        }
        if kind == .summary && suffix.isEmpty {
            let quantile = sample["quantile"].flatMap(parseNumber) ?? -1
            if !(quantile >= 0 && quantile <= 1) {
                faults.append("a summary's sample needs a label quantile between 0 and 1")
            }
        }
        return faults
    }

    private func isBound(_ text: String?) -> Bool {
        guard let text, let bound = parseNumber(text), !bound.isNaN else { return false }
        return bound != .infinity || text == "+Inf"
    }

    /// Samples of one group stand together, and time does not fall within it.
    private mutating func order(_ sample: OpenMetricsSample, kind: MetricKind, name: String) {
        guard var current = family else { return }
        defer { family = current }
        let group = openMetricsGroup(sample, kind: kind, name: name)
        if let last = current.group, last != group, current.seenGroups.contains(group) {
            report("the samples of one group must stand together")
        }
        if current.group == group {
            if (sample.time == nil) != (current.groupTime == nil) {
                report("some samples of the group have a timestamp and some have none")
            } else if let last = current.groupTime, let time = sample.time, kind != .info,
                OpenMetricsTime.isBefore(time, last)
            {
                report("the timestamps of the group go backwards")
            }
        } else {
            current.seenAtTime = []
        }
        let series = Labels(sample.labels.map { ($0.name, $0.value) }).setting(
            "__name__", sample.name)
        let isRepeated = sample.time == current.groupTime && current.seenAtTime.contains(series)
        if !isRepeated { current.samples.append((lineNumber, sample)) }
        current.seenAtTime.insert(series)
        current.group = group
        current.groupTime = sample.time
        current.seenGroups.insert(group)
    }
}

/// The labels that samples of one group share.
func openMetricsGroup(_ sample: OpenMetricsSample, kind: MetricKind, name: String) -> Labels {
    let own: String?
    switch kind {
    case .info: return .empty
    case .summary: own = sample.name == name ? "quantile" : nil
    case .stateset: own = name
    case .histogram, .gaugehistogram: own = sample.name == name + "_bucket" ? "le" : nil
    default: own = nil
    }
    return Labels(sample.labels.filter { $0.name != own }.map { ($0.name, $0.value) })
}
