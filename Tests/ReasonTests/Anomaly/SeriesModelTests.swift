// The model of one series: what it says of ordinary, odd and broken input.

import Algebra
import Basics
import Foundation
import Reason
import Testing

private let start: Millis = 1_767_225_600_000
private let step: Millis = 300_000
private let alarm = 1 - pow(10, -AnomalyOptions().alarmEvidence)

/// Readings of values that come every five minutes.
private func readings(
    _ values: [Double], _ model: SeriesModel = SeriesModel(seed: 1), from: Millis = start
) -> [AnomalyReading] {
    var model = model
    return values.enumerated().map { index, value in
        model.observe(time: from + Millis(index) * step, value: value)
    }
}

private func isSound(_ reading: AnomalyReading) -> Bool {
    let numbers = [
        reading.score, reading.surprise, reading.evidence, reading.low, reading.high,
        reading.expected,
    ]
    return numbers.allSatisfy(\.isFinite) && (0...1).contains(reading.score)
        && (0...1).contains(reading.surprise) && reading.low <= reading.high
        && reading.reason.key.hasPrefix("anomaly.")
}

private func normals(_ count: Int, seed: UInt64) -> [Double] {
    var generator = Generator(seed: seed)
    return (0..<count).map { _ in 10 + generator.normal() }
}

@Suite struct SeriesModelTests {
    @Test func `ten points are too few and are said to be`() {
        for reading in readings(normals(10, seed: 1)) {
            #expect(!reading.isReady && reading.score == 0)
            #expect(reading.reason.key == "anomaly.learning")
            #expect(reading.reason.arguments["needed"] == "60")
            #expect(isSound(reading))
        }
    }

    @Test func `a constant series never alarms, and its first change does at once`() {
        let found = readings([Double](repeating: 5, count: 2000) + [6])
        #expect(found.dropLast().allSatisfy { $0.score < alarm && isSound($0) })
        #expect(found[2000].score > 0.99)
        #expect(found[1999].low == 5 && found[1999].high == 5)
    }

