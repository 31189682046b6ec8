// The watch over series in a running agent: the thread that reads, judges and writes back, the board
// that pages read, and the routes. A change of the section `anomalies:` begins with the next round.

import Basics
import Carry
import Foundation
import Keep
import Reason
import Serve

/// The anomaly part of an agent.
final class AnomalyRoom: Sendable {
    let board = AnomalyBoard()
    private let stores: Stores
    private let clock: Clock
    private let registry: Registry
    private let folder: String
    private let config: Lock<AnomalyConfig>
    private let loop = Lock<AnomalyLoop?>(nil)

    init(
        _ config: AnomalyConfig, folder: String, stores: Stores, registry: Registry, clock: Clock
    ) {
        self.config = Lock(config)
        self.folder = folder
        self.stores = stores
        self.registry = registry
        self.clock = clock
    }

    /// Starts the thread, unless the configuration says not to.
    func start() {
        let config = config.withLock { $0 }
        guard config.isEnabled else { return }
        let running = AnomalyLoop(
            config, file: folder + "/anomalies.state", stores: stores, board: board,
            registry: registry, clock: clock)
        running.start()
        loop.withLock { $0 = running }
    }

    /// Takes a new configuration: the models are kept and go on under it.
    func apply(_ new: AnomalyConfig) {
        stop()
        config.withLock { $0 = new }
        start()
    }

    func stop() {
        let running = loop.withLock { loop in
            defer { loop = nil }
            return loop
        }
        running?.stop()
    }

    var routes: [Route] {
        AnomaliesAPI(board: board, source: stores.source, clock: clock).routes
            + TrainingAPI(events: stores.records.events).routes
    }
}
