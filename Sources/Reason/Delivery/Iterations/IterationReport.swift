// What happened to an iteration. The commitment is frozen at the time of its start event, from the
// items' own stories, so nothing that is edited later can change it. Scope that came, went or was
// re-estimated is kept apart: committed + added + re-estimated - removed is the final scope.

public import Basics

/// An amount of work.
public struct WorkAmount: Sendable, Equatable {
    public var items: Int
    /// Sum of the estimates; items without one count 0 here and are counted in `unestimated`.
    public var points: Double
    public var unestimated: Int
    /// Points where the iteration is estimated, items otherwise.
    public var amount: Double

    init(_ estimates: [Double?], usesPoints: Bool) {
        items = estimates.count
        points = estimates.reduce(0) { $0 + ($1 ?? 0) }
        unestimated = estimates.count { $0 == nil }
        amount = usesPoints ? points : Double(items)
    }
}

/// The report of one iteration.
public struct IterationReport: Sendable, Equatable {
    public var id: String
    public var name: String
    public var place: DeliveryPlace
    public var started: Millis
    public var plannedStart: Millis?
    public var plannedEnd: Millis?
    /// nil while it runs.
    public var closed: Millis?
    public var endMoves: [Dated<PlannedDates>]
    /// True when amounts are points, false when they are items.
    public var usesPoints: Bool
    /// At the start, without items that were done before.
    public var committed: WorkAmount
    public var added: WorkAmount
    public var removed: WorkAmount
    /// Sum of the changes of estimates after entry; may be negative.
    public var reestimated: Double
    public var reestimatedAbsolute: Double
    /// Done inside the iteration's window and still in it at the close, by their estimates then.
    public var completed: WorkAmount
    /// Of the committed ones, by their estimates at the start: never more than the commitment.
    public var completedOfCommitted: WorkAmount
    public var carriedOver: WorkAmount
    public var committedItems: [String]
    public var addedItems: [String]
    public var removedItems: [String]
    public var reestimatedItems: [String]
    public var completedItems: [String]
    public var carriedOverItems: [String]
    public var carriedInItems: [String]
    public var reopenedItems: [String]
    public var doneBeforeItems: [String]

    /// Completed of the committed; nil without a commitment.
    public var completionRate: Double? {
        committed.amount > 0 ? completedOfCommitted.amount / committed.amount : nil
    }

    /// Everything completed against the commitment; nil without one.
    public var capacityAccuracy: Double? {
        committed.amount > 0 ? completed.amount / committed.amount : nil
    }

    /// The scope at the end.
    public var finalScope: Double {
        committed.amount + added.amount - removed.amount + (usesPoints ? reestimated : 0)
    }
}

extension DeliveryState {
    /// Reports of all iterations that have begun, oldest first.
    public func iterationReports(now: Millis) -> [IterationReport] {
        iterations.values.compactMap { iterationReport($0.id, now: now) }
            .sorted { ($0.started, $0.id) < ($1.started, $1.id) }
    }

