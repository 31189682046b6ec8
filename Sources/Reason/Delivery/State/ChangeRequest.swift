// Commits and change requests (pull or merge requests, Gerrit changes) with their reviews. Phases
// are not computed here: only who did what when.

public import Basics

/// A commit, as far as events told of it.
public struct DeliveredCommit: Sendable, Equatable {
    public var sha: String
    public var place: DeliveryPlace
    public var authored: Millis
    /// Committer time: a rebase moves it, the author's time stays.
    public var committed: Millis
    public var parents: Int
    /// nil where no event told them; empty for the first commit of a repository.
    public var parentShas: [String]?
    public var linesAdded: Int?
    public var linesDeleted: Int?
    public var change: String?
    public var branch: String?
    public var isRevert: Bool
    public var isFix: Bool
    public var isBot: Bool
    public var actor: String

    public var isMerge: Bool { parents > 1 }
}

extension [String: DeliveredCommit] {
    mutating func apply(_ event: Event) {
        guard let sha = event.text("sha") else { return }
        let key = event.repository + "@" + sha
        let known = self[key]
        self[key] = DeliveredCommit(
            sha: sha, place: known?.place ?? DeliveryPlace(event),
            authored: event.time("authored") ?? known?.authored ?? event.time,
            committed: event.time("committed") ?? known?.committed ?? event.time,
            parents: event.int("parents") ?? known?.parents ?? 1,
            parentShas: event.fields["parentShas"]?.list ?? known?.parentShas,
            linesAdded: event.int("added") ?? known?.linesAdded,
            linesDeleted: event.int("deleted") ?? known?.linesDeleted,
            change: event.text("change") ?? known?.change,
            branch: event.text("branch") ?? known?.branch,
            isRevert: event.flag("isRevert") ?? known?.isRevert ?? false,
            isFix: event.flag("isFix") ?? known?.isFix ?? false,
            isBot: event.isBot || known?.isBot ?? false,
            actor: event.actor.isEmpty ? known?.actor ?? "" : event.actor)
        self[key]?.place.learn(event)
    }
}

/// One answer to a change request.
public struct CodeReview: Sendable, Equatable {
    public var id: String
    public var time: Millis
    public var actor: String
    public var isBot: Bool
    /// `approved`, `changes_requested` or `commented`.
    public var state: String
    public var comments: Int
}

/// A change request.
public struct ChangeRequest: Sendable, Equatable {
    public var key: String
    public var number: String
    public var place: DeliveryPlace
    public var author = ""
    public var isBot = false
    public var opened: Millis?
    /// When it left draft for the last time before its first review; the opening if never a draft.
    public var ready: Millis?
    public var isDraft = false
    public var merged: Millis?
    public var closed: Millis?
    public var firstCommit: Millis?
    public var branch = ""
    public var target = ""
    public var mergeSha: String?
    public var linesAdded: Int?
    public var linesDeleted: Int?
    public var pushes: [Millis] = []
    public var reviews: [CodeReview] = []

    /// Reviews by other people, in order; the author's own and bots' do not count.
    public var humanReviews: [CodeReview] {
        reviews.filter { !$0.isBot && ($0.actor.isEmpty || author.isEmpty || $0.actor != author) }
    }
}

extension [String: ChangeRequest] {
    mutating func apply(_ event: Event) {
        guard let number = event.text("change") else { return }
        let key = event.repository + "#" + number
        var row =
            self[key] ?? ChangeRequest(key: key, number: number, place: DeliveryPlace(event))
        row.place.learn(event)
        if event.kind == .review {
            row.reviews.append(
                CodeReview(
                    id: event.id, time: event.time, actor: event.actor, isBot: event.isBot,
                    state: event.text("state") ?? "commented", comments: event.int("comments") ?? 0)
            )
        } else {
            row.apply(event)
        }
        self[key] = row
    }
}

extension ChangeRequest {
    fileprivate mutating func apply(_ event: Event) {
        let isDraftNow = event.flag("isDraft")
        switch event.text("action") ?? "updated" {
        case "opened":
            opened = Swift.min(opened ?? event.time, event.time)
            author = event.actor
            isBot = event.isBot
            isDraft = isDraftNow ?? false
            if !isDraft { ready = ready ?? event.time }
        case "ready":
            isDraft = false
            ready = event.time
        case "merged":
            merged = merged ?? event.time
            isDraft = false
            // A merge that is the first word of a change (from a bare history) names its author.
            if author.isEmpty && opened == nil {
                author = event.actor
                isBot = event.isBot
            }
        case "closed": closed = event.time
        case "reopened":
            closed = nil
        default:
            pushes.append(event.time)
            if isDraftNow == true { isDraft = true }
            if isDraftNow == true { ready = nil }
        }
        if let first = event.time("firstCommit") {
            firstCommit = Swift.min(firstCommit ?? first, first)
        }
        if let sha = event.text("sha"), event.text("action") == "merged" { mergeSha = sha }
        branch = event.text("branch") ?? branch
        target = event.text("target") ?? target
        linesAdded = event.int("added") ?? linesAdded
        linesDeleted = event.int("deleted") ?? linesDeleted
    }
}
