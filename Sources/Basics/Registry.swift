// The agent's own metrics. Instruments are objects with atomics, so counting takes no lock; the
// registry gathers them into families, which Serve prints and Collect writes back as series.

internal import Synchronization

/// A metric with its samples, as an exposition has it.
public struct MetricFamily: Sendable {
    public struct Sample: Sendable {
        /// `_bucket`, `_sum`, `_count`, `_total`, `_info` or empty.
        public var suffix: String
        public var labels: Labels
        public var value: Double

        public init(suffix: String = "", labels: Labels = .empty, value: Double) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }
    }

    /// The name without the suffix of its samples; for a counter without `_total`.
    public var name: String
    public var metadata: MetricMetadata
    public var samples: [Sample]

    public init(name: String, metadata: MetricMetadata, samples: [Sample] = []) {
        self.name = name
        self.metadata = metadata
        self.samples = samples
    }
}

/// A number that only grows.
public final class Counter: Sendable {
    private let bits = Atomic<UInt64>(0)

    public init() {}

    public func add(_ amount: Double = 1) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (done, seen) = bits.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if done { return }
            old = seen
        }
    }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    public init() {}

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// Counts of observations by upper bound.
public final class Histogram: Sendable {
    public static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private let bounds: [Double]
    private let state: Lock<(counts: [UInt64], sum: Double)>

    public init(bounds: [Double] = Histogram.seconds) {
        self.bounds = bounds
        state = Lock((Array(repeating: 0, count: bounds.count + 1), 0))
    }

    public func observe(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    func samples(_ labels: Labels) -> [MetricFamily.Sample] {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var samples: [MetricFamily.Sample] = []
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? bucketText(bounds[index]) : "+Inf"
            samples.append(
                .init(suffix: "_bucket", labels: labels.setting("le", bound), value: Double(total)))
        }
        samples.append(.init(suffix: "_sum", labels: labels, value: sum))
        samples.append(.init(suffix: "_count", labels: labels, value: Double(total)))
        return samples
    }

    private func bucketText(_ bound: Double) -> String {
        let text = numberText(bound)
        return text.contains(where: { ".e".contains($0) }) ? text : text + ".0"
    }
}

/// All instruments of the agent, by name and labels.
public final class Registry: Sendable {
    private enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
    }

    private struct Entry: Sendable {
        var metadata: MetricMetadata
        var children: [(labels: Labels, instrument: Instrument)]
    }

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        var gatherers: [@Sendable () -> [MetricFamily]] = []
    }

    private let state = Lock(State())

    public init() {}

    /// A counter; `name` carries `_total`.
    public func counter(_ name: String, _ help: String, _ labels: Labels = .empty) -> Counter {
        let made = instrument(name, .counter, help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = made else { preconditionFailure("\(name): two types") }
        return counter
    }

    public func gauge(_ name: String, _ help: String, _ labels: Labels = .empty) -> Gauge {
        let made = instrument(name, .gauge, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = made else { preconditionFailure("\(name): two types") }
        return gauge
    }

    public func histogram(
        _ name: String, _ help: String, _ labels: Labels = .empty,
        bounds: [Double] = Histogram.seconds
    ) -> Histogram {
        let made = instrument(name, .histogram, help, labels) {
            .histogram(Histogram(bounds: bounds))
        }
        guard case .histogram(let histogram) = made else {
            preconditionFailure("\(name): two types")
        }
        return histogram
    }

    /// Adds families that are computed when somebody asks.
    public func gather(from gatherer: @escaping @Sendable () -> [MetricFamily]) {
        state.withLock { $0.gatherers.append(gatherer) }
    }

    /// All families, sorted by name.
    public func families() -> [MetricFamily] {
        let (entries, gatherers) = state.withLock { ($0.entries, $0.gatherers) }
        var families = entries.map { name, entry in
            var family = MetricFamily(name: name, metadata: entry.metadata)
            let isCounter = entry.metadata.kind == .counter && name.hasSuffix("_total")
            if isCounter { family.name = String(name.dropLast(6)) }
            for (labels, instrument) in entry.children {
                switch instrument {
                case .counter(let counter):
                    family.samples.append(
                        .init(
                            suffix: isCounter ? "_total" : "", labels: labels, value: counter.value)
                    )
                case .gauge(let gauge):
                    family.samples.append(.init(labels: labels, value: gauge.value))
                case .histogram(let histogram):
                    family.samples += histogram.samples(labels)
                }
            }
            return family
        }
        for gatherer in gatherers { families += gatherer() }
        return families.sorted { $0.name < $1.name }
    }

    private func instrument(
        _ name: String, _ kind: MetricKind, _ help: String, _ labels: Labels,
        _ make: () -> Instrument
    ) -> Instrument {
        state.withLock { state in
            var entry =
                state.entries[name]
                ?? Entry(metadata: MetricMetadata(kind: kind, help: help), children: [])
            if let known = entry.children.first(where: { $0.labels == labels }) {
                return known.instrument
            }
            let made = make()
            entry.children.append((labels, made))
            state.entries[name] = entry
            return made
        }
    }
}
