import Basics
import Keep
import Testing

@Suite struct RecordsTests {
    let folder = RecordsScratch()

    private func open() throws -> RecordKeeper {
        try RecordKeeper.open(folder: folder.path, registry: Registry())
    }

    @Test func `settings survive a restart and can be removed`() throws {
        let first = try open()
        try first.settings.set("a.one", "1")
        try first.settings.set("a.two", "2")
        try first.settings.set("b", "三")
        try first.settings.set("a.one", nil)
        try first.close()
        let second = try open()
        #expect(try second.settings.value("b") == "三")
        #expect(try second.settings.value("a.one") == nil)
        #expect(try second.settings.all(prefix: "a.").map(\.key) == ["a.two"])
    }

    @Test func `a message goes from waiting over failing to delivered, and is logged once`() throws
    {
        let outbox = try open().outbox
        let payload: [UInt8] = [0, 255, 1, 10]
        let ids = try outbox.enqueue(
            [
                OutboxDraft(receiver: "ops", groupKey: "g", payload: payload),
                OutboxDraft(receiver: "dev", groupKey: "g", payload: [], notBefore: 500),
            ], now: 100)
        #expect(try outbox.due(now: 100).map(\.id) == [ids[0]])
        #expect(try outbox.due(now: 100).first?.payload == payload)
        try outbox.fail(ids[0], error: "503", retryAt: 900)
        #expect(try outbox.due(now: 100).isEmpty)
        #expect(try outbox.nextDue() == 500)
        let due = try outbox.due(now: 900)
        #expect(due.map(\.receiver) == ["dev", "ops"])
        #expect(due.last?.attempts == 1 && due.last?.lastError == "503")
        try outbox.succeed(ids[0], answer: "200 ok", now: 910)
        try outbox.giveUp(ids[1], error: "404", now: 920)
        let counts = try outbox.counts()
        #expect(counts.waiting == 0 && counts.givenUp == 1 && counts.oldestWaiting == nil)
        let log = try outbox.log()
        #expect(log.map(\.isDelivered) == [false, true])
        #expect(log.map(\.attempts) == [1, 2])
        #expect(log.map(\.answer) == ["404", "200 ok"])
        try outbox.retry(ids[1], now: 1_000)
        #expect(try outbox.due(now: 1_000).map(\.id) == [ids[1]])
        #expect(try outbox.prune(before: 915) == 1)
    }

    @Test func `a message and the state of its group are kept together`() throws {
        let keeper = try open()
        let group = GroupState(
            receiver: "ops", groupKey: "{}:{a=\"b\"}", firing: [1, .max], resolved: [],
            sentAt: 5, expiresAt: 50)
        try keeper.outbox.enqueue(
            [OutboxDraft(receiver: "ops", groupKey: "g", payload: [1])], groups: [group], now: 5)
        try keeper.close()
        let again = try open()
        #expect(try again.groups.all() == [group])
        #expect(try again.outbox.counts().waiting == 1)
        #expect(try again.groups.prune(now: 50) == 1)
    }

    @Test func `alert states of a group are replaced as a whole`() throws {
        let keeper = try open()
        func state(_ group: String, _ pod: String, _ fired: Millis?) -> AlertState {
            AlertState(
                group: group, rule: "HighLatency", labels: ["pod": pod, "é\n": "\"'\\"],
                annotations: ["summary": "慢"], value: 1.5, activeAt: 10, firedAt: fired, seenAt: 40)
        }
        try keeper.alerts.replace(group: "g", with: [state("g", "a", nil), state("g", "b", 20)])
        try keeper.alerts.replace(group: "h", with: [state("h", "c", nil)])
        try keeper.alerts.replace(group: "g", with: [state("g", "b", 30)])
        #expect(try keeper.alerts.all() == [state("g", "b", 30), state("h", "c", nil)])
        try keeper.alerts.keepOnly(groups: ["h"])
        #expect(try keeper.alerts.all(group: "g").isEmpty)
        #expect(try keeper.alerts.all().count == 1)
    }

