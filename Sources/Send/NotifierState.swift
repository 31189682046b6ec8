// What a notifier knows, in one place: the alerts, their groups, the silences; and who is held back by
// what at one moment.

internal import Basics
internal import Reason

/// The state of a notifier; only touched on its queue.
struct NotifierState {
    var table = AlertTable()
    var groups: NotificationGroups
    var silences: Silences
    var library = TemplateLibrary()

    /// Reads what was told and silenced before; what cannot be read is said and begun anew.
    init(_ world: NotifierWorld) {
        do {
            groups = NotificationGroups(try world.outbox.records(world.clock.now()))
        } catch {
            world.log("what was told before cannot be read; alerts may be told again: \(error)")
            groups = NotificationGroups()
        }
        do {
            silences = Silences(try world.silences.load())
        } catch {
            world.log("silences cannot be read; what they held back may be told: \(error)")
            silences = Silences()
        }
    }

    /// What holds alerts back at a time.
    func muting(_ plan: NotifyPlan, at now: Millis) -> Muting {
        Muting(
            inhibition: Inhibition(plan.inhibitRules, firing: table.firing(at: now)),
            silences: silences, now: now)
    }
}

/// What holds alerts back at one moment.
struct Muting {
    let inhibition: Inhibition
    let silences: Silences
    let now: Millis

    func holdsBack(_ labels: Labels) -> Bool {
        inhibition.source(of: labels) != nil || !silences.holding(labels, at: now).isEmpty
    }
}
