import Basics
import Collect
import Foundation
import Testing

/// A repository made for a test, without the machine's own configuration.
private final class Repository {
    let folder = FileManager.default.temporaryDirectory.path + "/martlet-git-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try git("init", "-q", "-b", "main")
        try git("remote", "add", "origin", "https://user:secret@example.org/org/shop.git")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func git(_ arguments: String..., input: String? = nil, time: Int = 1_700_000_000) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + arguments
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin",
            "GIT_AUTHOR_NAME": "Ann Lee", "GIT_AUTHOR_EMAIL": "ann@example.org",
            "GIT_COMMITTER_NAME": "Ann Lee", "GIT_COMMITTER_EMAIL": "ann@example.org",
            "GIT_AUTHOR_DATE": "@\(time) +0000", "GIT_COMMITTER_DATE": "@\(time) +0000",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
        ]
        if let input {
            let file = folder + ".input"
            try Data(input.utf8).write(to: URL(filePath: file))
            process.standardInput = FileHandle(forReadingAtPath: file)
        }
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder + ".input")
        #expect(process.terminationStatus == 0, "git \(arguments)")
    }

    func commit(_ message: String, file: String, _ text: String, time: Int) throws {
        try Data(text.utf8).write(to: URL(filePath: folder + "/" + file))
        try git("add", file)
        try git("commit", "-q", "-m", message, time: time)
    }

    func read(_ change: (inout GitImport) -> Void = { _ in }) throws -> NormalisedDelivery {
        var wanted = GitImport(folder: folder)
        change(&wanted)
        return try readGit(wanted, people: PeopleBook(salt: testSalt))
    }
}

@Suite struct DeliveryGitTests {
    @Test func `commits, merges and tags become events`() throws {
        let repository = try Repository()
        try repository.commit("Begin", file: "a", "1\n2\n", time: 1_700_000_000)
        try repository.git("checkout", "-q", "-b", "work")
        try repository.commit("Fix the thing", file: "b", "x\n", time: 1_700_000_100)
        try repository.commit("More", file: "b", "y\nz\n", time: 1_700_000_200)
        try repository.git("checkout", "-q", "main")
        try repository.git(
            "merge", "-q", "--no-ff", "-m", "Merge pull request #7 from ann/work", "work",
            time: 1_700_000_300)
        try repository.commit("Squashed thing (#8)", file: "a", "1\n", time: 1_700_000_400)
        try repository.git("tag", "-a", "v1.0.0", "-m", "One", time: 1_700_000_500)
        try repository.git("tag", "v1.1.0-rc.1")
        let result = try repository.read()
        #expect(result.faults.isEmpty)
        let commits = result.events.filter { $0.kind == .commit }
        #expect(commits.count == 5)
        #expect(commits.allSatisfy { $0.repository == "org/shop" && $0.service == "shop" })
        let fix = try #require(commits.first { $0["isFix"] == .bool(true) })
        #expect(fix["added"] == .number(1) && fix["branch"] == nil && fix["parents"] == .number(1))
        let merged = try #require(
            result.events.first { $0.kind == .change && $0["change"] == .text("7") })
        let merge = try #require(commits.first { $0["parents"] == .number(2) })
        #expect(merge["parentShas"]?.list?.count == 2)
        let shas = Set(commits.compactMap { $0["sha"]?.text })
        #expect(shas.isSuperset(of: commits.flatMap { $0["parentShas"]?.list ?? ["none"] }))
        #expect(merged["firstCommit"] == .number(1_700_000_100_000))
        #expect(merged["added"] == .number(3) && merged["deleted"] == .number(1))
        #expect(merged.time == 1_700_000_300_000)
        #expect(result.events.contains { $0.kind == .change && $0["change"] == .text("8") })
        #expect(result.events.count { $0.kind == .release } == 2)
        let deployments = result.events.filter { $0.kind == .deployment }
        #expect(deployments.map { $0["version"]?.text } == ["v1.0.0"])
        #expect(deployments.first?.time == 1_700_000_500_000)
        let text = "\(result.events)"
        #expect(!text.contains("Ann Lee") && !text.contains("ann@") && !text.contains("secret"))
    }

    @Test func `in a history without numbers every merge of the main line is a change`() throws {
        let repository = try Repository()
        try repository.commit("Begin", file: "a", "1\n", time: 1_700_000_000)
        try repository.git("checkout", "-q", "-b", "work")
        try repository.commit("Work", file: "b", "x\n", time: 1_700_000_100)
        try repository.git("checkout", "-q", "main")
        try repository.git(
            "merge", "-q", "--no-ff", "-m", "Merge work", "work", time: 1_700_000_300)
        let changes = try repository.read().events.filter { $0.kind == .change }
        #expect(changes.count == 1 && changes.first?["firstCommit"] == .number(1_700_000_100_000))
        #expect(changes.first?["change"]?.text?.count == 12)
        // One number anywhere, and the others are merges between branches.
        try repository.commit("Squashed (#1)", file: "a", "2\n", time: 1_700_000_400)
        let numbered = try repository.read().events.filter { $0.kind == .change }
        #expect(numbered.map { $0["change"] } == [.text("1")])
    }

    @Test func `importing again changes nothing, and adds only what is new`() throws {
        let repository = try Repository()
        try repository.commit("One", file: "a", "1", time: 1_700_000_000)
        let first = try repository.read().events
        #expect(try repository.read().events == first)
        try repository.commit("Two", file: "a", "2", time: 1_700_000_100)
        let second = try repository.read().events
        #expect(second.filter { !first.map(\.id).contains($0.id) }.count == 1)
    }

    @Test func `ten thousand commits are read in ten seconds`() throws {
        let repository = try Repository()
        var stream = ""
        for index in 1...10_000 {
            let text = "line \(index)\n"
            stream += """
                commit refs/heads/main
                committer Person \(index % 50) <p\(index % 50)@example.org> \(1_600_000_000 + index * 60) +0000
                data 10
                change #\(String(index % 10))x
                M 100644 inline f\(index % 20)
                data \(text.utf8.count)
                \(text)

                """
        }
        try repository.git("fast-import", "--quiet", input: stream)
        let clock = ContinuousClock()
        var count = 0
        let time = try clock.measure { count = try repository.read().events.count }
        #expect(count == 10_000)
        #expect(time < .seconds(10), "\(time)")
    }

    @Test func `a folder that is no repository, and an empty one, are refused with a reason`()
        throws
    {
        #expect(throws: DeliveryError.self) {
            try readGit(GitImport(folder: "/proc"), people: PeopleBook(salt: testSalt))
        }
        let empty = try Repository()
        #expect(throws: DeliveryError.self) { try empty.read() }
    }
}
