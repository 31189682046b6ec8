// Back-ups: taken from stores that go on, checked before they are put back, whole after it.

import Basics
import Testing

@testable import Keep

@Suite struct BackupTests {
    let folder = RecordsScratch()

    private func series(_ data: String) throws -> SeriesKeeper {
        var options = SeriesKeeperOptions()
        options.journalSync = .whenAsked
        return try SeriesKeeper.open(
            folder: data, options: options, files: .system, clock: .system, registry: Registry()
        ).keeper
    }

    private func fill(_ keeper: SeriesKeeper, _ range: Range<Int>, _ now: Millis) throws {
        var batch = SampleBatch()
        guard case .success(let id) = keeper.resolve(Labels(name: "delivery_x", ("a", "b"))) else {
            Issue.record("the series was refused")
            return
        }
        for index in range {
            batch.append(id, now - 60_000 + Millis(index), Double(index) / 100)
        }
        #expect(try keeper.append(batch).accepted == range.count)
    }

    private func all(_ keeper: SeriesKeeper) throws -> [Series] {
        try keeper.source.select(
            [try Matcher(Labels.metricName, .equal, "delivery_x")],
            TimeRange(from: 0, through: .max / 4), SelectHints()
        ).series
    }

    @Test func `what was acknowledged before a back-up is there after it is restored`() throws {
        let (data, backup) = (folder.path + "/data", folder.path + "/backup")
        let now = Clock.system.now()
        let keeper = try series(data)
        let records = try RecordKeeper.open(folder: data, registry: Registry())
        try records.settings.set("a", "1")
        try fill(keeper, 0..<500, now)
        let before = try all(keeper)
        let target = try BackupFolder(backup)
        try records.backUp(to: target)
        try keeper.backUp(to: target)
        let manifest = try target.finish(time: now)
        #expect(manifest.files.contains { $0.path.hasPrefix("journal/") })
        // What comes later is not in it, and the store goes on.
        try fill(keeper, 500..<600, now)
        try records.settings.set("a", "2")

        let restored = folder.path + "/restored"
        var steps: [Int] = []
        #expect(try restore(backup, to: restored) { done, _ in steps.append(done) } == manifest)
        #expect(steps == Array(1...manifest.files.count * 2))
        let again = try series(restored)
        #expect(try all(again) == before)
        #expect(before.first?.times.count == 500)
        let kept = try RecordKeeper.open(folder: restored, registry: Registry())
        #expect(try kept.settings.value("a") == "1")
        #expect(try all(keeper).first?.times.count == 600)
    }

    @Test func `a damaged file of a back-up is named, and nothing is restored`() throws {
        let (data, backup) = (folder.path + "/data", folder.path + "/backup")
        let keeper = try series(data)
        try fill(keeper, 0..<50, Clock.system.now())
        let target = try BackupFolder(backup)
        try keeper.backUp(to: target)
        let manifest = try target.finish(time: 1)
        for file in manifest.files where file.bytes > 0 {
            let path = backup + "/" + file.path
            let whole = RecordsScratch.contents(path)
            var damaged = whole
            damaged[whole.count / 2] ^= 0x10
            RecordsScratch.write(damaged, to: path)
            let error = #expect(throws: BackupError.self) {
                try restore(backup, to: folder.path + "/restored")
            }
            #expect(error.map { "\($0)" }?.contains(file.path) == true)
            #expect(!RecordsScratch.exists(folder.path + "/restored"))
            RecordsScratch.write(Array(whole.dropLast()), to: path)
            #expect(throws: BackupError.self) {
                try restore(backup, to: folder.path + "/restored")
            }
            RecordsScratch.write(whole, to: path)
        }
    }

    @Test func `folders that hold something, or no finished back-up, are refused`() throws {
        let path = folder.path + "/full"
        try Files.system.makeFolder(path + "/something")
        #expect(throws: BackupError.self) { try BackupFolder(path) }
        _ = try BackupFolder(folder.path + "/begun")
        for missing in ["/begun", "/none"] {
            let error = #expect(throws: BackupError.self) {
                try restore(folder.path + missing, to: folder.path + "/restored")
            }
            #expect(error.map { "\($0)" }?.contains("no finished back-up") == true)
        }
    }

    @Test func `a list that names a file outside its folder is none`() {
        let text = """
            {"version":1,"time":1,"files":[{"path":"../../etc/passwd","bytes":1,"crc32c":1}]}
            """
        #expect(BackupManifest(Array(text.utf8)) == nil)
    }
}
