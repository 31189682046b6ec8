// The archive keeps what was consolidated: spikes stay spikes, counters grow through resets, the size
// never changes, and a query is told that it was answered from rows.

import Basics
import Testing

@testable import Keep

struct ArchiveTests {
    @Test func `a spike of one sample stays in the greatest of both tiers`() throws {
        let bench = try Bench { $0.retentionMillis = 6 * hour }
        let (keeper, _) = try bench.open()
        let labels: Labels = ["__name__": "job:load:avg"]
        let spike = startOfTest + 5 * hour / 4
        try live(bench, keeper, hours: 16) { time in
            [(labels, time == spike ? 100 : 1)]
        }
        let range = (startOfTest, startOfTest + 4 * hour)
        for (step, name) in [(Millis(60_000), "10m"), (hour, "1h")] {
            for (function, expected) in [("max_over_time", 100.0), ("min_over_time", 1)] {
                let answer = try keeper.all(from: range.0, through: range.1) {
                    $0.stepMillis = step
                    $0.rangeMillis = hour
                    $0.function = function
                }
                #expect(answer.infos == ["answered from the \(name) tier"])
                let values = try #require(answer.series.first).values
                #expect(values.max() == expected, "\(function) \(name)")
                #expect(values.count == (name == "10m" ? 24 : 4))
            }
        }
        let average = try keeper.all(from: range.0, through: range.1) { $0.rangeMillis = hour }
        let top = try #require(average.series.first?.values.max())
        #expect(abs(top - (100 + 39) / 40) < 1e-9)
        #expect(try keeper.all(from: startOfTest + 12 * hour).infos.isEmpty)
    }

    @Test func `a seal of many series archives as many as there is room, and all of them whole`()
        throws
    {
        let room = 2 * Archive.sealedAtOnce + 40
        let kept = try Matcher("__name__", .equal, "kept")
        let bench = try Bench {
            $0.archiveGroups = [[kept]]
            $0.archiveTiers = [ArchiveTier(name: "10m", stepSeconds: 600, rows: 20)]
            $0.archiveSeriesMax = room
        }
        let (keeper, _) = try bench.open()
        // In the order of their labels, every third outside the archive.
        let all = (1000..<(1000 + 2 * room)).map { number -> Labels in
            ["__name__": number % 3 == 0 ? "left" : "kept", "number": "\(number)"]
        }
        bench.time.advance(by: .seconds(2 * 3600))
        for (index, labels) in all.enumerated() {
            let times = stride(from: startOfTest, to: startOfTest + 2 * hour, by: 60_000)
            try keeper.put(labels, times.map { ($0, Double(index)) })
        }
        bench.time.advance(by: .seconds(3 * 3600))
        let report = keeper.maintain(now: bench.time.now)
        #expect(report.blocksSealed == 1 && report.notices.isEmpty)
        #expect(keeper.head.counts.samples == 0)
        #expect(try keeper.all().series.count == all.count)
        let wanted = all.enumerated().filter { $1.metric == "kept" }
        #expect(keeper.archive.totals.series == room)
        #expect(keeper.archive.totals.refused == wanted.count - room)
        let tier = try #require(keeper.archive.settings.tiers.first)
        for (index, labels) in wanted.prefix(room) {
            let entry = try #require(keeper.archive.find(labels), "\(labels)")
            let file = keeper.archive.file(entry, tier)
            let rows = try file.rows(
                from: Int(startOfTest / 1000), through: Int((startOfTest + 2 * hour) / 1000))
            #expect(rows.count == 12, "\(labels)")
            #expect(rows.first?.values[1] == Double(index), "\(labels)")
        }
        #expect(keeper.archive.find(wanted[room].element) == nil)
    }

    @Test(arguments: [4, 7] as [Millis])
    func `a counter's total grows through resets and meets the exact samples`(
        hoursKept: Millis
    ) throws {
        let bench = try Bench { $0.retentionMillis = hoursKept * hour }
        let (keeper, _) = try bench.open()
        let labels: Labels = ["__name__": "martlet_things_total"]
        try live(bench, keeper, hours: 18) { time in
            // Begins anew every 90 minutes.
            let steps = (time - startOfTest) / 15_000
            return [(labels, Double(steps % 360) * 2)]
        }
        let answer = try keeper.all(from: startOfTest) { $0.rangeMillis = hour }
        #expect(answer.infos == ["answered from the 10m tier"])
        let series = try #require(answer.series.first)
        let oldest = try #require(keeper.stats.oldestTime)
        let rows = series.times.count { $0 < oldest }
        #expect(rows > 50)
        for index in 1..<rows {
            let grown = series.values[index] - series.values[index - 1]
            // Ten minutes are 40 steps of 2; a reset takes one step away.
            #expect(grown == 80 || grown == 78, "row \(index)")
        }
        let join = series.values[rows] - series.values[rows - 1]
        #expect((76...84).contains(join), "no jump where the archive ends")
    }

