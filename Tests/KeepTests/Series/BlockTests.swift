// Blocks: what is sealed is read back, overlapping blocks are one answer, damage costs its row.

import Basics
import GRDB
import Testing

@testable import Keep

struct BlockTests {
    @Test func `a block gives back series, chunks and matches`() throws {
        let folder = try ScratchFolder()
        let shelf = try BlockShelf(folder: folder.path + "/b", files: .system) { _ in }
        var random = SeededNumbers(11)
        var series = (0..<300).map { index in
            let times = (0..<200).map { startOfTest + Millis($0) * 15_000 + Millis(index % 7) }
            return Series(
                labels: [
                    "__name__": "m\(index % 3)", "n": "\(index)", "odd": index % 2 == 1 ? "1" : "",
                ],
                times: times, values: times.map { _ in random.value() })
        }
        series.sort { $0.labels < $1.labels }
        try add(series, to: shelf)
        let reopened = try BlockShelf(folder: folder.path + "/b", files: .system) { _ in }
        let block = try #require(reopened.blocks.first)
        #expect(block.info.series == 300 && block.info.samples == 60_000)
        func read(_ matchers: Matcher...) throws -> [Series] {
            try block.read(matchers, in: .all) { Issue.record("\($0)") }.map { read in
                var merge = ColumnMerge()
                for chunk in read.chunks {
                    let isSound = merge.add(chunk, in: .all)
                    #expect(isSound)
                }
                return Series(labels: read.labels, times: merge.times, values: merge.values)
            }
        }
        #expect(try read() == series)
        #expect(try read(Matcher("__name__", equals: "m1")).count == 100)
        #expect(
            try read(Matcher("n", .matches, "1.*"), Matcher("odd", equals: "")).count
                == series.count {
                    $0.labels["n"]?.hasPrefix("1") == true && $0.labels["odd"] == nil
                })
        print(
            "block: \(Double(block.info.bytes) / Double(block.info.samples)) bytes a sample, random values"
        )
    }

    @Test func `of two blocks with one sample the later counts, before and after a merge`() throws {
        let folder = try ScratchFolder()
        let shelf = try BlockShelf(folder: folder.path + "/b", files: .system) { _ in }
        func make(_ name: String, _ times: [Millis], _ value: Double) throws {
            let all = times.map { startOfTest + $0 }
            try add(
                [Series(labels: ["n": name], times: all, values: all.map { _ in value })], to: shelf
            )
        }
        try make("a", [1, 3, 5], 1)
        try make("a", [2, 3, 4], 2)
        try make("b", [9], 3)
        let blocks = shelf.blocks
        try BlockMerge.run(blocks, on: shelf) { Issue.record("\($0)") }
        #expect(shelf.blocks.count == 1)
        #expect(try Files.system.list(folder.path + "/b").count == 1)
        let reads = try #require(shelf.blocks.first).read([], in: .all) { Issue.record("\($0)") }
        var merge = ColumnMerge()
        for chunk in reads[0].chunks {
            let isSound = merge.add(chunk, in: .all)
            #expect(isSound)
        }
        #expect(merge.times == [1, 2, 3, 4, 5].map { startOfTest + $0 })
        #expect(merge.values == [1, 2, 2, 2, 1])
        #expect(reads.map(\.labels) == [["n": "a"], ["n": "b"]])
    }

    @Test func `a damaged chunk, list or series row costs only itself and is reported`() throws {
        let folder = try ScratchFolder()
        let shelf = try BlockShelf(folder: folder.path + "/b", files: .system) { _ in }
        let series = (0..<5).map {
            Series(labels: ["n": "\($0)"], times: [startOfTest], values: [Double($0)])
        }
        try add(series, to: shelf)
        let path = try #require(shelf.blocks.first).info.path
        func damaged(_ sql: String) throws -> (found: [Labels], reports: [BadBlock]) {
            let writer = try DatabaseQueue(path: path)
            try writer.write { try $0.execute(sql: sql) }
            try writer.close()
            let again = try BlockShelf(folder: folder.path + "/b", files: .system) { _ in }
            var reports: [BadBlock] = []
            let reads = try #require(again.blocks.first)
                .read([Matcher("n", .matches, "[0-9]")], in: .all) { reports.append($0) }
            return (reads.map(\.labels), reports)
        }
        let chunk = try damaged("UPDATE chunks SET start = start - 1 WHERE id >> 20 = 2")
        #expect(chunk.found == [["n": "0"], ["n": "2"], ["n": "3"], ["n": "4"]])
        #expect(chunk.reports.count == 1 && chunk.reports[0].path == path)
        let list = try damaged("UPDATE postings SET ids = x'0101' WHERE value = x'33'")
        #expect(list.found == [["n": "0"], ["n": "2"], ["n": "3"], ["n": "4"]])
        #expect(list.reports.count == 2)
        let row = try damaged("UPDATE series SET labels = x'016e0161' WHERE id = 5")
        #expect(row.found == [["n": "0"], ["n": "2"], ["n": "3"]])
    }

    @Test func `a file cut short or overwritten is reported, and the others answer`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        for day in 1...3 {
            let time = startOfTest - Millis(day) * 24 * hour
            _ = try keeper.backfill([Series(labels: ["d": "\(day)"], times: [time], values: [1])])
        }
        let paths = keeper.shelf.blocks.map(\.info.path)
        for offset in 0..<600 { try flipBit(in: paths[0], at: offset, bit: UInt8(offset % 8)) }
        let (after, report) = try bench.open()
        #expect(report.badBlocks.map(\.path) == [paths[0]])
        #expect(try after.all().series.map(\.labels) == [["d": "1"], ["d": "2"]])
        // Damage behind the first page is met when it is read.
        let writer = try DatabaseQueue(path: paths[1])
        let page = try writer.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'chunks'")
                ?? 0
        }
        try writer.close()
        for offset in 0..<8192 { try flipBit(in: paths[1], at: (page - 1) * 8192 + offset) }
        let (last, _) = try bench.open()
        let answer = try last.all()
        #expect(answer.series.map(\.labels) == [["d": "1"]])
        #expect(answer.warnings.count == 1 && answer.warnings[0].contains(paths[1]))
    }

    @Test func `a query touches only the blocks, series and chunks that it needs`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        for day in 1...3 {
            let start = startOfTest - Millis(day) * 24 * hour
            let times = (0..<7200).map { start + Millis($0) * 1000 }
            let series = (0..<4).map {
                Series(labels: ["n": "\($0)"], times: times, values: times.map { Double($0) })
            }
            _ = try keeper.backfill(series)
        }
        // Everything is broken but one series' chunks around ten seconds of the last day.
        let from = startOfTest - 24 * hour + 4_000_000
        for block in keeper.shelf.blocks {
            let writer = try DatabaseQueue(path: block.info.path)
            try writer.write {
                try $0.execute(
                    sql: """
                        UPDATE chunks SET crc = crc + 1
                        WHERE NOT (id >> 20 = 3 AND start <= ? AND end >= ?)
                        """, arguments: [from + 10_000, from])
            }
            try writer.close()
        }
        let (again, _) = try bench.open()
        let one = try again.all(
            [Matcher("n", equals: "2")], from: from, through: from + 10_000)
        #expect(one.warnings.isEmpty && one.series.first?.times.count == 11)
        #expect(try again.all([Matcher("n", equals: "2")]).warnings.count > 10)
        #expect(try again.all(from: from, through: from + 10_000).warnings.count == 3)
    }

    private func add(_ series: [Series], to shelf: BlockShelf) throws {
        var rest = series[...]
        _ = try shelf.add(from: startOfTest, end: startOfTest + 2 * hour) {
            rest.popFirst().map {
                ($0.labels, makeChunks($0.times, $0.values, samplesMax: Chunk.blockSamplesMax))
            }
        }
    }
}
