// What the watch says of itself and of services: its own counters, and the standing of groups and
// episodes as families, so that rules can alert on them and charts can draw them.

import Basics
import Reason

/// The watch's own metrics.
struct AnomalyMeters: Sendable {
    private let seconds: Histogram
    private let series: Gauge
    private let bytes: Gauge
    private let observations: Counter
    private let refusals: Counter
    private let findings: Counter
    private let processor: Gauge

    init(_ registry: Registry) {
        seconds = registry.histogram(
            "martlet_anomaly_round_seconds", "Time of a round of the watch, its rests included.")
        series = registry.gauge("martlet_anomaly_series", "Series under watch.")
        bytes = registry.gauge(
            "martlet_anomaly_state_bytes", "Size of the kept models when they were last saved.")
        observations = registry.counter(
            "martlet_anomaly_observations_total", "Values that models judged.")
        refusals = registry.counter(
            "martlet_limit_refusals_total", "What limits refused.", ["limit": "anomaly_series"])
        findings = registry.counter(
            "martlet_anomaly_findings_total", "Findings that were opened, changed or ended.")
        processor = registry.gauge(
            "martlet_anomaly_processor_seconds", "Processor time of the watch since it started.")
    }

    func round(seconds: Double, series count: Int, processor used: Double) {
        self.seconds.observe(seconds)
        series.set(Double(count))
        processor.set(used)
    }

    func observed(_ count: Int, refused: Int) {
        observations.add(Double(count))
        if refused > 0 { refusals.add(Double(refused)) }
    }

    func found(_ new: [Finding]) { findings.add(Double(new.count)) }

    func saved(bytes count: Int) { bytes.set(Double(count)) }
}

/// The standing of services and groups as families.
struct StandingFamilies {
    let all: [MetricFamily]

    init(
        services: Set<String>, episodes: [String: Episode], notifies: Bool,
        groups: [(GroupWatch, (axes: GroupReading, network: GroupReading?)?)]
    ) {
        let names = services.sorted()
        let open = names.map { name in
            MetricFamily.Sample(
                labels: ["service": name], value: Double(episodes[name]?.parts.count ?? 0))
        }
        var families = [
            MetricFamily(
                name: "martlet_anomaly_open",
                metadata: MetricMetadata(
                    kind: .gauge, help: "Series of a service in its open finding; 0 without one."),
                samples: open)
        ]
        // Only where somebody asked to be told: without it a rule finds nothing and nobody is.
        if notifies {
            families.append(
                MetricFamily(
                    name: "martlet_anomaly_notify",
                    metadata: MetricMetadata(
                        kind: .gauge, help: "1 while a finding within the budget is open."),
                    samples: names.map { name in
                        MetricFamily.Sample(
                            labels: ["service": name],
                            value: episodes[name]?.isNews == true ? 1 : 0)
                    }))
        }
        var scores: [MetricFamily.Sample] = []
        var distances: [MetricFamily.Sample] = []
        for (group, judged) in groups {
            guard let judged else { continue }
            let labels: Labels = [
                "service": group.service, "interval": durationText(group.interval),
            ]
            distances.append(.init(labels: labels, value: judged.axes.logDistance))
            scores.append(.init(labels: labels.setting("judge", "axes"), value: judged.axes.score))
            if let network = judged.network {
                scores.append(
                    .init(labels: labels.setting("judge", "network"), value: network.score))
            }
        }
        if !scores.isEmpty {
            families.append(
                MetricFamily(
                    name: "martlet_anomaly_group_score",
                    metadata: MetricMetadata(
                        kind: .gauge,
                        help: "How unusual a service's series are together, like 1 - p."),
                    samples: scores))
            families.append(
                MetricFamily(
                    name: GroupWatch.metric,
                    metadata: MetricMetadata(
                        kind: .gauge,
                        help: "ln(1 - ln p) of how a service's series move together; watched as a "
                            + "series of its own."),
                    samples: distances))
        }
        all = families
    }
}
