// The commits of one repository on their way to production, taken deployment by deployment. Where
// events tell a commit's parents, a deployment holds its commit's ancestors, however the branches
// ran; where they do not, the main line is read as time, and a deployment holds what was on it by
// then. Both may meet in one history (an import, then pushes, which name no parents): the walk then
// ends at a commit without told parents, and time takes over from there.

internal import Basics

/// What of a repository has not reached production yet.
struct CommitLine {
    private var commits: [String: DeliveredCommit] = [:]
    /// When each commit was on the main line, oldest first.
    private var byTime: [(time: Millis, sha: String)] = []
    private var times: [String: Millis] = [:]
    private var taken: Set<String> = []
    /// Of `byTime`, how many have been looked at.
    private var looked = 0

    /// - Parameter time: when a commit was on the main line.
    init(_ all: [DeliveredCommit], time: (DeliveredCommit) -> Millis) {
        for commit in all {
            commits[commit.sha] = commit
            times[commit.sha] = time(commit)
        }
        byTime = times.map { ($0.value, $0.key) }.sorted { $0 < $1 }
    }

    /// True when the commit's own parents are told, so that its ancestors are known to be such.
    func isGraphed(_ sha: String) -> Bool { commits[sha]?.parentShas != nil }

    /// Takes what a deployment of a commit is the first to hold; later ones must have finished later.
    ///
    /// - Parameter holds: what is on the main line by then counts where no parents are told.
    mutating func take(_ sha: String, holds: Millis) -> [String] {
        var found: [String] = []
        var bound = isGraphed(sha) ? Millis.min : holds
        var open = [sha]
        while let next = open.popLast() {
            guard let commit = commits[next], taken.insert(next).inserted else { continue }
            found.append(next)
            if let parents = commit.parentShas {
                open += parents
            } else {
                bound = max(bound, times[next] ?? .min)
            }
        }
        while looked < byTime.count, byTime[looked].time <= bound {
            if taken.insert(byTime[looked].sha).inserted { found.append(byTime[looked].sha) }
            looked += 1
        }
        return found
    }
}
