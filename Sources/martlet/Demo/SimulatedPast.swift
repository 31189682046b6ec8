// The simulated team's past decisions: what would have been said at the beginning of each week and
// before each release, put into the log of the demo's own folder, so that the page has outcomes to
// show. A real agent never does this: what nobody asked was never decided.

import Basics
import Reason
import Serve

extension DeliveryRoom {
    /// Asks what could have been asked in the past weeks, once the events are there.
    func askPast(weeks: Int, clock: Clock) async throws {
        var state = board.snapshot?.state
        while state?.events.isEmpty ?? true {
            try await clock.sleep(.seconds(1))
            state = board.snapshot?.state
        }
        guard let state else { return }
        let now = clock.now()
        let week: Millis = 7 * 86_400_000
        for back in (1...weeks).reversed() {
            let time = now - Millis(back) * week
            let then = DeliveryState(events: state.events, settings: state.settings, through: time)
            try desk.put(CommitDecision.decide(then, now: time))
        }
        for row in state.productionDeployments
        where row.rollbackOf == nil && row.finished > now - Millis(weeks) * week {
            let time = row.finished - 1_800_000
            let then = DeliveryState(events: state.events, settings: state.settings, through: time)
            let scope = KPIScope(service: row.place.service)
            var inputs = GateInputs(then, scope: scope, now: time)
            inputs.criticalAlerts = []
            try desk.put(GoDecision.decide(then, scope: scope, inputs: inputs, now: time))
            // Outcomes come within days, and are looked for no longer than that.
            try desk.conclude(state, now: min(now, time + 3 * 86_400_000))
        }
        try desk.conclude(state, now: now)
    }
}
