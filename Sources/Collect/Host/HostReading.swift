// Samples gathered into families by name, in the order in which the names came up.

internal import Basics

/// What the collectors write into.
struct HostReading {
    private(set) var families: [MetricFamily] = []
    private var places: [String: Int] = [:]

    /// A counter; its full name ends in `_total`.
    mutating func counter(
        _ name: String, _ help: String, _ value: Double, _ labels: Labels = .empty
    ) {
        let base = name.hasSuffix("_total") ? String(name.dropLast(6)) : name
        add(base, .counter, help, .init(suffix: "_total", labels: labels, value: value))
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Double, _ labels: Labels = .empty)
    {
        add(name, .gauge, help, .init(labels: labels, value: value))
    }

    /// A number whose nature the kernel does not say.
    mutating func untyped(_ name: String, _ help: String, _ value: Double) {
        add(name, .unknown, help, .init(labels: .empty, value: value))
    }

    private mutating func add(
        _ name: String, _ kind: MetricKind, _ help: String, _ sample: MetricFamily.Sample
    ) {
        if let place = places[name] {
            families[place].samples.append(sample)
        } else {
            places[name] = families.count
            families.append(
                MetricFamily(
                    name: name, metadata: MetricMetadata(kind: kind, help: help), samples: [sample])
            )
        }
    }
}
