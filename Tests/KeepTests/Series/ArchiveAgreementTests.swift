// The archive against what it was made from, and against the tools that others read it with: the rate of a
// counter with resets is the same over head, blocks and rows, rrdtool reads the files, and a header that
// does not fit its file is found before librrd maps it.

import Basics
import Foundation
import Testing

@testable import Keep

private let rrdtool = "/usr/bin/rrdtool"

struct ArchiveAgreementTests {
    private let labels: Labels = ["__name__": "martlet_work_total"]

    /// A counter at 15 s that grows unevenly and begins anew every 5 hours and some.
    private func fill(_ bench: Bench, _ keeper: SeriesKeeper, hours: Int) throws {
        let gauge: Labels = ["__name__": "job:load:avg"]
        var random = SeededNumbers(11)
        var value = 0.0
        for step in 0..<(hours * 240) {
            value += Double(Int.random(in: 0...40, using: &random))
            if step % 1237 == 1236 { value = 3 }
            try keeper.put(labels, [(bench.time.now, value)])
            try keeper.put(gauge, [(bench.time.now, step == 300 ? 100 : 1)])
            bench.time.advance(by: .seconds(15))
            if step % 20 == 19 { #expect(keeper.maintain(now: bench.time.now).notices.isEmpty) }
        }
    }

    /// The growth per second between the first and the last sample, resets taken out.
    private func rate(_ series: Series) -> Double {
        var growth = 0.0
        for (before, after) in zip(series.values, series.values.dropFirst()) {
            growth += after >= before ? after - before : after
        }
        let seconds = Double((series.times.last ?? 0) - (series.times.first ?? 0)) / 1000
        return growth / seconds
    }

    @Test func `the rate of a counter with resets agrees over head, blocks and archive`() throws {
        let exact = try Bench()
        let (whole, _) = try exact.open()
        try fill(exact, whole, hours: 48)
        let brief = try Bench { $0.retentionMillis = 8 * hour }
        let (keeper, _) = try brief.open()
        try fill(brief, keeper, hours: 48)
        let counter = [Matcher("__name__", equals: labels.metric)]
        let tiers: [(Millis, String)] = [(60_000, "10m"), (hour, "1h")]
        // All in rows; across rows, blocks and head; blocks and head alone.
        for (from, through) in [(6, 30), (12, 48), (42, 48)] as [(Millis, Millis)] {
            let range = (startOfTest + from * hour, startOfTest + through * hour)
            let truth = rate(
                try #require(try whole.all(counter, from: range.0, through: range.1).series.first))
            for (step, name) in tiers {
                let answer = try keeper.all(counter, from: range.0, through: range.1) {
                    $0.function = "rate"
                    $0.stepMillis = step
                    $0.rangeMillis = 6 * hour
                }
                let found = rate(try #require(answer.series.first))
                #expect(answer.infos == (from < 40 ? ["answered from the \(name) tier"] : []))
                #expect(abs(found / truth - 1) < 0.01, "\(name) \(from): \(found), \(truth)")
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: rrdtool), "no rrdtool"))
    func `rrdtool describes, reads and draws the files`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try fill(bench, keeper, hours: 14)
        let entry = try #require(keeper.archive.find(["__name__": "job:load:avg"]))
        for tier in ArchiveTier.standard {
            let path = keeper.archive.file(entry, tier).path
            let info = try run("info", path)
            #expect(info.contains("step = \(tier.stepSeconds)\n"))
            #expect(info.contains("rra[0].rows = \(tier.rows)\n"))
            let from = Int(startOfTest / 1000)
            let rows = try run(
                "fetch", path, "AVERAGE", "--start", "\(from)", "--end", "\(from + 4 * 3600)")
            let greatest = rows.split(separator: "\n").compactMap { line in
                line.split(separator: " ").last.flatMap { Double($0) }
            }
            #expect(greatest.max() == 100, "\(rows)")
            let picture = bench.folder.path + "/\(tier.name).png"
            _ = try run(
                "graph", picture, "--start", "\(from)", "--end", "\(from + 10 * 3600)",
                "DEF:x=\(path):max:AVERAGE", "LINE1:x#336699")
            #expect(try contents(of: picture).starts(with: [0x89, 0x50, 0x4e, 0x47]))
        }
    }

    @Test func `a header that does not fit its file is found before it is mapped`() throws {
        let bench = try Bench()
        let (keeper, _) = try bench.open()
        try fill(bench, keeper, hours: 6)
        let entry = try #require(keeper.archive.find(labels))
        let file = keeper.archive.file(entry, ArchiveTier.standard[0])
        #expect(try file.validate())
        // Columns, archives, step, rows: each is a count that librrd would follow.
        for offset in [24, 32, 40, 128 + 120 + 24] {
            try flipBit(in: file.path, at: offset, bit: 1)
            let fault = #expect(throws: ArchiveFault.self) { try file.validate() }
            #expect(fault?.isDamaged == true && fault?.path == file.path)
            try flipBit(in: file.path, at: offset, bit: 1)
        }
        let size = try contents(of: file.path).count
        #expect(size == RoundRobinHeader.fileBytes(columns: 1, rows: 12_960))
        for wrong in [size - 1, size + 1] {
            truncate(file.path, off_t(wrong))
            #expect(throws: ArchiveFault.self) { try file.validate() }
            truncate(file.path, off_t(size))
            #expect(try file.validate())
        }
        for short in [300, 100, 0] {
            truncate(file.path, off_t(short))
            #expect(throws: ArchiveFault.self) { try file.validate() }
        }
    }

    @Test func `the size that is foretold is the size of the files`() throws {
        let bench = try Bench { $0.archiveSeriesMax = 1 }
        let (keeper, _) = try bench.open()
        let gauge: Labels = ["__name__": "job:load:avg"]
        for _ in 0..<60 {
            try keeper.put(gauge, [(bench.time.now, 1)])
            bench.time.advance(by: .seconds(600))
            keeper.maintain(now: bench.time.now)
        }
        let entry = try #require(keeper.archive.find(gauge))
        let bytes = try ArchiveTier.standard.reduce(0) {
            $0 + (try contents(of: keeper.archive.file(entry, $1).path).count)
        }
        #expect(bytes == bench.options.archiveBytesMax && bytes == keeper.stats.archiveBytes)
    }

    private func run(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: rrdtool)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: output, as: UTF8.self)
        #expect(process.terminationStatus == 0, "\(text)")
        return text
    }
}
