// The state of delivery as a fold over events by event time: deployments, changes, builds, tests,
// incidents, items, iterations, releases, feedback. A value; a late event means a new fold, never a
// patch, so the state cannot depend on arrival.
// It judges nothing; the figures are made from it elsewhere.

public import Basics

/// Everything that events have told, up to some moment.
public struct DeliveryState: Sendable, Equatable {
    public internal(set) var settings: DeliverySettings
    /// The events behind it in canonical order, each once.
    public internal(set) var events: [Event] = []
    /// By source and deployment id, one row per deployment.
    public internal(set) var deployments: [String: Deployment] = [:]
    /// By repository and sha.
    public internal(set) var commits: [String: DeliveredCommit] = [:]
    /// By repository and number.
    public internal(set) var changes: [String: ChangeRequest] = [:]
    /// By source and build id.
    public internal(set) var builds: [String: BuildRun] = [:]
    public internal(set) var testRuns: [TestReport] = []
    /// By source and incident id.
    public internal(set) var incidents: [String: Incident] = [:]
    /// By key.
    public internal(set) var items: [String: WorkItem] = [:]
    /// By id.
    public internal(set) var iterations: [String: Iteration] = [:]
    /// By place and version.
    public internal(set) var releases: [String: ReleaseRecord] = [:]
    /// Back-ups that events told of, by time.
    public internal(set) var backups: [BackupRecord] = []
    public internal(set) var feedback: [FeedbackEntry] = []
    public internal(set) var trainingRuns: [TrainingRun] = []

    /// Deployments that count, or the tags that stand in for them.
    var counted = CountedDeployments()
    /// Which deployment first held each commit and change.
    public internal(set) var reach = Reach()
    /// The deployment that each incident is blamed on, by the incident's key.
    public internal(set) var incidentLinks: [String: IncidentLink] = [:]

    /// Folds events; those later than `through` are left out, so that a past moment can be
    /// replayed.
    public init(
        events: some Sequence<Event>, settings: DeliverySettings = DeliverySettings(),
        through: Millis = .max
    ) {
        self.settings = settings
        self.events = canonical(events).filter { $0.time <= through }
        for event in self.events { apply(event) }
        counted = countDeployments()
        reach = workOutReach()
        incidentLinks = linkIncidents()
    }

    private mutating func apply(_ event: Event) {
        switch event.kind {
        case .commit: commits.apply(event)
        case .change, .review: changes.apply(event)
        case .build: builds.apply(event)
        case .testRun: testRuns.append(TestReport(event))
        case .deployment: deployments.apply(event)
        case .incident: incidents.apply(event)
        case .workItem: items.apply(event, settings)
        case .iteration: iterations.apply(event)
        case .release:
            releases.apply(event)
            if let backup = BackupRecord(event) { backups.append(backup) }
        case .feedback: feedback.append(FeedbackEntry(event))
        case .training: trainingRuns.append(TrainingRun(event))
        }
    }

    /// Production deployments by finish, oldest first.
    public var productionDeployments: [Deployment] {
        deployments.values.filter { settings.isProduction($0.environment) }
            .sorted { ($0.finished, $0.key) < ($1.finished, $1.key) }
    }

    /// All changes by their opening time, oldest first.
    var orderedChanges: [ChangeRequest] {
        changes.values.sorted { ($0.opened ?? 0, $0.key) < ($1.opened ?? 0, $1.key) }
    }
}
