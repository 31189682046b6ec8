// From commits and tags to events.

internal import Basics

struct GitReading {
    let wanted: GitImport
    let repository: String
    var reading: Reading

    mutating func take(commits: [GitCommit], branch: String?) {
        let byID = Dictionary(commits.map { ($0.sha, $0) }) { first, _ in first }
        let mainline = firstParents(from: commits.first?.sha, byID)
        let isMain = Set(mainline)
        for commit in commits {
            let message = CommitMessage(commit.subject)
            let isSized = wanted.withSizes && commit.parents.count < 2
            reading.add(
                .commit, "commit/\(repository)/\(commit.sha)", at: plausible(commit.committed),
                repository: repository, by: commit.author,
                [
                    "sha": .text(commit.sha), "parents": .number(Double(commit.parents.count)),
                    "parentShas": .list(commit.parents),
                    "authored": .maybe(plausible(commit.authored)),
                    "committed": .number(Double(commit.committed)),
                    "added": isSized ? .number(Double(commit.added)) : nil,
                    "deleted": isSized ? .number(Double(commit.deleted)) : nil,
                    "files": isSized ? .number(Double(commit.files)) : nil,
                    "change": .maybe(message.change),
                    "isRevert": message.isRevert || commit.isRevert ? .bool(true) : nil,
                    "isFix": message.isFix ? .bool(true) : nil,
                    // Only the first parents are known to have been on the branch.
                    "branch": isMain.contains(commit.sha) ? .maybe(branch) : nil,
                ])
        }
        takeChanges(mainline, byID, branch)
    }

    /// The mainline, newest first.
    private func firstParents(from head: String?, _ byID: [String: GitCommit]) -> [String] {
        var line: [String] = []
        var next = head
        while let sha = next, let commit = byID[sha] {
            line.append(sha)
            next = commit.parents.first
        }
        return line
    }

    /// Merges and squashed subjects on the mainline are change requests that were merged.
    ///
    /// Their numbers are in the subjects; in a history without any number every merge is a change,
    /// by its sha.
    private mutating func takeChanges(
        _ mainline: [String], _ byID: [String: GitCommit], _ branch: String?
    ) {
        var owned = Set(mainline)
        let isNumbered = mainline.contains { sha in
            byID[sha].flatMap { CommitMessage($0.subject).change } != nil
        }
        for sha in mainline.reversed() {
            guard let commit = byID[sha] else { continue }
            // What a merge brought: its other parents' ancestors that nobody before it had brought.
            var brought: [GitCommit] = []
            var open = Array(commit.parents.dropFirst())
            while let next = open.popLast() {
                guard let other = byID[next], owned.insert(next).inserted else { continue }
                brought.append(other)
                open += other.parents
            }
            let isMerge = commit.parents.count > 1
            guard
                let number = CommitMessage(commit.subject).change
                    ?? (!isNumbered && isMerge ? String(sha.prefix(12)) : nil)
            else { continue }
            let work = isMerge ? brought : [commit]
            let isSized = wanted.withSizes && !work.isEmpty
            let oldest = work.min { $0.authored < $1.authored }
            reading.add(
                .change, "change/\(repository)/\(number)/merged", at: plausible(commit.committed),
                repository: repository, by: oldest?.author ?? commit.author,
                [
                    "change": .text(number), "action": .text("merged"), "target": .maybe(branch),
                    "sha": .text(commit.sha),
                    "firstCommit": .maybe(oldest.flatMap { plausible($0.authored) }),
                    "added": isSized ? .number(Double(work.reduce(0) { $0 + $1.added })) : nil,
                    "deleted": isSized ? .number(Double(work.reduce(0) { $0 + $1.deleted })) : nil,
                ])
        }
    }

    mutating func take(tags: [UInt8]) {
        for line in lines(of: tags) {
            let parts = line.split(separator: 0x1f, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 4, let seconds = Int64(parts[3]) else { continue }
            let time = plausible(seconds * 1000)
            let sha = parts[2].isEmpty ? parts[1] : parts[2]
            if let since = wanted.since, let time, time < since { continue }
            reading.add(
                .release, "release/\(repository)/\(parts[0])", at: time, repository: repository,
                ["version": .text(parts[0]), "sha": .text(sha)])
            guard wanted.tagsAreDeployments, isStableVersion(parts[0]) else { continue }
            reading.add(
                .deployment, "deployment/\(repository)/\(parts[0])", at: time,
                repository: repository,
                [
                    "deployment": .text(parts[0]), "environment": .text("production"),
                    "sha": .text(sha), "version": .text(parts[0]), "status": .text("success"),
                    "finished": .maybe(time),
                ])
        }
    }

    /// Clocks of committers are wrong now and then; a commit of 1970 or 2200 has no time.
    private func plausible(_ time: Millis) -> Millis? { parseStamp("\(time / 1000)") }
}

/// True for a version that is no pre-release: `v1.2.3`, `2023.03.15`, `1.0.0+build`; not `v1.0-rc.1`.
func isStableVersion(_ name: String) -> Bool {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    let version = last.hasPrefix("v") || last.hasPrefix("V") ? String(last.dropFirst()) : last
    guard version.first?.isNumber == true else { return false }
    let words = version.lowercased().split { !$0.isLetter }
    let marks: Set<Substring> = [
        "alpha", "beta", "rc", "pre", "preview", "dev", "nightly", "snapshot", "test", "a", "b",
    ]
    return !words.contains { marks.contains($0) || $0.hasPrefix("rc") }
}