    /// The report of one iteration as of a moment; nil before it has begun.
    public func iterationReport(_ id: String, now: Millis) -> IterationReport? {
        guard let iteration = iterations[id], let start = iteration.started, start <= now else {
            return nil
        }
        let closed = iteration.closed.flatMap { $0 <= now && $0 >= start ? $0 : nil }
        let end = closed ?? now
        let stories = items.values.filter { item in
            !settings.isChild(item.type)
                && item.iterations.contains { $0.value == id && $0.time <= end }
        }.sorted { $0.key < $1.key }
            .compactMap { ItemInIteration($0, id, start: start, end: end, isClosed: closed != nil) }
        let usesPoints = stories.contains { ($0.entryEstimate ?? $0.endEstimate) != nil }
        func amount(
            _ keep: (ItemInIteration) -> Bool, _ estimate: (ItemInIteration) -> Double?
        ) -> WorkAmount {
            WorkAmount(stories.filter(keep).map(estimate), usesPoints: usesPoints)
        }
        func keys(_ keep: (ItemInIteration) -> Bool) -> [String] {
            stories.filter(keep).map(\.key)
        }
        let moves = stories.filter { !$0.wasDoneBefore }
            .map { ($0.endEstimate ?? 0) - ($0.entryEstimate ?? 0) }
        let plan = iteration.plans.last { $0.time <= end }?.value ?? PlannedDates()
        return IterationReport(
            id: id, name: iteration.name, place: iteration.place, started: start,
            plannedStart: plan.start, plannedEnd: plan.end, closed: closed,
            endMoves: iteration.endMoves.filter { $0.time <= end }, usesPoints: usesPoints,
            committed: amount({ $0.isCommitted }, { $0.entryEstimate }),
            added: amount({ $0.isAdded }, { $0.entryEstimate }),
            removed: amount({ $0.isRemoved }, { $0.endEstimate }),
            reestimated: moves.reduce(0, +),
            reestimatedAbsolute: moves.reduce(0) { $0 + abs($1) },
            completed: amount({ $0.isCompleted }, { $0.endEstimate }),
            completedOfCommitted: amount(
                { $0.isCompleted && $0.isCommitted }, { $0.entryEstimate }),
            carriedOver: amount({ $0.isCarriedOver }, { $0.endEstimate }),
            committedItems: keys { $0.isCommitted }, addedItems: keys { $0.isAdded },
            removedItems: keys { $0.isRemoved },
            reestimatedItems: keys {
                !$0.wasDoneBefore && $0.endEstimate ?? 0 != $0.entryEstimate ?? 0
            },
            completedItems: keys { $0.isCompleted }, carriedOverItems: keys { $0.isCarriedOver },
            carriedInItems: keys { $0.isCarriedIn }, reopenedItems: keys { $0.isReopened },
            doneBeforeItems: keys { $0.wasDoneBefore })
    }
}

/// One item's part in one iteration.
private struct ItemInIteration {
    var key: String
    var wasDoneBefore = false
    var isCommitted = false
    var isAdded = false
    var isRemoved = false
    var isCompleted = false
    var isCarriedOver = false
    var isCarriedIn = false
    var isReopened = false
    /// At the start, or when it was added.
    var entryEstimate: Double?
    /// At the end, or when it was removed.
    var endEstimate: Double?

    /// nil when the item only passed through before the start.
    init?(_ item: WorkItem, _ id: String, start: Millis, end: Millis, isClosed: Bool) {
        key = item.key
        let isThere = item.iteration(at: start) == id && item.exists(at: start)
        let entry =
            isThere
            ? start
            : item.iterations.first { $0.value == id && $0.time > start && $0.time <= end }?.time
        guard let entry else { return nil }
        wasDoneBefore = isThere && item.isDone(at: start)
        if wasDoneBefore, let done = item.doneTime(at: end), done <= start { return }
        // Re-opened inside the iteration: work that came into it.
        let isBack = wasDoneBefore
        wasDoneBefore = false
        isCommitted = isThere && !isBack
        isAdded = !isCommitted
        entryEstimate = item.estimate(at: entry)
        // Straight from another iteration, not by way of the backlog.
        if let at = item.iterations.lastIndex(where: { $0.value == id && $0.time <= entry }), at > 0
        {
            isCarriedIn = !item.iterations[at - 1].value.isEmpty
        }
        // What a tracker moves on at the very close is carried over, not removed.
        let before = isClosed ? end - 1 : end
        let isLast = item.iteration(at: before) == id || item.iteration(at: end) == id
        let left = item.iterations.last { $0.time > entry && $0.time <= before && $0.value != id }
        isRemoved = !(isLast && item.exists(at: end))
        let until = isRemoved ? min(left?.time ?? end, item.deleted ?? end) : end
        endEstimate = item.estimate(at: until)
        let done = item.doneTime(at: end)
        isCompleted = !isRemoved && (done.map { $0 > start } ?? false)
        isCarriedOver = !isRemoved && !isCompleted
        isReopened = item.reopenings(at: end) > item.reopenings(at: start)
    }
}
