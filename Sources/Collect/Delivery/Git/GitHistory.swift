// A repository's history as events: commits, the change requests that its merges and squashed subjects
// speak of, and tags as releases and deployments. Ids are made of the repository's name and shas, so
// importing again adds only what is new. A merge owns the commits that it brought, which tells when the
// work on it began.

public import Basics

/// What to take from a repository.
public struct GitImport: Sendable {
    public var folder: String
    /// `org/name`; empty takes it from the remote `origin`, else from the folder.
    public var repository = ""
    public var team = ""
    public var service = ""
    /// Lines added and deleted, which costs git a difference per commit.
    public var withSizes = true
    /// A tag that names a release (no pre-release) is a deployment to production.
    public var tagsAreDeployments = true
    /// Commits from this time on; nil for all.
    public var since: Millis?

    public init(folder: String) { self.folder = folder }
}

/// Reads a repository; blocks while git runs.
///
/// - Throws: ``DeliveryError`` when git is missing or the folder is no repository.
public func readGit(
    _ wanted: GitImport, people: PeopleBook
) throws(DeliveryError) -> NormalisedDelivery {
    let git = GitCommand(folder: wanted.folder)
    var name = wanted.repository
    if name.isEmpty {
        let url = (try? git.run(["config", "--get", "remote.origin.url"])).map(text) ?? ""
        let top = url.isEmpty ? text(try git.run(["rev-parse", "--absolute-git-dir"])) : ""
        let folder = top.hasSuffix("/.git") ? String(top.dropLast(5)) : top
        name =
            url.isEmpty
            ? String(folder.split(separator: "/").last ?? "repository") : repositoryName(ofURL: url)
    }
    var config = DeliverySourceConfig(kind: .generic, name: "git")
    config.team = wanted.team
    if !wanted.service.isEmpty { config.services[name] = wanted.service }
    var reading = GitReading(
        wanted: wanted, repository: name,
        reading: Reading(
            source: config, people: people,
            delivery: RawDelivery(source: "git", id: "", receivedAt: 0, body: [])))
    if text(try git.run(["rev-parse", "--is-shallow-repository"])) == "true" {
        reading.reading.fault(
            "the clone is shallow: older commits are missing (git fetch --unshallow)")
    }
    guard let head = try? git.run(["rev-parse", "--verify", "HEAD"]) else {
        throw DeliveryError("empty", "the repository has no commit")
    }
    let branch = text((try? git.run(["rev-parse", "--abbrev-ref", "HEAD"])) ?? [])
    var arguments = [
        "log", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "--date-order",
        "--format=%x1e%H%x1f%P%x1f%at%x1f%ct%x1f%an%x1f%ae%x1f%s%x1f%b%x1d",
    ]
    if wanted.withSizes { arguments.append("--numstat") }
    if let since = wanted.since { arguments.append("--since=@\(since / 1000)") }
    arguments += [text(head), "--"]
    let log = try git.run(arguments)
    let tags = try git.run([
        "for-each-ref", "refs/tags",
        "--format=%(refname:strip=2)%1f%(objectname)%1f%(*objectname)%1f%(creatordate:unix)",
    ])
    reading.take(commits: parseGitLog(log), branch: branch == "HEAD" ? nil : branch)
    reading.take(tags: tags)
    var result = reading.reading.finish()
    for index in result.events.indices { result.events[index].source = "git" }
    return result
}

private func text(_ bytes: [UInt8]) -> String { trimmed(String(decoding: bytes, as: UTF8.self)) }

/// A commit as git's log shows it.
struct GitCommit {
    var sha: String
    var parents: [String]
    var authored: Millis
    var committed: Millis
    var author: Identity
    var subject: String
    var isRevert: Bool
    var added = 0
    var deleted = 0
    var files = 0
}

/// Reads the log: records begin with 0x1e, fields end with 0x1f, sizes follow 0x1d.
func parseGitLog(_ bytes: [UInt8]) -> [GitCommit] {
    bytes.split(separator: 0x1e).compactMap { record in
        guard let mark = record.lastIndex(of: 0x1d) else { return nil }
        let parts = record[..<mark].split(
            separator: 0x1f, maxSplits: 7, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        guard parts.count == 8, let authored = Int64(parts[2]), let committed = Int64(parts[3])
        else {
            return nil
        }
        var commit = GitCommit(
            sha: parts[0], parents: parts[1].split(separator: " ").map(String.init),
            authored: authored * 1000, committed: committed * 1000,
            author: Identity(name: parts[4], email: parts[5]), subject: parts[6],
            isRevert: parts[7].contains("This reverts commit "))
        for line in record[(mark + 1)...].split(separator: 0x0a) {
            let columns = line.split(separator: 0x09, maxSplits: 2)
            guard columns.count == 3 else { continue }
            commit.files += 1
            // A binary file has `-` for both.
            commit.added += Int(String(decoding: columns[0], as: UTF8.self)) ?? 0
            commit.deleted += Int(String(decoding: columns[1], as: UTF8.self)) ?? 0
        }
        return commit
    }
}
