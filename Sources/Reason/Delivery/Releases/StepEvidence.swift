// What events tell of the steps of a release without anybody keeping a record: it was deployed, its
// commit was tested, its changes were reviewed, it was built on a release branch, its watch is over.
// Requirement and documents leave no trace in events; a person has to say them.

internal import Basics

/// Evidence for the steps of releases, put together once for all of them.
struct StepEvidence {
    /// The last build or test run without a fault, by sha.
    private var tests: [String: String] = [:]
    /// A build on a release branch, by sha.
    private var branches: [String: String] = [:]
    /// Changes by the deployment that brought them first.
    private var changes: [String: [ChangeRequest]] = [:]

    init(_ state: DeliveryState, now: Millis) {
        for build in state.builds.values.sorted(by: { $0.key < $1.key })
        where !build.sha.isEmpty && build.time <= now {
            if build.status == "success" { tests[build.sha] = build.key }
            if build.branch.hasPrefix("release/") { branches[build.sha] = build.key }
        }
        for run in state.testRuns
        where !run.sha.isEmpty && run.time <= now && run.passed ?? 0 > 0
            && run.failed + run.errors == 0
        { tests[run.sha] = run.id }
        for (change, deployment) in state.reach.deploymentOfChange.sorted(by: { $0.key < $1.key }) {
            if let change = state.changes[change], !change.isBot {
                changes[deployment, default: []].append(change)
            }
        }
    }

    /// Steps that need no entry, with the id of what tells of them.
    func steps(
        _ record: ReleaseRecord?, _ rows: [Deployment], watched: Millis, now: Millis
    ) -> [String: String] {
        var told: [String: String] = [:]
        let shas = rows.flatMap { $0.parts.map(\.sha) } + [record?.sha ?? ""]
        if let test = shas.compactMap({ tests[$0] }).first { told["test"] = test }
        if let branch = shas.compactMap({ branches[$0] }).first { told["branch"] = branch }
        // A tag that stands in for a deployment tells of no deploying.
        if let row = rows.first(where: { !$0.isFromTag }) {
            told["deploy"] = row.key
            if row.finished + watched <= now { told["monitor"] = row.key }
        }
        let brought = rows.flatMap { changes[$0.key] ?? [] }
        if let last = brought.last,
            brought.allSatisfy({ $0.opened != nil && $0.firstReview != nil })
        {
            told["review"] = last.key
        }
        return told.filter { record?.entry($0.key) == nil }
    }
}
