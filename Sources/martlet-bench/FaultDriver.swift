// What `Tests/Faults` breaks: days of samples, records and log lines written into a folder, each
// acknowledgement told on standard output the moment it is given, and the check of a folder against what
// was told. Everything follows from the step's number, so nothing has to be remembered between the two.
//
//     martlet-bench faults write FOLDER STEPS       prints `samples N`, `record N`, `log N`
//     martlet-bench faults check FOLDER SAMPLES RECORD LOG

import Basics
import Glibc
import Keep

struct FaultDriver {
    private static let start: Millis = 1_700_000_400_000
    private static let stepMillis: Millis = 300_000
    private static let seriesCount = 12

    let folder: String

    private var options: SeriesKeeperOptions {
        var options = SeriesKeeperOptions()
        options.windowMillis = 600_000
        // What is acknowledged must then survive a power loss as well.
        options.journalSync = .everyBatch
        // A chunk or two, so that the head's files are among what breaks.
        options.spillPageBytes = 200
        return options
    }

    private static func labels(_ number: Int) -> Labels {
        Labels(name: "delivery_fault_total", ("n", "\(number)"))
    }

    private static func value(_ number: Int, _ step: Int) -> Double {
        Double(step * 97 + number) / (number % 3 == 0 ? 100 : 1)
    }

    /// Writes step after step; a step that fails is tried again until it is taken.
    func write(steps: Int) throws {
        let clock = ManualClock(now: Self.start)
        let registry = Registry()
        let records = try retried { try RecordKeeper.open(folder: folder, registry: registry) }
        let logs = try retried {
            try LogKeeper.open(folder: folder, clock: clock.clock, registry: registry)
        }
        let keeper = try retried {
            try SeriesKeeper.open(
                folder: folder, options: options, files: .system, clock: clock.clock,
                registry: registry
            ).keeper
        }
        for step in 0..<steps {
            var batch = SampleBatch()
            for number in 0..<Self.seriesCount {
                let id = try keeper.resolve(Self.labels(number)).get()
                batch.append(id, clock.now, Self.value(number, step))
            }
            let full = batch
            _ = try retried { try keeper.append(full) }
            tell("samples \(step)")
            try retried { try records.settings.set("step", "\(step)") }
            tell("record \(step)")
            let line = LogRecord(
                time: clock.now, severity: .info, labels: Labels([("source", "faults")]),
                body: "step \(step)")
            try retried { try logs.append([line], nil) }
            tell("log \(step)")
            if step % 6 == 5 { keeper.maintain(now: clock.now) }
            clock.advance(by: .milliseconds(Self.stepMillis))
        }
        try? keeper.close()
        try? logs.close()
        try? records.close()
    }

    /// Checks that everything up to the told steps is there.
    ///
    /// - Returns: what is missing or unreadable; empty when nothing is.
    func check(samples: Int, record: Int, log: Int) throws -> [String] {
        var faults: [String] = []
        let clock = ManualClock(now: Self.start + Self.stepMillis * Millis(max(samples, 0) + 1))
        let registry = Registry()
        let records = try RecordKeeper.open(folder: folder, registry: registry)
        let kept = try records.settings.value("step").flatMap { Int($0) } ?? -1
        if kept < record { faults.append("record \(record) was told, \(kept) is there") }
        let logs = try LogKeeper.open(folder: folder, clock: clock.clock, registry: registry)
        let lines = try logs.search(
            LogQuery(range: TimeRange(from: 0, through: .max / 4))
        ).hits.compactMap {
            Int($0.record.body.dropFirst(5))
        }
        // Each line is the last of its step; a search gives the newest hundred or so.
        if (lines.max() ?? -1) < log { faults.append("log line \(log) was told and is missing") }
        let (keeper, report) = try SeriesKeeper.open(
            folder: folder, options: options, files: .system, clock: clock.clock,
            registry: registry)
        faults += report.badFrames.map { "bad frame: \($0)" }
        faults += report.badBlocks.map { "bad block: \($0)" }
        let found = try keeper.source.select(
            [try Matcher(Labels.metricName, .equal, "delivery_fault_total")],
            TimeRange(from: Self.start, through: .max / 4), SelectHints())
        faults += found.warnings
        for number in 0..<Self.seriesCount where samples >= 0 {
            let series = found.series.first { $0.labels == Self.labels(number) }
            let known = Dictionary(
                zip(series?.times ?? [], series?.values ?? [])
            ) { first, _ in first }
            for step in 0...samples {
                let time = Self.start + Millis(step) * Self.stepMillis
                if known[time] != Self.value(number, step) {
                    faults.append("series \(number) lacks step \(step)")
                }
            }
        }
        try keeper.close()
        return faults
    }

    /// Tries again, because a fault strikes once: what it hit must then go through.
    private func retried<Value>(_ body: () throws -> Value) throws -> Value {
        var attempts = 0
        while true {
            do {
                return try body()
            } catch {
                attempts += 1
                if attempts > 3 { throw error }
            }
        }
    }

    private func tell(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }
}

extension FaultDriver {
    /// Runs what the command line asks for; answers the exit status.
    static func run(_ words: [String]) throws -> Int32 {
        let numbers = words.dropFirst(2).compactMap { Int($0) }
        switch (words.first, numbers.count) {
        case ("write", 1): try FaultDriver(folder: words[1]).write(steps: numbers[0])
        case ("check", 3):
            let faults = try FaultDriver(folder: words[1]).check(
                samples: numbers[0], record: numbers[1], log: numbers[2])
            for fault in faults.prefix(20) { print(fault) }
            return faults.isEmpty ? 0 : 1
        default:
            print("martlet-bench faults write FOLDER STEPS | check FOLDER SAMPLES RECORD LOG")
            return 2
        }
        return 0
    }
}
