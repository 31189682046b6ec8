// Everything of models in a running agent, put together: the door of predictions, followed files, model
// servers, the watch, and the routes that show them.

import Basics
import Carry
import Collect
import Foundation
import Keep
import Query
import Reason
import Serve

/// The models part of an agent.
final class ModelRoom: Sendable {
    let board: ModelBoard
    private let door: PredictionDoor
    private let servers: ModelServers
    private let watch: ModelLoop
    private let shelf: ProfileShelf
    private let profiling: ProfileLoop
    private let stores: Stores
    private let clock: Clock
    private let deliveries: DeliveryBoard
    private let config: Lock<ModelsConfig>
    private let loops = Lock<[Loop]>([])
    private let follower = Lock<PredictionFollower?>(nil)

    /// - Parameters:
    ///   - board: what others read of the models.
    ///   - deliveries: what is known of delivery: releases name versions.
    init(
        _ given: ModelsConfig, stores: Stores, engine: Engine, scraper: Scraper, fetch: Fetch,
        registry: Registry, clock: Clock, board: ModelBoard, deliveries: DeliveryBoard
    ) {
        self.board = board
        board.set(response: given.response)
        let config = Lock(given)
        self.config = config
        self.stores = stores
        self.clock = clock
        self.deliveries = deliveries
        door = PredictionDoor(
            keeper: stores.predictions, clock: clock, registry: registry,
            keepsTexts: { name in config.withLock { $0.model(name).keepsTexts } })
        servers = ModelServers(
            fetch: fetch, scraper: scraper, engine: engine, board: board, clock: clock)
        let watch = ModelLoop(
            stores: stores, board: board, servers: servers, registry: registry, clock: clock,
            config: { config.withLock { $0 } },
            releases: { deliveries.snapshot?.state.productionDeployments ?? [] })
        self.watch = watch
        shelf = ProfileShelf(
            predictions: stores.predictions, profiles: stores.profiles, board: board)
        profiling = ProfileLoop(
            shelf: shelf, stores: stores, registry: registry, config: { config.withLock { $0 } },
            read: { watch.read })
    }

    /// Starts scraping, following and watching.
    func start(scrapes: [ScrapeConfig], _ defaults: ScrapeDefaults) throws {
        servers.apply(config.withLock { $0 }, scrapes: scrapes, defaults)
        follow()
        let loops = [watch.loop(), profiling.loop(clock: clock)]
        self.loops.withLock { $0 = loops }
    }

    /// Takes a new configuration.
    func apply(
        _ new: ModelsConfig, scrapes: [ScrapeConfig], _ defaults: ScrapeDefaults
    ) throws {
        let isSame = config.withLock { old in
            defer { old = new }
            return old.models == new.models
        }
        board.set(response: new.response)
        servers.apply(new, scrapes: scrapes, defaults)
        if isSame { return }
        follow()
        watch.forget()
    }

    func stop() async {
        await servers.stop()
        follower.withLock { $0 }?.stop()
        for loop in loops.withLock({ $0 }) { loop.stop() }
    }

    private func follow() {
        let config = config.withLock { $0 }
        let old = follower.withLock { follower in
            defer { follower = nil }
            return follower
        }
        old?.stop()
        guard config.models.contains(where: { !$0.files.isEmpty }) else { return }
        let new = PredictionFollower(
            config, door: door, keeper: stores.predictions, clock: clock)
        follower.withLock { $0 = new }
    }

    var routes: [Route] {
        let config = config
        return PredictionsAPI(door: door, keeper: stores.predictions, clock: clock).routes
            + ModelsAPI(
                board: board, log: stores.records.models, findings: stores.records.findings,
                deliveries: deliveries, clock: clock
            ).routes
            + ProfilesAPI(shelf: shelf, board: board, clock: clock).routes
            + TellingRowsAPI(
                board: board, findings: stores.records.findings, keeper: stores.predictions,
                keepsTexts: { name in config.withLock { $0.model(name).keepsTexts } }
            ).routes
    }
}