    @Test func `a spike alarms once and the hours after it are no news`() {
        var values = normals(3000, seed: 2)
        for index in 2500..<2504 { values[index] += 12 }
        let found = readings(values)
        #expect(found[2500].score > alarm)
        #expect(found[2501..<2600].allSatisfy { $0.score < alarm })
        #expect(found[2501].surprise > alarm, "the ribbon stays lit while it lasts")
        #expect(
            found[2500].reason.key.hasSuffix("above") || found[2500].reason.key.hasSuffix("jump"))
        #expect(found[2500].reason.arguments["value"]?.isEmpty == false)
    }

    @Test func `something far stronger is news even in the quiet time`() {
        var values = normals(3000, seed: 3)
        values[2500] += 6
        values[2520] += 500
        let found = readings(values)
        #expect(found[2500].score > alarm)
        #expect(found[2520].score > found[2500].score)
    }

    @Test func `a level shift is one alarm, not one a day for ever`() {
        var values = normals(8000, seed: 4)
        for index in 4000..<8000 { values[index] += 8 }
        let alarms = readings(values).enumerated().filter { $0.element.score >= alarm }.map(
            \.offset)
        #expect(alarms.contains { (4000..<4003).contains($0) })
        #expect(alarms.filter { $0 > 4010 && $0 < 5500 }.count <= 2, "\(alarms)")
    }

    @Test
    func `a daily pattern is learnt: the usual peak is quiet, the same value at night is not`() {
        let values = (0..<4500).map { index -> Double in
            let turn = 2 * Double.pi * Double(index) / 288
            return 50 + 20 * sin(turn) + 0.5 * sin(Double(index) * 1.7)
        }
        var changed = values
        let night = 4032 + 216
        changed[night] = 70
        let found = readings(changed)
        #expect(found[4032 + 72].score < alarm)
        #expect(found[night].score > alarm)
        #expect(abs(found[night].expected - values[night]) < 5)
        #expect(found[night].high < 70)
    }

    @Test func `a noisy series that goes flat alarms`() {
        var values = normals(4000, seed: 5)
        for index in 3500..<3650 { values[index] = 10 }
        let found = readings(values)
        let first = found[3500..<3650].firstIndex { $0.score >= alarm }
        #expect(first.map { $0 < 3540 } == true)
        #expect(first.map { found[$0].reason.key } == "anomaly.steps.flat")
    }

    @Test func `noise that becomes a wave of the same size alarms`() {
        var values = normals(5000, seed: 14)
        for index in 4500..<5000 {
            values[index] = 10 + 2.0.squareRoot() * sin(2 * Double.pi * Double(index) / 12)
        }
        let found = readings(values)
        #expect(found[4500..<4560].contains { $0.score >= alarm })
    }

    @Test func `the band holds nearly all of what is ordinary`() {
        let values = normals(6000, seed: 6)
        let found = readings(values)
        let held = (2000..<6000).filter {
            found[$0].low <= values[$0] && values[$0] <= found[$0].high
        }
        #expect((0.975...0.999).contains(Double(held.count) / 4000))
    }

    @Test func `the band of counts ends at 0, and that of a series that was below does not`() {
        var generator = Generator(seed: 16)
        let counts = (0..<1500).map { _ in max(0, (2 + 3 * generator.normal()).rounded()) }
        for reading in readings(counts) {
            #expect(reading.low >= 0 && reading.expected >= 0 && isSound(reading))
        }
        let around = readings(counts.map { $0 - 2 })
        #expect(around.suffix(500).allSatisfy { $0.low < 0 })
        let fallen = readings(counts + [-50, 2])
        #expect(fallen[1500].low >= 0, "the band knows the past alone")
        #expect(fallen[1500].score > alarm)
        #expect(fallen[1501].low < 0)
    }

    @Test func `weeks that are first compared alarm in at most a quarter of random walks`() {
        let seed: UInt64 = 700
        print("walks from seed \(seed)")
        var unusual = 0
        for walk in 0..<12 {
            var source = QuietSeries(.randomWalk, seed: seed + UInt64(walk))
            let values = (0..<12 * 288).map { source.next(start + Millis($0) * step) }
            if readings(values)[7 * 288..<12 * 288].contains(where: { $0.evidence > 2.5 }) {
                unusual += 1
            }
        }
        #expect(unusual <= 3, "\(unusual) of 12 walks")
    }

    @Test func `gaps of every kind are borne`() {
        var values = normals(1000, seed: 7)
        for (offset, odd) in [Double.nan, .infinity, -.infinity, .nan, 1e200].enumerated() {
            values[600 + offset] = odd
        }
        let found = readings(values)
        #expect(found.allSatisfy(isSound))
        #expect(found[600..<605].allSatisfy { !$0.isReady && $0.reason.key == "anomaly.gap" })
        #expect(found[605].isReady && found[605].score < alarm)
    }

    @Test func `a month without data is a gap, not an anomaly`() {
        var model = SeriesModel(seed: 1)
        for (index, value) in normals(2000, seed: 8).enumerated() {
            _ = model.observe(time: start + Millis(index) * step, value: value)
        }
        let later = start + 2000 * step + 30 * 86_400_000
        let found = readings(normals(100, seed: 9), model, from: later)
        #expect(found.allSatisfy { isSound($0) && $0.isReady })
        #expect(found[0].score < alarm)
    }

    @Test func `a clock that jumps does not silence the series`() {
        var model = SeriesModel(seed: 1)
        var values = normals(3000, seed: 10)
        values[1500] = 100
        for index in 0..<1600 {
            _ = model.observe(time: start + Millis(index) * step, value: values[index])
        }
        // Back ten years: the quiet time after the alarm at 1,500 must not last until it is over.
        let back = start - 3650 * 86_400_000
        values[2900] = 400
        let found = readings(Array(values[1600...]), model, from: back)
        #expect(found.allSatisfy(isSound))
        #expect(found[1300].score > alarm)
    }

    @Test func `the same moment again and again is borne`() {
        var model = SeriesModel(seed: 1)
        for value in normals(500, seed: 11) {
            #expect(isSound(model.observe(time: start, value: value)))
        }
    }

    @Test func `a counter that resets alarms at the reset and is sound`() {
        let values = (0..<3000).map { Double($0 < 2000 ? $0 : $0 - 2000) * 1e6 }
        let found = readings(values)
        #expect(found.allSatisfy(isSound))
        #expect(found[2000].score > alarm)
    }

    @Test func `steps of 1e12 on a base of 1e14 are judged as steps of 1 would be`() {
        let small = normals(2000, seed: 12).map { ($0 * 8).rounded() }
        let large = small.map { $0 * 0x1p40 }
        for (a, b) in zip(readings(small), readings(large)) {
            #expect(abs(a.score - b.score) < 1e-3 && isSound(b))
        }
    }

    @Test func `a deployment that is told moves the level without an alarm`() {
        var values = normals(4000, seed: 13)
        for index in 3000..<4000 { values[index] += 30 }
        var told = SeriesModel(seed: 1)
        var untold = SeriesModel(seed: 1)
        var alarms = (told: 0, untold: 0)
        for (index, value) in values.enumerated() {
            let time = start + Millis(index) * step
            if index == 3000 { told.forget(levelAt: time) }
            let reading = told.observe(time: time, value: value)
            #expect(isSound(reading))
            if (3000..<3010).contains(index) { #expect(reading.reason.key == "anomaly.relevel") }
            if index >= 3000 && reading.score >= 0.999 { alarms.told += 1 }
            if untold.observe(time: time, value: value).score >= 0.999 && index >= 3000 {
                alarms.untold += 1
            }
        }
        #expect(alarms.told == 0 && alarms.untold > 0)
    }

    @Test func `a level that moved is told with its beginning and its size, and ends with it`() {
        var generator = Generator(seed: 41)
        var model = SeriesModel(seed: 1)
        let step: Millis = 300_000
        let moved = 1_500
        let back = 1_560
        var during: LevelShift?
        var before = 0
        var after: LevelShift?
        for index in 0..<1_900 {
            let lift = (moved..<back).contains(index) ? 8.0 : 0
            let reading = model.observe(
                time: Millis(index) * step, value: 100 + lift + 2 * generator.normal())
            if index < moved && reading.shift != nil { before += 1 }
            if index == back - 1 { during = reading.shift }
            after = reading.shift
        }
        #expect(before < 15)
        #expect(during.map { abs($0.since - Millis(moved) * step) <= 3 * step } ?? false)
        #expect(during.map { abs($0.size - 8) < 2 } ?? false)
        #expect(after == nil)
    }
}
