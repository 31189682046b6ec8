// Gauges that are made anew at each look: values gathered by name, and the families of those that have any.

import Basics

/// The gauges of verdicts, being gathered.
struct VerdictGauges {
    private var samples: [String: [MetricFamily.Sample]] = [:]

    /// Adds a value; nothing when there is none.
    mutating func add(_ name: String, _ labels: Labels, _ value: Double?) {
        guard let value, value.isFinite else { return }
        samples[name, default: []].append(.init(labels: labels, value: value))
    }

    /// The families of the names that have help, in their order.
    func families(_ helps: [(name: String, help: String)]) -> [MetricFamily] {
        helps.compactMap { name, help in
            samples[name].map {
                MetricFamily(
                    name: name, metadata: MetricMetadata(kind: .gauge, help: help), samples: $0)
            }
        }
    }
}
