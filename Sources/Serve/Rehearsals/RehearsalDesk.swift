// What the end points of rehearsals need of whoever runs them, as closures: Serve starts none and holds
// none.

public import Keep
public import Rehearse

/// The rehearsals behind the API.
public struct RehearsalDesk: Sendable {
    var views: @Sendable () -> [RehearsalView]
    var keeper: PairKeeper
    var findings: FindingLog
    /// (rehearsal, candidate, person, reason): false when there is no failure to override.
    var override: @Sendable (String, String, String, String) -> Bool
    /// (rehearsal, candidate, stopped): false when there is none.
    var setStopped: @Sendable (String, String, Bool) -> Bool
    /// How many pairs the labels found; nil when there is no such rehearsal.
    var label: @Sendable (String, [(id: String, label: String)]) -> Int?

    public init(
        views: @escaping @Sendable () -> [RehearsalView], keeper: PairKeeper, findings: FindingLog,
        override: @escaping @Sendable (String, String, String, String) -> Bool,
        setStopped: @escaping @Sendable (String, String, Bool) -> Bool,
        label: @escaping @Sendable (String, [(id: String, label: String)]) -> Int?
    ) {
        self.views = views
        self.keeper = keeper
        self.findings = findings
        self.override = override
        self.setStopped = setStopped
        self.label = label
    }
}
