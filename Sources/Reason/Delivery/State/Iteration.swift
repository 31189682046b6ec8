// An iteration: planned and actual start and end, every move of its dates. What was committed,
// added and done is worked out in the iteration report, from this and the items' stories.

public import Basics

/// Planned dates from a moment on.
public struct PlannedDates: Sendable, Equatable {
    public var start: Millis?
    public var end: Millis?
}

/// An iteration.
public struct Iteration: Sendable, Equatable {
    public var id: String
    public var place: DeliveryPlace
    public var name: String
    public var board = ""
    /// When it really began: the time of its start event, not the planned one.
    public var started: Millis?
    public var closed: Millis?
    public var plans: [Dated<PlannedDates>] = []

    public var planned: PlannedDates { plans.last?.value ?? PlannedDates() }

    /// Moves of the planned end after the start.
    public var endMoves: [Dated<PlannedDates>] {
        guard let started else { return [] }
        var moves: [Dated<PlannedDates>] = []
        var end = plans.last { $0.time <= started }?.value.end
        for plan in plans where plan.time > started {
            if let moved = plan.value.end, moved != end {
                if end != nil { moves.append(plan) }
                end = moved
            }
        }
        return moves
    }
}

extension [String: Iteration] {
    mutating func apply(_ event: Event) {
        guard let id = event.text("iteration") else { return }
        var row =
            self[id]
            ?? Iteration(id: id, place: DeliveryPlace(event), name: event.text("name") ?? id)
        row.place.learn(event)
        row.name = event.text("name") ?? row.name
        row.board = event.text("board") ?? row.board
        switch event.text("action") ?? "updated" {
        // The first start and the last close stand: a tracker may tell of either again.
        case "started": row.started = row.started ?? event.time
        case "closed": row.closed = event.time
        default: break
        }
        var plan = row.planned
        plan.start = event.time("start") ?? plan.start
        plan.end = event.time("end") ?? plan.end
        if plan != row.planned { row.plans.append(Dated(time: event.time, value: plan)) }
        self[id] = row
    }
}
