// A work item with its whole story: stages, estimates, iterations, people, each with the time of
// the change. A backward move erases nothing; it adds to rework. What an item was at any past
// moment can be asked, which is what a frozen commitment needs.

public import Basics

/// A value from a moment on.
public struct Dated<Value: Sendable & Equatable>: Sendable, Equatable {
    public var time: Millis
    public var value: Value
}

/// A work item.
public struct WorkItem: Sendable, Equatable {
    public var key: String
    public var place: DeliveryPlace
    public var created: Millis
    public var type = ""
    public var priority = ""
    public var parent = ""
    public var stages: [Dated<String>] = []
    /// Whether it was done, from each moment on.
    public var doneness: [Dated<Bool>] = []
    public var estimates: [Dated<Double?>] = []
    /// The iteration it belonged to, empty for none.
    public var iterations: [Dated<String>] = []
    public var assignees: [Dated<String>] = []
    public var deleted: Millis?

    public func stage(at time: Millis) -> String { stages.value(at: time) ?? "" }
    public func isDone(at time: Millis) -> Bool { doneness.value(at: time) ?? false }
    public func estimate(at time: Millis) -> Double? { estimates.value(at: time) ?? nil }
    public func iteration(at time: Millis) -> String { iterations.value(at: time) ?? "" }
    public func assignee(at time: Millis) -> String { assignees.value(at: time) ?? "" }
    public func exists(at time: Millis) -> Bool { created <= time && (deleted ?? .max) > time }

    /// The last entry to done, if it is done at a moment.
    public func doneTime(at time: Millis) -> Millis? {
        guard isDone(at: time) else { return nil }
        var since: Millis?
        for change in doneness where change.time <= time {
            if !change.value { since = nil } else if since == nil { since = change.time }
        }
        return since
    }

    /// How often it left done again by a moment.
    public func reopenings(at time: Millis) -> Int {
        var count = 0
        var wasDone = false
        for change in doneness where change.time <= time {
            if wasDone && !change.value { count += 1 }
            wasDone = change.value
        }
        return count
    }
}

extension Array {
    /// The value that held at a moment, of an array in order of time.
    func value<Value>(at time: Millis) -> Value? where Element == Dated<Value> {
        last { $0.time <= time }?.value
    }
}

extension [String: WorkItem] {
    mutating func apply(_ event: Event, _ settings: DeliverySettings) {
        guard let key = event.text("item") else { return }
        var row =
            self[key] ?? WorkItem(key: key, place: DeliveryPlace(event), created: event.time)
        row.place.learn(event)
        let time = event.time
        let action = event.text("action") ?? "updated"
        if action == "deleted" {
            row.deleted = time
            self[key] = row
            return
        }
        row.deleted = nil
        row.type = event.text("type") ?? row.type
        row.priority = event.text("priority") ?? row.priority
        row.parent = event.text("parent") ?? row.parent
        if let stage = event.text("stage") {
            // The first move seen tells where the item stood before it.
            if row.stages.isEmpty, let before = event.text("fromStage"), row.created < time {
                row.stages.append(Dated(time: row.created, value: before))
            }
            if row.stages.last?.value != stage {
                row.stages.append(Dated(time: time, value: stage))
            }
        }
        let isDone = event.flag("isDone") ?? event.text("stage").map { settings.isDone($0) }
        if let isDone, row.doneness.last?.value ?? false != isDone {
            row.doneness.append(Dated(time: time, value: isDone))
        }
        if event.fields["estimate"] != nil {
            let estimate = event.number("estimate")
            if row.estimates.last?.value != estimate || row.estimates.isEmpty {
                row.estimates.append(Dated(time: time, value: estimate))
            }
        }
        // An empty text is a value here: taken out of the iteration, or given back.
        if let iteration = event.fields["iteration"].map({
            event.text("iteration") ?? $0.text ?? ""
        }),
            row.iterations.last?.value ?? "" != iteration
        {
            row.iterations.append(Dated(time: time, value: iteration))
        }
        if let assignee = event.fields["assignee"]?.text,
            row.assignees.last?.value ?? "" != assignee
        {
            row.assignees.append(Dated(time: time, value: assignee))
        }
        self[key] = row
    }
}
