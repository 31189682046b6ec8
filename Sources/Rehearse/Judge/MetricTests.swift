// The tests of several metrics, over all pairs or in one slice. Some dozen at most, each of a kilobyte: they
// lie in a row, are found by looking along it and are changed where they lie; a dictionary would hash and
// copy them many times a pair.

/// Tests by metric.
struct MetricTests: Sendable, Equatable {
    /// The metrics, in the order in which they came.
    private(set) var keys: [Metric] = []
    /// By the places of their metrics.
    private var tests: [MetricTest] = []

    var values: [MetricTest] { tests }

    private func place(_ metric: Metric) -> Int? { keys.firstIndex(of: metric) }

    /// The test of a metric.
    subscript(metric: Metric) -> MetricTest? { place(metric).map { tests[$0] } }

    /// Puts a test in, instead of the one of its metric.
    mutating func insert(_ test: MetricTest) {
        if let place = place(test.metric) {
            tests[place] = test
        } else {
            keys.append(test.metric)
            tests.append(test)
        }
    }

    /// Pairs that a metric was read in; 0 for one that never was.
    func count(_ metric: Metric) -> Int { place(metric).map { tests[$0].count } ?? 0 }

    /// Takes a reading in.
    ///
    /// - Parameter bar: ln of the evidence of harm that is asked about.
    /// - Returns: whether that much is there.
    mutating func add(_ reading: Reading, rule: MetricRule, bar: Double) -> Bool {
        if let place = place(reading.metric) {
            tests[place].add(reading)
            return tests[place].harm.reaches(bar)
        }
        var test = MetricTest(reading.metric, rule: rule)
        test.add(reading)
        insert(test)
        return test.harm.reaches(bar)
    }

    /// Takes readings in; answers whether any has as much evidence of harm.
    mutating func add(_ readings: [(Reading, MetricRule)], bar: Double) -> Bool {
        var isReached = false
        for (reading, rule) in readings where add(reading, rule: rule, bar: bar) {
            isReached = true
        }
        return isReached
    }

    /// Forgets the evidence of harm where there is so much of it.
    mutating func pardon(from bar: Double) {
        for place in tests.indices where tests[place].harm.reaches(bar) { tests[place].pardon() }
    }
}

extension MetricTests: Sequence {
    /// The metrics with their tests.
    func makeIterator() -> AnyIterator<(key: Metric, value: MetricTest)> {
        var left = tests.makeIterator()
        return AnyIterator { left.next().map { ($0.metric, $0) } }
    }
}