    @Test func `a KPI bucket is written anew, and matchers and range choose series`() throws {
        let kpis = try open().kpis
        let lead = Labels(name: "martlet_lead_time", ("team", "a"))
        let rate = Labels(name: "martlet_deploys", ("team", "b"))
        func row(_ labels: Labels, _ start: Millis, _ value: Double) -> KPIRow {
            KPIRow(labels: labels, bucketStart: start, bucketMillis: 10, value: value, count: 1)
        }
        try kpis.upsert([row(lead, 20, 2), row(lead, 10, 1), row(rate, 10, .infinity)])
        try kpis.upsert([row(lead, 20, 7), row(rate, 20, .nan)])
        let all = TimeRange(from: 0, through: 100)
        let found = try kpis.series(matching: [], range: all)
        #expect(found.map(\.labels) == [rate, lead])
        #expect(found[1] == Series(labels: lead, times: [10, 20], values: [1, 7]))
        #expect(found[0].values[0] == .infinity && found[0].values[1].isNaN)
        let chosen = try kpis.series(
            matching: [Matcher("team", .matches, "a|c")], range: TimeRange(from: 15, through: 20))
        #expect(chosen == [Series(labels: lead, times: [20], values: [7])])
        #expect(try kpis.prune(before: 20) == 2)
        #expect(try kpis.series(matching: [], range: all).allSatisfy { $0.times == [20] })
    }

    @Test func `a damaged database is refused with a next step and left as it was`() throws {
        let keeper = try open()
        for index in 0..<300 { try keeper.settings.set("key\(index)", "value") }
        try keeper.close()
        let path = folder.path + "/martlet.db"
        var bytes = RecordsScratch.contents(path)
        let intact = bytes
        for offset in stride(from: 3 * 4096, to: bytes.count, by: 1) { bytes[offset] ^= 0x5a }
        RecordsScratch.write(bytes, to: path)
        let error = #expect(throws: RecordError.self) { try open() }
        #expect(error?.description.contains("martlet restore") == true)
        let isUntouched = RecordsScratch.contents(path) == bytes
        #expect(isUntouched)
        RecordsScratch.write(
            [UInt8]("not a database at all, but long enough to look".utf8), to: path)
        #expect(throws: RecordError.self) { try open() }
        RecordsScratch.write(intact, to: path)
        #expect(try open().settings.value("key7") == "value")
    }

    @Test func `a flipped bit in the write-ahead log is reported, not dropped in silence`() throws {
        let keeper = try open()
        for index in 0..<50 { try keeper.settings.set("key\(index)", "value") }
        // A crash: the files as they are, copied while the log is still there.
        let crashed = RecordsScratch()
        for name in ["martlet.db", "martlet.db-wal"] {
            RecordsScratch.write(
                RecordsScratch.contents("\(folder.path)/\(name)"), to: "\(crashed.path)/\(name)")
        }
        try keeper.close()
        let log = crashed.path + "/martlet.db-wal"
        let intact = RecordsScratch.contents(log)
        let open = { try RecordKeeper.open(folder: crashed.path, registry: Registry()) }
        var torn = intact
        torn.removeLast(1_000)
        RecordsScratch.write(torn, to: log)
        #expect(try open().settings.value("key48") == "value")

        let again = RecordsScratch()
        RecordsScratch.write(
            RecordsScratch.contents("\(crashed.path)/martlet.db"), to: again.path + "/martlet.db")
        var flipped = intact
        flipped[intact.count / 2] ^= 1
        RecordsScratch.write(flipped, to: again.path + "/martlet.db-wal")
        let error = #expect(throws: RecordError.self) {
            try RecordKeeper.open(folder: again.path, registry: Registry())
        }
        #expect(error?.description.contains("hides") == true)
    }

    @Test func `a back-up opens as the original, and never overwrites`() throws {
        let keeper = try open()
        try keeper.settings.set("a", "1")
        let other = RecordsScratch()
        try keeper.backUp(to: other.path + "/martlet.db")
        #expect(throws: RecordError.self) { try keeper.backUp(to: other.path + "/martlet.db") }
        let copy = try RecordKeeper.open(folder: other.path, registry: Registry())
        #expect(try copy.settings.value("a") == "1")
    }

    @Test func `a second agent is told who holds the folder`() throws {
        var lock: FolderLock? = try FolderLock.take(folder: folder.path, address: "")
        try lock?.announce(address: "127.0.0.1:9797")
        let holder = FolderLock.holder(of: folder.path)
        #expect(holder?.address == "127.0.0.1:9797")
        let error = #expect(throws: FolderLockError.self) {
            try FolderLock.take(folder: folder.path, address: "")
        }
        #expect(error?.description.contains("127.0.0.1:9797") == true)
        #expect(error?.description.contains("process id \(holder?.pid ?? -1)") == true)
        lock = nil
        #expect(FolderLock.holder(of: folder.path) == nil)
        _ = try FolderLock.take(folder: folder.path, address: "")
    }
}
