// Reads the capacity watches now and then, writes what they say back as series, and remembers it for the
// page and the API.

import Basics
import Bytes
import Carry
import Query
import Reason
import Serve

/// The newest readings of all watches.
final class CapacityBoard: Sendable {
    struct Row: Sendable {
        var watch: CapacityWatch
        var readings: [CapacityWatch.Reading]
        var fault: String?
        var at: Millis
    }

    /// A trend of days does not change within minutes.
    static let everyMillis: Millis = 600_000

    private let rows = Lock<[Row]>([])
    private let grumble = Grumble()

    var all: [Row] { rows.withLock { $0 } }

    /// Reads every watch once.
    func read(
        _ watches: [CapacityWatch], engine: Engine, intake: Intake, limits: QueryLimits,
        at now: Millis
    ) {
        let read = watches.map { watch -> Row in
            do throws(QueryError) {
                let readings = try watch.readings(engine, at: now, limits: limits)
                return Row(watch: watch, readings: readings, fault: nil, at: now)
            } catch {
                return Row(
                    watch: watch, readings: [], fault: error.text(in: watch.expression), at: now)
            }
        }
        rows.withLock { $0 = read }
        write(read, intake, at: now)
        let faults = read.compactMap { row in row.fault.map { "capacity \(row.watch.name): \($0)" }
        }
        grumble.say(faults.first ?? "")
    }

    private func write(_ rows: [Row], _ intake: Intake, at now: Millis) {
        var batch = SampleBatch()
        for (labels, value) in rows.flatMap({ $0.watch.series($0.readings) }) {
            if case .success(let id) = intake.resolve(labels) { batch.append(id, now, value) }
        }
        if batch.count == 0 { return }
        do {
            _ = try intake.append(batch)
        } catch {
            grumble.say("capacity series could not be written: \(error.reason)")
        }
    }

    /// `/api/martlet/v1/capacity`.
    var route: Route {
        Route(["GET"], "/api/martlet/v1/capacity", .slow) { _ in
            var writer = JSONWriter(capacity: 4096)
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            writer.beginArray()
            for row in self.all { self.write(row, to: &writer) }
            writer.endArray()
            writer.endObject()
            return .json(writer.bytes)
        }
    }

    private func write(_ row: Row, to writer: inout JSONWriter) {
        func days(_ name: String, _ seconds: Double?) {
            writer.key(name)
            if let seconds { writer.number(seconds / 86_400) } else { writer.null() }
        }
        writer.beginObject()
        writer.field("name", row.watch.name)
        writer.field("expr", row.watch.expression)
        writer.key("limit")
        writer.number(row.watch.limit)
        writer.key("window_seconds")
        writer.seconds(row.watch.windowMillis)
        writer.key("horizon_seconds")
        writer.seconds(row.watch.horizonMillis)
        writer.key("time")
        writer.seconds(row.at)
        if let fault = row.fault { writer.field("error", fault) }
        writer.key("readings")
        writer.beginArray()
        for reading in row.readings {
            writer.beginObject()
            writer.key("labels")
            writer.labels(reading.labels)
            writer.key("level")
            writer.number(reading.level)
            days("days", reading.expected)
            days("days_early", reading.low)
            days("days_late", reading.high)
            writer.key("hits")
            writer.number(reading.backtest.hits)
            writer.key("of")
            writer.number(reading.backtest.of)
            writer.key("points")
            writer.number(reading.points)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

extension Loop {
    /// Reads the capacity watches.
    static func capacity(
        _ board: CapacityBoard, clock: Clock, engine: Engine, intake: Intake,
        configuration: @escaping @Sendable () -> Configuration
    ) -> Loop {
        Loop("capacity", everyMillis: CapacityBoard.everyMillis, clock: clock) { now in
            let current = configuration()
            board.read(
                current.capacity, engine: engine, intake: intake, limits: current.queryLimits,
                at: now)
        }
    }
}
