// Model servers by their address alone: where the metrics are and what kind of server it is are found by
// asking. What was found becomes a scrape job; its figures, whatever their names over there, become
// `martlet_model_server_*`, so that one panel and one rule fit all. A server that does not answer is
// asked again, and shown as not found meanwhile.

import Basics
import Carry
import Collect
import Foundation
import Query
import Reason
import Serve

/// The connected model servers.
final class ModelServers: Sendable {
    private struct State {
        var models: [ModelsConfig.Model] = []
        var scrapes: [ScrapeConfig] = []
        var defaults = ScrapeDefaults()
        var cards: [ServerCard] = []
        var task: Task<Void, Never>?
    }

    private let state = Lock(State())
    private let fetch: Fetch
    private let scraper: Scraper
    private let engine: Engine
    private let board: ModelBoard
    private let clock: Clock

    init(fetch: Fetch, scraper: Scraper, engine: Engine, board: ModelBoard, clock: Clock) {
        self.fetch = fetch
        self.scraper = scraper
        self.engine = engine
        self.board = board
        self.clock = clock
    }

    /// Takes a configuration: scrapes what is known, and looks for the rest.
    func apply(
        _ config: ModelsConfig, scrapes: [ScrapeConfig], _ defaults: ScrapeDefaults
    ) {
        let models = config.models.filter { $0.server != nil || $0.metrics != nil }
        let old = state.withLock { state in
            let known = Dictionary(state.cards.map { ($0.model + " " + $0.url, $0) }) { $1 }
            state.models = models
            state.scrapes = scrapes
            state.defaults = defaults
            state.cards = models.map { model in
                let url = model.server ?? model.metrics ?? ""
                return known[model.name + " " + url] ?? ServerCard(model: model.name, url: url)
            }
            defer { state.task = nil }
            return state.task
        }
        old?.cancel()
        publish()
        if models.isEmpty { return }
        let task = Task { [weak self] in
            while !Task.isCancelled {
                await self?.look()
                try? await Task.sleep(for: .seconds(15))
            }
        }
        state.withLock { $0.task = task }
    }

    func stop() async {
        let task = state.withLock { state in
            defer { state.task = nil }
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    /// Looks once for every server that was not found.
    private func look() async {
        let (models, cards) = state.withLock { ($0.models, $0.cards) }
        for card in cards where card.kind == nil {
            guard let model = models.first(where: { $0.name == card.model }) else { continue }
            let found = await ModelServers.find(model, fetch: fetch)
            state.withLock { state in
                guard let index = state.cards.firstIndex(where: { $0.model == card.model }) else {
                    return
                }
                state.cards[index].kind = found.kind
                state.cards[index].metrics = found.metrics
                state.cards[index].fault = found.fault
            }
        }
        publish()
    }

    private func publish() {
        let (cards, scrapes, defaults) = state.withLock { ($0.cards, $0.scrapes, $0.defaults) }
        scraper.apply(scrapes + cards.compactMap { job($0, defaults) })
        board.set(servers: cards)
    }

    /// Reads the figures of all servers; called on a thread that may block.
    func measure(_ now: Millis) -> [MetricFamily] {
        let cards = state.withLock { $0.cards }
        var limits = QueryLimits()
        limits.timeout = .seconds(5)
        var samples: [ServerSignal: [MetricFamily.Sample]] = [:]
        var found: [MetricFamily.Sample] = []
        for card in cards {
            let kind = card.kind.map(\.rawValue) ?? ""
            found.append(
                .init(
                    labels: Labels([("model", card.model), ("kind", kind)]),
                    value: card.kind == nil ? 0 : 1))
            guard let kind = card.kind else { continue }
            var signals: [ServerSignal: Double] = [:]
            for signal in ServerSignal.allCases {
                guard let expression = kind.expression(signal, model: card.model),
                    case .vector(let vector)? = try? engine.instant(expression, now, limits).value,
                    let value = vector.first?.value, value.isFinite
                else { continue }
                signals[signal] = value
                samples[signal, default: []].append(
                    .init(labels: Labels([("model", card.model)]), value: value))
            }
            state.withLock { state in
                if let index = state.cards.firstIndex(where: { $0.model == card.model }) {
                    state.cards[index].signals = signals
                }
            }
        }
        if cards.isEmpty { return [] }
        board.set(servers: state.withLock { $0.cards })
        let figures = ServerSignal.allCases.compactMap { signal in
            samples[signal].map { samples in
                MetricFamily(
                    name: "martlet_model_server_\(signal.rawValue)",
                    metadata: MetricMetadata(kind: .gauge, help: signal.help), samples: samples)
            }
        }
        return figures + [
            MetricFamily(
                name: "martlet_model_server_found",
                metadata: MetricMetadata(
                    kind: .gauge,
                    help: "1 when the model's server was found and recognised, else 0."),
                samples: found)
        ]
    }

    private func job(_ card: ServerCard, _ defaults: ScrapeDefaults) -> ScrapeConfig? {
        guard let metrics = card.metrics, let url = URLComponents(string: metrics),
            let host = url.host
        else { return nil }
        var job = ScrapeConfig(jobName: "model/\(card.model)", defaults: defaults)
        // What people watch while they test: 15 s, unless the file scrapes faster.
        job.intervalMillis = min(defaults.intervalMillis, 15_000)
        job.timeoutMillis = min(defaults.timeoutMillis, job.intervalMillis)
        job.scheme = url.scheme ?? "http"
        job.metricsPath = url.path.isEmpty ? "/metrics" : url.path
        let port = url.port ?? (job.scheme == "https" ? 443 : 80)
        job.fallbackProtocol = .text004
        job.staticGroups = [
            TargetGroup(targets: ["\(host):\(port)"], labels: Labels([("model", card.model)]))
        ]
        return job
    }

    /// Asks the places where a server may have its metrics.
    static func find(
        _ model: ModelsConfig.Model, fetch: Fetch
    ) async -> (kind: ServerKind?, metrics: String?, fault: String?) {
        var candidates: [String] = []
        if let metrics = model.metrics {
            candidates = [metrics]
        } else if let server = model.server, var url = URLComponents(string: server) {
            let hasPath = url.path.count > 1
            let port = url.port ?? (url.scheme == "https" ? 443 : 80)
            if hasPath { candidates.append(server) }
            for place in ServerKind.places {
                url.port = port + place.portsOn
                url.path = place.path
                url.query = nil
                if let text = url.string { candidates.append(text) }
            }
        }
        var fault = "no address to ask"
        for candidate in candidates {
            let request = FetchRequest("GET", candidate, timeout: .seconds(5))
            do {
                let response = try await fetch.send(request)
                guard response.status == 200 else {
                    fault = "\(candidate) answered \(response.status)"
                    continue
                }
                if let kind = ServerKind(exposition: response.body) {
                    return (kind, candidate, nil)
                }
                fault = "\(candidate) has metrics, but of no model server that is known"
            } catch {
                fault = "\(candidate): \(error)"
            }
        }
        return (nil, nil, fault)
    }
}
