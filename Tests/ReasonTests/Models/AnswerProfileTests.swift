// Profiles outlive rows, so they must say what the rows would have said: parts add up to the whole, bytes
// come back, distances and figures of quality agree with those of rows.

import Algebra
import Basics
import Glibc
import Testing

@testable import Reason

private let start: Millis = 1_764_000_000_000

private func profile(_ block: PredictionBlock, seed: UInt64 = 1) -> AnswerProfile {
    var profile = AnswerProfile()
    profile.take(block, labels: joinedLabels(block, [:]), seed: seed)
    return profile
}

private func figures(_ reading: QualityReading) -> [String: Double] {
    Dictionary(reading.figures.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
}

@Suite struct AnswerProfileTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `parts add up to the whole, in whichever order they are merged`(_ seed: UInt64) throws {
        var traffic = Traffic(seed: seed)
        traffic.missing = 0.1
        traffic.newRegion = 0.05
        var random = Generator(seed: seed)
        let blocks = (0..<20).map { _ in traffic.block(1 + random.below(400)) }
        let rows = try #require(PredictionBlock.joining(blocks))
        let whole = profile(rows)
        var parts = blocks.enumerated().map { profile($1, seed: UInt64($0) &* 77) }
        while parts.count > 1 {
            let index = random.below(parts.count - 1)
            let other = parts.remove(at: index + 1)
            // Merging is not told which side is the larger one.
            if random.below(2) == 0 {
                parts[index].merge(other)
            } else {
                var turned = other
                turned.merge(parts[index])
                parts[index] = turned
            }
        }
        let merged = parts[0]
        #expect(merged.rows == rows.count && merged.from == whole.from, "seed \(seed)")
        #expect(merged.through == whole.through && merged.columns.count == whole.columns.count)
        for (title, expected) in whole.columns {
            let found = try #require(merged.columns[title])
            #expect(found.count == expected.count && found.missing == expected.missing)
            #expect(found.categories == expected.categories, "\(title), seed \(seed)")
            if !expected.isNumeric { continue }
            #expect(found.moments.count == expected.moments.count && found.range == expected.range)
            #expect(abs(found.mean - expected.mean) < 1e-9, "\(title), seed \(seed)")
            let spread = expected.moments.deviation
            #expect(abs(found.moments.deviation - spread) < 1e-9 * spread)
        }
        // A quantile's true rank lies within the error that the sketch states.
        for title in ["amount", "score"] {
            let found = try #require(merged.columns[title])
            let values = rows.numbers(title == "score" ? .score : .feature).sorted()
            for share in [0.01, 0.1, 0.5, 0.9, 0.99] {
                let below = values.count { $0 <= found.quantile(share) }
                let rank = Double(below) / Double(values.count)
                #expect(
                    abs(rank - share) < found.rankError + 1 / Double(values.count),
                    "\(title) \(share) has rank \(rank), seed \(seed)")
            }
        }
        let (a, b) = (figures(merged.quality.reading), figures(whole.quality.reading))
        #expect(a.count == 8 && Set(a.keys) == Set(b.keys))
        for (name, value) in b where name != "roc_auc" {
            #expect(abs((a[name] ?? .nan) - value) < 1e-9, "\(name), seed \(seed)")
        }
    }

    @Test func `figures of quality from sums are those of the rows`() {
        var traffic = Traffic(seed: 31)
        let block = traffic.block(3000)
        let labels = joinedLabels(block, [:])
        let (sums, rows) = (
            figures(profile(block).quality.reading), figures(labelledQuality(block, labels: labels))
        )
        for name in ["accuracy", "precision", "recall", "f1", "brier", "ece"] {
            #expect(abs((sums[name] ?? .nan) - (rows[name] ?? .nan)) < 1e-9, "\(name)")
        }
        // The area comes from sketches.
        #expect(abs((sums["roc_auc"] ?? .nan) - (rows["roc_auc"] ?? .nan)) < 0.02)
    }

    @Test func `errors of numbers and classes by name add up, too`() {
        var random = Generator(seed: 32)
        let actual = (0..<800).map { _ in 20 + 5 * random.normal() }
        let numbers = PredictionBlock(
            key: ModelVersion("price", "1"), times: (0..<800).map { start + Millis($0) },
            ids: TextRun((0..<800).map { "\($0)" }),
            columns: [
                PredictionColumn(
                    role: .output, values: .numbers(actual.map { $0 + random.normal() }))
            ])
        let names = ["cat", "dog", "owl"]
        let codes = (0..<800).map { _ in Int32(random.below(3)) }
        let classes = PredictionBlock(
            key: ModelVersion("pet", "1"), times: numbers.times, ids: numbers.ids,
            columns: [
                PredictionColumn(role: .output, values: .categories(codes: codes, names: names))
            ])
        let truth = codes.map { names[random.below(4) == 0 ? random.below(3) : Int($0)] }
        for (block, labels) in [(numbers, actual.map { "\($0)" }), (classes, truth)] {
            var parts = AnswerProfile()
            for from in stride(from: 0, to: 800, by: 160) {
                let rows = Array(from..<from + 160)
                parts.take(block.selecting(rows), labels: rows.map { labels[$0] })
            }
            let rows = figures(labelledQuality(block, labels: labels))
            let sums = figures(parts.quality.reading)
            #expect(rows.count == 4 && Set(rows.keys) == Set(sums.keys))
            for (name, value) in rows {
                #expect(abs((sums[name] ?? .nan) - value) < 1e-9, "\(name)")
            }
        }
    }

    @Test func `bytes come back as they were`() throws {
        var traffic = Traffic(seed: 33)
        for rows in [1, 50, 4000] {
            let whole = profile(traffic.block(rows))
            let read = try AnswerProfile(whole.encoded)
            #expect(read.rows == whole.rows && read.encoded == whole.encoded)
        }
        let empty = try AnswerProfile(AnswerProfile().encoded)
        #expect(empty.rows == 0 && empty.columns.isEmpty)
    }

    @Test func `a damaged profile is an error and never a profile`() {
        var traffic = Traffic(seed: 34)
        let whole = profile(traffic.block(200)).encoded
        var random = Generator(seed: 34)
        var taken = 0
        for _ in 0..<500 {
            var bytes = whole
            let place = random.below(bytes.count)
            bytes[place] ^= UInt8(1 + random.below(255))
            // The head of gzip holds a time and flags that nobody reads.
            if place >= 10 && (try? AnswerProfile(bytes)) != nil { taken += 1 }
        }
        #expect(taken == 0)
        #expect(throws: (any Error).self) { try AnswerProfile(Array(whole.dropLast(9))) }
    }

    @Test func `distances from profiles are those of rows, within what the sketches err`() throws {
        var traffic = Traffic(seed: 35)
        let before = traffic.block(20_000)
        traffic.shift = 0.5
        traffic.newRegion = 0.1
        let now = traffic.block(20_000)
        let (first, second) = (profile(before, seed: 3), profile(now, seed: 4))
        let drift = try #require(
            second.columns["amount"].flatMap { mine in
                first.columns["amount"].flatMap { mine.drift(from: $0) }
            })
        let rows = try #require(
            SortedPair(reference: before.numbers(.feature), current: now.numbers(.feature)))
        #expect(abs(drift.kolmogorov - rows.merged.kolmogorov) < drift.sketchError)
        #expect(drift.sketchError > 0 && drift.sketchError < 0.04)
        #expect(abs((drift.wassersteinRelative ?? .nan) - 0.5) < 0.03)
        // PSI of half a deviation is 0.25 in the limit, less over ten bins.
        #expect(drift.stability > 0.2 && drift.stability < 0.27, "\(drift.stability)")
        let region = try #require(
            second.columns["region"].flatMap { mine in
                first.columns["region"].flatMap { mine.drift(from: $0) }
            })
        let counts = try #require(
            compareCategories(
                reference: names(before, "region"), current: names(now, "region")))
        #expect(abs(region.jensenShannon - counts.jensenShannon) < 1e-12)
        #expect(abs(region.stability - counts.populationStability) < 1e-9)
        #expect(region.newCategories == ["moon"])
        let same = try #require(first.columns["age"].flatMap { $0.drift(from: $0) })
        #expect(same.kolmogorov == 0 && same.stability == 0 && same.wassersteinRelative == 0)
    }

    private func names(_ block: PredictionBlock, _ name: String) -> [String?] {
        guard case .categories(let codes, let names) = block.column(.feature, name)?.values else {
            return []
        }
        return codes.map { $0 < 0 ? nil : names[Int($0)] }
    }

    @Test func `a model of numbers keeps its errors in a small segment whose labels are 0 and 1`() {
        let rows = 200
        // A count of returns: the shop in the village has hardly any.
        let truth = (0..<rows).map { $0 < 4 ? $0 % 2 : $0 % 9 }
        let block = PredictionBlock(
            key: ModelVersion("returns", "1"), times: (0..<rows).map { start + Millis($0) },
            ids: TextRun((0..<rows).map { "\($0)" }),
            columns: [
                PredictionColumn(
                    role: .output,
                    values: .numbers((0..<rows).map { $0 < 4 ? 0.5 : Double(truth[$0]) + 0.5 })),
                PredictionColumn(
                    role: .segment,
                    values: .categories(
                        codes: (0..<rows).map { $0 < 4 ? 1 : 0 }, names: ["city", "village"])),
            ])
        var profiler = DayProfiler(arrival: 20_417)
        let labels = Dictionary(
            uniqueKeysWithValues: truth.enumerated().map { ("\($0)", "\($1)") })
        profiler.take(block, labels: labels)
        // Later that day four more rows come, alone in their block.
        profiler.take(block.selecting([0, 1, 2, 3]), labels: labels)
        let village = profiler.profiles.filter { $0.key.segment == "village" }.values
        #expect(village.map(\.quality.actual.count) == [8])
        #expect(profiler.profiles.values.allSatisfy { $0.quality.confusion.isEmpty })
    }

    @Test func `rows of one arrival day fall into the days of their answers and into segments`() {
        var traffic = Traffic(seed: 36)
        traffic.time = 1_764_028_800_000 - 100_000
        let block = traffic.block(200)
        var profiler = DayProfiler(arrival: 20_417)
        profiler.take(block, labels: [:])
        let whole = profiler.profiles.filter { $0.key.segment.isEmpty }
        #expect(whole.count == 2 && whole.values.reduce(0) { $0 + $1.rows } == 200)
        #expect(Set(profiler.profiles.keys.map(\.segment)) == ["", "branch", "online"])
        let parts = profiler.profiles.filter { !$0.key.segment.isEmpty }
        #expect(parts.values.reduce(0) { $0 + $1.rows } == 200)
        #expect(whole.keys.allSatisfy { $0.since % 86_400_000 == 0 })
    }
}
