// Delivery on a data folder that no agent holds: the same end points as the agent's, asked in this
// process. It takes the folder's lock, so that an agent cannot start in between.

import Basics
import Carry
import Collect
import Keep
import Reason
import Serve

/// The end points of delivery over a folder.
final class OfflineDelivery: Sendable {
    private let lock: FolderLock
    private let records: RecordKeeper
    private let router: Router
    private let figures: DeliveryLoop
    private let clock: Clock

    /// - Parameter config: what counts as production, who is one person.
    init(folder: String, config: DeliveryConfig, clock: Clock = .system) throws {
        let registry = Registry()
        do throws(FileError) {
            try Files.system.makeFolder(folder)
        } catch {
            throw StartError(error.description)
        }
        lock = try FolderLock.take(folder: folder, address: "")
        records = try RecordKeeper.open(folder: folder, registry: registry)
        let records = records
        let people = PeopleBook(
            salt: try DeliveryDoors.salt(records.settings), config: config.people,
            store: .records(records.events))
        let board = DeliveryBoard()
        // Firing alerts live in a running agent; here they are unknown.
        let desk = DecisionDesk(
            board: board, log: records.decisions, clock: clock, policy: { config.policy },
            facts: { _ in ReleaseFacts(criticalAlerts: nil, backupTime: nil) })
        figures = DeliveryLoop(
            records: records, board: board, intake: .nowhere, registry: registry, clock: clock,
            config: { config }, conclude: { try desk.conclude($0, now: $1) }, gates: { [] })
        self.clock = clock
        router = Router(
            UploadsAPI(
                people: { people }, events: records.events, clock: clock, registry: registry,
                arrived: {}
            ).routes
                + KPIAPI(
                    board: board, clock: clock, windowMillis: config.windowMillis,
                    yardstick: config.yardstick
                ).routes
                + DeliveryAPI(board: board, clock: clock, windowMillis: config.windowMillis).routes
                + DecisionsAPI(desk: desk, now: clock.now).routes)
    }

    /// Answers a request as the agent would.
    func answer(_ request: HTTPRequest) throws -> HTTPResponse {
        if request.method == "GET" { try figures.round(clock.now()) }
        guard case .found(let route, let parameters) = router.match(request.method, request.path)
        else {
            return .error(404, "not_found", "\(request.path) is not served without an agent")
        }
        var request = request
        request.parameters = parameters
        return route.handler(request)
    }

    deinit { try? records.close() }
}

extension Intake {
    /// Takes nothing: current values are only kept by a running agent.
    fileprivate static let nowhere = Intake(
        resolve: { _ in .failure(ResolveError(.seriesLimit)) },
        append: { _ in AppendOutcome() }, backfill: { _ in AppendOutcome() },
        describe: { _, _ in }, appendLog: { _, _ in }, logPosition: { _ in nil })
}
