// A trial written down as JSON and read again, exactly: capitals keep every bit, so that a verdict
// goes on where it was after a crash. A metric whose rule has changed begins anew, because its
// evidence answered another question; what was counted stays.

internal import Basics
internal import Bytes
internal import Glibc

/// Why a written trial could not be read.
public struct TrialStateError: Error, Equatable, CustomStringConvertible {
    public var reason: String

    public var description: String {
        "not the state of a trial: \(reason); begin a new trial, or restore a back-up"
    }
}

extension Trial {
    /// Rises when older states can no longer be read.
    private static let version = 1

    /// The state as JSON, for keeping.
    public func encoded() -> [UInt8] {
        var fields: [(key: String, value: JSON)] = [
            ("version", .number(Self.version)), ("pairs", .number(pairs)),
            ("compared", .number(compared)), ("seconds", .number(seconds)),
            ("from", .number(Int(from))), ("through", .number(Int(through))),
            ("overall", .array(overall.values.map(\.state))),
        ]
        fields.append(
            (
                "slices",
                .array(
                    slices.map { slice, tests in
                        .object([
                            ("field", .string(slice.field)), ("value", .string(slice.value)),
                            ("tests", .array(tests.values.map(\.state))),
                        ])
                    })
            ))
        fields.append(
            ("paths", .object(paths.map { (key: $0.key, value: $0.value.state) })))
        fields.append(
            (
                "confusion",
                .array(
                    confusion.map { cell, count in
                        .array([
                            .string(cell.primary), .string(cell.candidate), .string(cell.label),
                            .number(count),
                        ])
                    })
            ))
        fields.append(
            (
                "numbers",
                .array([.number(numbers.count), .exact(numbers.bias), .exact(numbers.squares)])
            ))
        fields.append(("tailWaiting", .array(tailWaiting.map { .exact($0) })))
        if let slow { fields.append(("slow", .exact(slow))) }
        fields.append(
            (
                "worst",
                .array(worst.map { .array([.string($0.id), .exact($0.badness)]) })
            ))
        if let failure { fields.append(("failure", failure.state)) }
        fields.append(("overrides", .array(overrides.map(\.state))))
        return JSON.object(fields).encoded
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``TrialStateError`` where the bytes are no state of a trial.
    public init(decoding bytes: [UInt8], policy: Policy) throws(TrialStateError) {
        let state: JSON
        do { state = try JSON(bytes) } catch { throw TrialStateError(reason: error.description) }
        guard state["version"]?.int == Self.version, let pairs = state["pairs"]?.int else {
            throw TrialStateError(reason: "it is of another version of Martlet, or something else")
        }
        self.init(policy)
        self.pairs = pairs
        compared = state["compared"]?.int ?? 0
        seconds = state["seconds"]?.int ?? 0
        from = Millis(state["from"]?.int ?? 0)
        through = Millis(state["through"]?.int ?? 0)
        overall = Self.tests(state["overall"], policy)
        for entry in state["slices"]?.items ?? [] {
            guard let field = entry["field"]?.text, let value = entry["value"]?.text else {
                continue
            }
            slices[Slice(field, value)] = Self.tests(entry["tests"], policy)
            if value != "other" { sliceValues[field, default: 0] += 1 }
        }
        for (path, test) in state["paths"]?.fields ?? [] { paths[path] = PathTest(state: test) }
        for entry in state["confusion"]?.items ?? [] {
            guard let cell = entry.items, cell.count == 4 else { continue }
            let confusion = Confusion(
                primary: cell[0].text ?? "", candidate: cell[1].text ?? "",
                label: cell[2].text ?? "", count: 0)
            self.confusion[confusion] = cell[3].int ?? 0
        }
        if let parts = state["numbers"]?.items, parts.count == 3 {
            numbers.count = parts[0].int ?? 0
            numbers.bias = parts[1].double ?? 0
            numbers.squares = parts[2].double ?? 0
        }
        tailWaiting = state["tailWaiting"]?.items?.compactMap(\.double) ?? []
        slow = state["slow"]?.double
        worst = (state["worst"]?.items ?? []).compactMap { entry in
            guard let id = entry.items?.first?.text, let badness = entry.items?.last?.double else {
                return nil
            }
            return (id, badness)
        }
        failure = state["failure"].flatMap { Failure(state: $0) }
        overrides = (state["overrides"]?.items ?? []).compactMap { Override(state: $0) }
    }

    private static func tests(_ state: JSON?, _ policy: Policy) -> MetricTests {
        var tests = MetricTests()
        for entry in state?.items ?? [] {
            guard let metric = entry["metric"]?.text.flatMap({ Metric(rawValue: $0) }) else {
                continue
            }
            var test = MetricTest(metric, rule: policy.rule(metric))
            test.restore(entry)
            tests.insert(test)
        }
        return tests
    }
}

extension Failure {
    var state: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("metric", .string(metric.rawValue)), ("time", .number(Int(time))),
            ("pairs", .number(pairs)),
        ]
        if let slice {
            fields.append(("slice", .array([.string(slice.field), .string(slice.value)])))
        }
        if let path { fields.append(("path", .string(path))) }
        return .object(fields)
    }

    init?(state: JSON) {
        guard let metric = state["metric"]?.text.flatMap({ Metric(rawValue: $0) }) else {
            return nil
        }
        var slice: Slice?
        if let parts = state["slice"]?.items, parts.count == 2 {
            slice = Slice(parts[0].text ?? "", parts[1].text ?? "")
        }
        self.init(
            metric: metric, slice: slice, path: state["path"]?.text,
            time: Millis(state["time"]?.int ?? 0), pairs: state["pairs"]?.int ?? 0)
    }
}

extension Override {
    var state: JSON {
        .object([
            ("person", .string(person)), ("reason", .string(reason)),
            ("time", .number(Int(time))), ("failure", failure.state),
        ])
    }

    init?(state: JSON) {
        guard let failure = state["failure"].flatMap({ Failure(state: $0) }) else { return nil }
        self.init(
            person: state["person"]?.text ?? "", reason: state["reason"]?.text ?? "",
            time: Millis(state["time"]?.int ?? 0), failure: failure)
    }
}

extension JSON {
    /// A double with every bit: the shortest text that reads back as the same.
    static func exact(_ value: Double) -> JSON {
        value.isFinite ? .number("\(value)") : .number(value < 0 ? "-1e308" : "1e308")
    }
}
