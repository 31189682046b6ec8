// Numbers that somebody posts: business KPIs, results of an evaluation, anything that is no service to
// scrape. A body holds one sample, an array of them, or one per line; what is wrong with an item is
// said with its place and field, and costs only that item. What is recent goes the way of a scrape,
// what is older goes through the bulk path. HTTP is Serve's.
//
//     {"name": "signups_total", "labels": {"plan": "team"}, "value": 42, "time": "2026-11-21T03:00:00Z"}

public import Basics
internal import Bytes

/// One pushed number.
public struct PushSample: Sendable, Equatable {
    public var labels: Labels
    public var time: Millis
    public var value: Double

    public init(labels: Labels, time: Millis, value: Double) {
        self.labels = labels
        self.time = time
        self.value = value
    }
}

/// What is wrong with one item.
public struct PushItemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 0, as the items stand in the body; for lines the number of the item, not the line.
    public var index: Int
    /// The field at fault; empty when the item as a whole is.
    public var field: String
    public var reason: String

    public init(index: Int, field: String, reason: String) {
        self.index = index
        self.field = field
        self.reason = reason
    }

    public var description: String {
        "item \(index): \(field.isEmpty ? "" : "\(field): ")\(reason)"
    }
}

/// A body that cannot be taken apart at all.
public struct PushBodyError: Error, Sendable, Equatable, CustomStringConvertible {
    public var reason: String

    public var description: String { reason }
}

/// What became of a pushed batch.
public struct PushOutcome: Sendable, Equatable {
    /// Samples kept among the recent ones.
    public var accepted = 0
    /// Samples kept through the bulk path.
    public var backfilled = 0
    public var refused: [Refusal: Int] = [:]
    public var errors: [PushItemError] = []
}

/// The samples of one body.
public struct PushBatch: Sendable, Equatable {
    public private(set) var samples: [PushSample] = []
    public private(set) var errors: [PushItemError] = []

    /// More items than this are an import, and there is a command for that.
    public static let itemsMax = 100_000

    /// Reads a body.
    ///
    /// - Parameter now: the time of items that give none.
    /// - Throws: ``PushBodyError`` when the body is neither JSON nor lines of JSON.
    public init(_ body: [UInt8], now: Millis) throws(PushBodyError) {
        let items = try pushItems(body)
        if items.count > Self.itemsMax {
            throw PushBodyError(
                reason: "\(items.count) items in one body; the limit is \(Self.itemsMax)")
        }
        for (index, item) in items.enumerated() {
            do throws(PushItemError) {
                switch item {
                case .success(let json): samples.append(try pushSample(json, index, now: now))
                case .failure(let error):
                    throw PushItemError(index: index, field: "", reason: error.reason)
                }
            } catch {
                errors.append(error)
            }
        }
    }

    /// Hands the samples over; blocks until they are acknowledged.
    ///
    /// - Parameter lateMillis: how old a sample may be to count as recent: the window in which the
    ///   head takes late samples.
    /// - Throws: ``IntakeError`` when the store fails; the batch can be offered again.
    public func deliver(
        to intake: Intake, now: Millis, lateMillis: Millis = 3_600_000
    ) throws(IntakeError) -> PushOutcome {
        var outcome = PushOutcome()
        outcome.errors = errors
        var batch = SampleBatch()
        var past: [Labels: [PushSample]] = [:]
        for sample in samples {
            if sample.time < now - lateMillis {
                past[sample.labels, default: []].append(sample)
                continue
            }
            switch intake.resolve(sample.labels) {
            case .success(let id): batch.append(id, sample.time, sample.value)
            case .failure(let error): outcome.refused[error.refusal, default: 0] += 1
            }
        }
        if !batch.isEmpty {
            let appended = try intake.append(batch)
            outcome.accepted = appended.accepted
            outcome.refused.merge(appended.refused, uniquingKeysWith: +)
        }
        if !past.isEmpty {
            let filled = try intake.backfill(series(past))
            outcome.backfilled = filled.accepted
            outcome.refused.merge(filled.refused, uniquingKeysWith: +)
        }
        return outcome
    }

    /// Columns ascending in time; of two values at one time the later item wins.
    private func series(_ past: [Labels: [PushSample]]) -> [Series] {
        past.keys.sorted().map { labels in
            var series = Series(labels: labels)
            let ordered = (past[labels] ?? []).enumerated().sorted {
                ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
            }
            for (_, sample) in ordered {
                if series.times.last == sample.time {
                    series.values[series.values.count - 1] = sample.value
                } else {
                    series.times.append(sample.time)
                    series.values.append(sample.value)
                }
            }
            return series
        }
    }
}