    @Test func `steps without values and stale markers are unknown`() {
        let step: Millis = 600_000
        let rows = gaugeRows(
            [0, 1, step, 3 * step], [2, 4, Stale.marker, .nan], stepMillis: step)
        #expect(rows == [ArchiveRow(endSeconds: 600, values: [3, 2, 4])])
        var total = CounterTotal()
        let counted = counterRows(
            [0, 1, step, step + 1, 3 * step], [5, 7, Stale.marker, 1, 4], stepMillis: step, &total)
        #expect(counted.map(\.values) == [[7], [8], [11]])
        #expect(counted.map(\.endSeconds) == [600, 1200, 2400])
        var again = total
        _ = counterRows([0, 3 * step], [5, 4], stepMillis: step, &again)
        #expect(again == total)
    }

    @Test func `rewriting merges rows of any age and keeps the file's size`() throws {
        let folder = try ScratchFolder()
        let archive = try archive(folder, seriesMax: 2)
        let labels: Labels = ["__name__": "a:b"]
        let tier = ArchiveTier.standard[0]
        let base = Int(startOfTest / 1000)
        func rows(_ steps: [Int], _ value: Double) -> [ArchiveRow] {
            steps.map { ArchiveRow(endSeconds: base + $0 * 600, values: [value, value, value]) }
        }
        try archive.rewrite(labels, isCounter: false, tier: tier, rows: rows([10, 11, 14], 1))
        let path = folder.path + "/archive/10m/000001.rrd"
        let size = try contents(of: path).count
        try archive.rewrite(labels, isCounter: false, tier: tier, rows: rows([2, 11, 12], 2))
        let file = archive.file(try #require(archive.find(labels)), tier)
        let read = try file.rows(from: base, through: base + 20 * 600)
        #expect(read.map { ($0.endSeconds - base) / 600 } == [2, 10, 11, 12, 14])
        #expect(read.map { $0.values[0] } == [2, 1, 2, 2, 1])
        #expect(try contents(of: path).count == size)
        _ = archive.seal([(["__name__": "c:d"], ([startOfTest], [1]))]) { _ in false }
        _ = archive.seal([(["__name__": "e:f"], ([startOfTest], [1]))]) { _ in false }
        #expect(archive.totals.series == 2 && archive.totals.refused == 1)
    }

    @Test func `a damaged file is put aside, counted and begun anew`() throws {
        let folder = try ScratchFolder()
        let archive = try archive(folder, seriesMax: 2)
        let labels: Labels = ["__name__": "a:b"]
        _ = archive.seal([(labels, ([startOfTest], [1]))]) { _ in false }
        let path = folder.path + "/archive/10m/000001.rrd"
        try flipBit(in: path, at: 1)
        let query = try archive.read(
            [], in: .all, tier: ArchiveTier.standard[0], hints: SelectHints())
        #expect(query.faults.map(\.path) == [path])
        #expect(archive.seal([(labels, ([startOfTest + hour], [2]))]) { _ in false }.isEmpty)
        let after = try archive.read(
            [], in: .all, tier: ArchiveTier.standard[0], hints: SelectHints())
        #expect(after.series.first?.columns.values == [2])
        #expect(try Files.system.list(folder.path + "/archive/10m").count == 2)
    }

    @Test func `a damaged index is put aside and no file is taken twice`() throws {
        let folder = try ScratchFolder()
        let first = try archive(folder, seriesMax: 9)
        _ = first.seal([(["__name__": "a:b"], ([startOfTest], [1]))]) { _ in false }
        for offset in 0..<64 {
            try flipBit(in: folder.path + "/archive/index.db", at: offset, bit: UInt8(offset % 8))
        }
        let second = try archive(folder, seriesMax: 9)
        #expect(second.entries.isEmpty)
        _ = second.seal([(["__name__": "c:d"], ([startOfTest], [1]))]) { _ in false }
        #expect(second.entries.map(\.number) == [2])
    }

    @Test func `a repeated seal changes nothing`() throws {
        let folder = try ScratchFolder()
        let archive = try archive(folder, seriesMax: 5)
        let times = (0..<480).map { startOfTest + Millis($0) * 15_000 }
        let values = times.indices.map { Double($0) }
        let labels: Labels = ["__name__": "x_total"]
        var answers: [[Double]] = []
        for _ in 0..<2 {
            #expect(archive.seal([(labels, (times, values))]) { _ in true }.isEmpty)
            let read = try archive.read(
                [], in: .all, tier: ArchiveTier.standard[0], hints: SelectHints())
            answers.append(try #require(read.series.first).columns.values)
        }
        #expect(answers[0] == answers[1])
        #expect(answers[0].last == 479)
    }

    private func archive(_ folder: ScratchFolder, seriesMax: Int) throws -> Archive {
        try Archive(
            Archive.Settings(
                folder: folder.path + "/archive", tiers: ArchiveTier.standard,
                groups: SeriesKeeperOptions.archivedByDefault, seriesMax: seriesMax),
            files: .system, meters: KeepMeters(Registry()))
    }

    /// Appends a sample of each series every 15 s, and maintains every 5 minutes.
    private func live(
        _ bench: Bench, _ keeper: SeriesKeeper, hours: Int,
        _ samples: (Millis) -> [(Labels, Double)]
    ) throws {
        let end = startOfTest + Millis(hours) * hour
        while bench.time.now < end {
            for (labels, value) in samples(bench.time.now) {
                try keeper.put(labels, [(bench.time.now, value)])
            }
            bench.time.advance(by: .seconds(15))
            if bench.time.now % 300_000 == 0 {
                #expect(keeper.maintain(now: bench.time.now).notices.isEmpty)
            }
        }
    }
}
