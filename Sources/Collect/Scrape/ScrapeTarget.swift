// From an address and labels to something that can be scraped: the job's defaults are laid under the
// labels, relabelling runs over them, and what begins with `__` then says where and how to scrape.
// As in Prometheus 3, no port is added to an address.

public import Basics

/// One endpoint of a job.
public struct ScrapeTarget: Sendable, Equatable, Hashable {
    /// Before relabelling, `__address__` and the like included.
    public var discoveredLabels: Labels
    /// What every series of the target bears.
    public var labels: Labels
    public var url: String
    public var intervalMillis: Millis
    public var timeoutMillis: Millis

    /// Two targets with the same labels and URL are one.
    public static func == (left: ScrapeTarget, right: ScrapeTarget) -> Bool {
        left.labels == right.labels && left.url == right.url
            && left.intervalMillis == right.intervalMillis
            && left.timeoutMillis == right.timeoutMillis
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(labels)
        hasher.combine(url)
    }

    /// When to scrape within the interval: the same in every process, different for every target, so
    /// that a thousand targets do not answer in the same millisecond.
    public var offsetMillis: Millis {
        let hash = labels.fingerprint ^ urlHash
        return Millis(hash % UInt64(max(intervalMillis, 1)))
    }

    /// The first scheduled time at or after `now`.
    public func nextTime(after now: Millis) -> Millis {
        let base = now.flooredDivision(by: intervalMillis) * intervalMillis + offsetMillis
        return base >= now ? base : base + intervalMillis
    }

    private var urlHash: UInt64 {
        url.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// What became of a discovered address.
public enum TargetOutcome: Sendable, Equatable {
    case target(ScrapeTarget)
    /// Relabelling dropped it.
    case dropped(discoveredLabels: Labels)
    case faulty(discoveredLabels: Labels, reason: String)
}

extension ScrapeConfig {
    /// Makes the target of one address of a group.
    public func target(address: String, labels groupLabels: Labels) -> TargetOutcome {
        var builder = LabelsBuilder(groupLabels)
        builder.set("__address__", address)
        func fill(_ name: String, _ value: String) {
            if builder[name] == nil { builder.set(name, value) }
        }
        fill("job", jobName)
        fill("__scrape_interval__", durationText(intervalMillis))
        fill("__scrape_timeout__", durationText(timeoutMillis))
        fill("__metrics_path__", metricsPath)
        fill("__scheme__", scheme)
        for parameter in params {
            if let value = parameter.values.first { fill("__param_" + parameter.name, value) }
        }
        let discovered = builder.labels()
        do throws(PatternError) {
            guard let kept = try relabel(discovered, relabelRules) else {
                return .dropped(discoveredLabels: discovered)
            }
            return target(relabelled: kept, discovered: discovered)
        } catch {
            return .faulty(discoveredLabels: discovered, reason: "\(error)")
        }
    }

    private func target(relabelled: Labels, discovered: Labels) -> TargetOutcome {
        func faulty(_ reason: String) -> TargetOutcome {
            .faulty(discoveredLabels: discovered, reason: reason)
        }
        let address = relabelled["__address__"] ?? ""
        if address.isEmpty { return faulty("no address") }
        if address.contains("/") || address.contains(" ") {
            return faulty("\(quoted(address)) is not a valid address")
        }
        let interval = relabelled["__scrape_interval__"].flatMap(parseDuration) ?? 0
        if interval <= 0 {
            return faulty("the label __scrape_interval__ is not a duration above 0")
        }
        let timeout = relabelled["__scrape_timeout__"].flatMap(parseDuration) ?? 0
        if timeout <= 0 { return faulty("the label __scrape_timeout__ is not a duration above 0") }
        if timeout > interval {
            return faulty("the scrape timeout is longer than the scrape interval")
        }
        var kept = LabelsBuilder(relabelled.filtered { !$0.hasPrefix("__") })
        if kept["instance"] == nil { kept.set("instance", address) }
        return .target(
            ScrapeTarget(
                discoveredLabels: discovered, labels: kept.labels(),
                url: url(of: relabelled, address: address), intervalMillis: interval,
                timeoutMillis: timeout))
    }

    /// `scheme://address/path?parameters`; `__param_x` replaces the first value of x.
    private func url(of labels: Labels, address: String) -> String {
        var pairs: [(name: String, values: [String])] = params.map { ($0.name, $0.values) }
        for label in labels where label.name.hasPrefix("__param_") {
            let name = String(label.name.dropFirst("__param_".utf8.count))
            if let index = pairs.firstIndex(where: { $0.name == name }) {
                let rest = pairs[index].values.dropFirst()
                pairs[index].values = [label.value] + rest
            } else {
                pairs.append((name, [label.value]))
            }
        }
        let query = pairs.sorted { $0.name < $1.name }.flatMap { pair in
            pair.values.map { percentEncoded(pair.name) + "=" + percentEncoded($0) }
        }.joined(separator: "&")
        let path = labels["__metrics_path__"] ?? ""
        let cut = path.isEmpty || path.hasPrefix("/") ? path : "/" + path
        return (labels["__scheme__"] ?? "http") + "://" + address
            + percentEncoded(cut, keeping: "/:@!$&'()*+,;=") + (query.isEmpty ? "" : "?" + query)
    }
}

/// Percent-encodes all but unreserved characters.
func percentEncoded(_ text: String, keeping others: String = "") -> String {
    var result = ""
    for byte in text.utf8 {
        let isPlain =
            (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || "-_.~".utf8.contains(byte)
            || others.utf8.contains(byte)
        if isPlain {
            result.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let hex = String(byte, radix: 16, uppercase: true)
            result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
        }
    }
    return result
}
