import Algebra
import Basics
import Foundation
import Reason
import Testing

@Suite struct LiveTests {
    private static let minute: Millis = 60_000
    private static let day: Millis = 86_400_000
    private let start: Millis = 1_700_006_400_000

    /// A daily wave with noise, a sample a minute.
    private func wave(
        _ labels: Labels, minutes: Int, seed: UInt64, odd: (Int, Double) -> Double = { $1 }
    ) -> Series {
        var generator = Generator(seed: seed)
        var series = Series(labels: labels)
        for step in 0..<minutes {
            let phase = 2 * Double.pi * Double(step % 1440) / 1440
            let value = 100 + 20 * sin(phase) + 2 * generator.normal()
            series.times.append(start + Millis(step) * LiveTests.minute + 1000)
            series.values.append(odd(step, value))
        }
        return series
    }

    private let latency: Labels = ["__name__": "latency", "service": "chat"]
    private let tokens: Labels = ["__name__": "tokens", "service": "chat"]

    private func parts(_ series: Series, _ range: Range<Int>) -> Series {
        Series(
            labels: series.labels, times: Array(series.times[range]),
            values: Array(series.values[range]))
    }

    @Test func `an incident of two series is one finding with start, end and both series`() {
        let minutes = 3 * 1440
        let incident = 2 * 1440 + 600..<2 * 1440 + 640
        let first = wave(latency, minutes: minutes, seed: 1) {
            incident.contains($0) ? $1 + 80 : $1
        }
        let second = wave(tokens, minutes: minutes, seed: 2) {
            incident.contains($0) ? $1 - 70 : $1
        }
        var watch = LiveWatch()
        var last: [String: Finding] = [:]
        var written = 0
        // In rounds of ten minutes, as they would come.
        for from in stride(from: 0, to: minutes, by: 10) {
            let outcome = watch.take(
                [first, second].map { (parts($0, from..<from + 10), LiveTests.minute, false) },
                until: start + Millis(from + 10) * LiveTests.minute)
            for finding in outcome.findings { last[finding.id] = finding }
            written += outcome.series.reduce(0) { $0 + $1.times.count }
            for series in outcome.series { #expect(series.values.allSatisfy { $0.isFinite }) }
        }
        let begun = start + Millis(incident.lowerBound) * LiveTests.minute
        let during = last.values.filter { $0.start >= begun - 10 * LiveTests.minute }
        #expect(during.count >= 1)
        let found = during.first { $0.start <= begun + 5 * LiveTests.minute }
        #expect(found != nil && found?.end != nil)
        #expect((found?.end ?? 0) >= begun + 5 * LiveTests.minute)
        #expect(found?.evidence.count == 2)
        #expect(found?.labels["service"] == "chat")
        // Quiet days before it are quiet.
        #expect(last.count - during.count <= 1)
        #expect(written > 4 * 2 * minutes * 9 / 10)
        #expect(watch.episodes.isEmpty)
    }

    @Test func `a restart goes on to the same bits`() throws {
        let series = wave(latency, minutes: 1440, seed: 3)
        var whole = LiveWatch()
        _ = whole.take([(parts(series, 0..<1000), LiveTests.minute, false)], until: 0)
        let bytes = whole.encoded()
        var resumed = try LiveWatch(decoding: bytes, options: .init())
        #expect(resumed.encoded() == bytes)
        let rest = parts(series, 1000..<1440)
        let first = whole.take([(rest, LiveTests.minute, false)], until: 0)
        let second = resumed.take([(rest, LiveTests.minute, false)], until: 0)
        #expect(first.series == second.series)
        #expect(first.observed == second.observed && first.observed > 400)
    }

    @Test func `a damaged state is refused`() {
        var watch = LiveWatch()
        _ = watch.take(
            [(wave(latency, minutes: 100, seed: 4), LiveTests.minute, false)], until: 0)
        var bytes = watch.encoded()
        bytes[bytes.count / 2] ^= 4
        #expect(throws: ModelStateError.self) {
            try LiveWatch(decoding: bytes, options: .init())
        }
        #expect(throws: ModelStateError.self) {
            try LiveWatch(decoding: Array("MTLA".utf8), options: .init())
        }
    }

    @Test func `a deployment's level shift is forgotten where it was told of`() {
        func scores(told: Bool) -> Int {
            let minutes = 2 * 1440
            let shifted = wave(latency, minutes: minutes, seed: 5) { $0 >= 2500 ? $1 + 60 : $1 }
            var watch = LiveWatch()
            _ = watch.take([(parts(shifted, 0..<2500), LiveTests.minute, false)], until: 0)
            if told {
                let count = watch.forget(
                    levelsOf: ["chat"], at: start + 2500 * LiveTests.minute)
                #expect(count == 1)
                #expect(watch.forget(levelsOf: ["search"], at: start) == 0)
            }
            let outcome = watch.take(
                [(parts(shifted, 2500..<minutes), LiveTests.minute, false)], until: 0)
            let surprise = outcome.series.first { $0.labels.metric == "martlet_anomaly_surprise" }
            return surprise?.values.count { $0 > 0.98 } ?? 0
        }
        let untold = scores(told: false)
        #expect(scores(told: true) < max(untold, 1))
    }

    @Test func `counters are judged by their rise, across resets`() {
        var resampler = Resampler(interval: 60_000, isCounter: true)
        var points: [Resampler.Point] = []
        for (second, value) in [(0, 100.0), (30, 160), (59, 190), (75, 250), (100, 10), (130, 70)] {
            if let point = resampler.take(time: Millis(second) * 1000, value: value) {
                points.append(point)
            }
        }
        #expect(
            points == [
                Resampler.Point(time: 60_000, value: 1.5),
                Resampler.Point(time: 120_000, value: 70.0 / 60),
            ])
        #expect(resampler.take(time: 10_000, value: 5) == nil)
        #expect(resampler.close(before: 179_999) == nil)
        #expect(resampler.close(before: 180_000) == Resampler.Point(time: 180_000, value: 1))
    }

    @Test func `odd samples of every kind leave numbers or nothing`() {
        var generator = Generator(seed: 6)
        let odd: [[Double]] = [
            Array(repeating: 5, count: 300),
            (0..<300).map { $0 % 3 == 0 ? .nan : Double($0) },
            (0..<300).map { $0 % 50 == 0 ? .infinity : generator.normal() },
            (0..<300).map { $0 < 150 ? 1 : 1e12 },
            (0..<10).map { Double($0) },
        ]
        for (place, values) in odd.enumerated() {
            var series = Series(labels: ["__name__": "odd", "place": "\(place)"])
            for (step, value) in values.enumerated() {
                // A clock that jumps an hour back in the middle.
                let jump: Millis = step > 200 ? -3_600_000 : 0
                series.times.append(start + Millis(step) * LiveTests.minute + jump)
                series.values.append(value)
            }
            var watch = LiveWatch()
            let outcome = watch.take([(series, LiveTests.minute, false)], until: .max / 2)
            for series in outcome.series { #expect(series.values.allSatisfy { $0.isFinite }) }
            for finding in outcome.findings { #expect(!finding.summary.key.isEmpty) }
        }
    }

    @Test func `more series than the limit are counted and not watched`() {
        var options = LiveWatch.Options()
        options.seriesMax = 3
        var watch = LiveWatch(options: options)
        let many = (0..<5).map {
            (
                wave(["__name__": "m", "n": "\($0)"], minutes: 5, seed: UInt64($0)),
                LiveTests.minute, false
            )
        }
        #expect(watch.take(many, until: 0).refused == 2)
        #expect(watch.watched.count == 3)
    }

    @Test func `what else changed is ranked, and says what moved first`() throws {
        let span = TimeRange(
            from: start + 300 * LiveTests.minute, through: start + 360 * LiveTests.minute)
        let cause = wave(["__name__": "queue"], minutes: 360, seed: 7) { $0 >= 300 ? $1 * 3 : $1 }
        let effect = wave(["__name__": "slow"], minutes: 360, seed: 8) { $0 >= 320 ? $1 * 2 : $1 }
        var counter = Series(labels: ["__name__": "calls_total"])
        var generator = Generator(seed: 9)
        for step in 0..<360 {
            counter.times.append(start + Millis(step) * LiveTests.minute)
            let rise = 10 + generator.normal()
            counter.values.append((counter.values.last ?? 0) + rise)
        }
        let changes = rankChanges(
            [counter, effect, cause], in: span, counters: { $0.hasSuffix("_total") })
        #expect(changes.map(\.labels.metric) == ["queue", "slow", "calls_total"])
        #expect(changes[0].during > 2 * changes[0].before)
        let first = try #require(changes[0].movedAt)
        let second = try #require(changes[1].movedAt)
        #expect(first < second)
        #expect(changes[2].logProbability > log(0.001))
        #expect(abs(changes[2].before * 60 - 10) < 0.5)
    }

    @Test func `what happens every day at that time has not changed`() throws {
        let daily = wave(["__name__": "daily"], minutes: 2 * 1440, seed: 11)
        let broken = wave(["__name__": "broken"], minutes: 2 * 1440, seed: 12) {
            $0 >= 1440 + 360 ? $1 + 60 : $1
        }
        // The wave falls here, so that the time before the span looks otherwise for both.
        let from = start + (1440 + 600) * LiveTests.minute
        let span = TimeRange(from: from, through: from + 60 * LiveTests.minute)
        let changes = rankChanges(
            [daily, broken], in: span, since: from - 60 * LiveTests.minute, counters: { _ in false }
        )
        let steady = try #require(changes.first { $0.labels.metric == "daily" })
        #expect(steady.distance < 0.4)
        // Broken for hours before the span already: no change of the span either.
        let late = TimeRange(
            from: start + (1440 + 360) * LiveTests.minute,
            through: start + (1440 + 420) * LiveTests.minute)
        let found = rankChanges(
            [daily, broken], in: late, since: late.from - 60 * LiveTests.minute,
            counters: { _ in false })
        #expect(found.first?.labels.metric == "broken" && found.first?.distance == 1)
    }

    @Test func `a group is learnt from its samples and judges the newest values`() throws {
        let names = ["a", "b", "c", "d"]
        var generator = Generator(seed: 10)
        var series = names.map { Series(labels: ["__name__": "g", "name": $0]) }
        for step in 0..<600 {
            let load = sin(Double(step) / 40)
            for place in names.indices {
                series[place].times.append(start + Millis(step) * LiveTests.minute)
                series[place].values.append(
                    Double(place + 1) * load + 0.05 * generator.normal())
            }
        }
        let group = try #require(
            try GroupWatch(
                service: "s", interval: LiveTests.minute, series: series.map { ($0, false) },
                now: start
            ) { $0 < 30 })
        #expect(group.columns.count == 4 && group.network != nil)
        func values(_ load: Double, broken: Bool) -> [Labels: Double] {
            var values: [Labels: Double] = [:]
            for place in names.indices {
                values[series[place].labels] =
                    Double(place + 1) * load * (place == 2 && broken ? -1 : 1)
            }
            return values
        }
        let usual = try #require(group.judge(values(0.6, broken: false)))
        let broken = try #require(group.judge(values(0.6, broken: true)))
        #expect(broken.axes.score > 0.999 && usual.axes.score < 0.99)
        #expect(group.leading(broken.axes).contains(series[2].labels))
        #expect(group.judge([:]) == nil)
    }

    @Test func `series that stop moving together are a finding, though each stays where it was`()
        throws
    {
        let minutes = 4 * 1440
        let names = ["requests", "tokens", "latency", "queue"]
        var generator = Generator(seed: 31)
        var wander = 0.0
        var columns = [[Double]](repeating: [], count: names.count)
        for step in 0..<minutes {
            wander = 0.95 * wander + generator.normal()
            // At the end `queue` turns against the others, within its usual range.
            let isApart = step >= minutes - 60
            for column in names.indices {
                let sign = isApart && column == 3 ? -1.0 : 1
                columns[column].append(100 + sign * 3 * wander + 0.5 * generator.normal())
            }
        }
        let series = names.indices.map { column in
            Series(
                labels: ["__name__": names[column], "service": "chat"],
                times: (0..<minutes).map { start + Millis($0) * LiveTests.minute + 1000 },
                values: columns[column])
        }
        let learnt = 3 * 1440
        let trainedAt = start + Millis(learnt) * LiveTests.minute
        let group = try #require(
            try GroupWatch(
                service: "chat", interval: LiveTests.minute,
                series: series.map { (parts($0, 0..<learnt), false) }, now: trainedAt))
        var watch = LiveWatch()
        var last: [String: Finding] = [:]
        var groupScores = 0
        for minute in 0..<minutes {
            let until = start + Millis(minute + 1) * LiveTests.minute
            var outcome = watch.take(
                series.map { (parts($0, minute..<minute + 1), LiveTests.minute, false) },
                until: until)
            if minute >= learnt {
                let together = watch.take(group, until: until)
                outcome.findings += together.findings
                groupScores += together.series.count { $0.labels["metric"] == GroupWatch.metric }
                // A moment is judged once.
                #expect(watch.take(group, until: until).observed == 0)
            }
            for finding in outcome.findings { last[finding.id] = finding }
        }
        #expect(groupScores > 1000)
        let apart = start + Millis(minutes - 60) * LiveTests.minute
        let found = try #require(
            last.values.first { $0.start >= apart && $0.summary.key == "anomaly.found.apart" })
        #expect(found.labels["metric"] == "queue")
        #expect(found.evidence.contains { $0.key == "anomaly.part.group" })
        #expect(found.evidence.contains { $0.arguments["series"]?.contains("queue") == true })
    }
}
