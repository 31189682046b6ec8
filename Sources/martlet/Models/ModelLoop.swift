// The rhythm of watching models: what came is shared out to the cases, windows whose time has come are
// looked at, looks are kept, findings opened and ended, figures written as series. Reading goes on from
// a place that is kept only when nothing behind it is still in an open window, so that a restart has
// every window again.

import Basics
import Bytes
import Collect
import Foundation
import Keep
import Reason
import Serve

/// Watches models.
final class ModelLoop: Sendable {
    private struct State {
        var watched: [ModelVersion: WatchedModel] = [:]
        var references: [ModelVersion: PredictionBlock] = [:]
        var files: [String: PredictionBlock?] = [:]
        var cursor = PredictionCursor()
        var kept = PredictionCursor()
        /// Models with new labels or looks since quality was worked out.
        var unjudged: Set<ModelVersion> = []
        var judgedAt: Millis = 0
        var writtenAt: Millis = 0
        var prunedAt: Millis = 0
        var isOpened = false
    }

    private let predictions: PredictionKeeper
    private let records: RecordKeeper
    private let board: ModelBoard
    private let registry: Registry
    private let clock: Clock
    private let config: @Sendable () -> ModelsConfig
    private let releases: @Sendable () -> [Deployment]
    private let servers: ModelServers
    private let feed: Lock<FamilyFeed>
    private let state = Lock(State())
    /// Up to where all is read that a restart does not need again.
    private let place = Lock(PredictionCursor())
    private let lookSeconds: Histogram
    private let grumble = Grumble()
    private static let cursorKey = "models.cursor"
    /// Model versions that are watched: each holds its reference and windows in memory.
    private static let versionsMax = 200

    init(
        stores: Stores, board: ModelBoard, servers: ModelServers, registry: Registry, clock: Clock,
        config: @escaping @Sendable () -> ModelsConfig,
        releases: @escaping @Sendable () -> [Deployment]
    ) {
        predictions = stores.predictions
        records = stores.records
        self.board = board
        self.servers = servers
        self.registry = registry
        self.clock = clock
        self.config = config
        self.releases = releases
        feed = Lock(FamilyFeed(intake: stores.intake, job: "models", instance: hostName()))
        lookSeconds = registry.histogram(
            "martlet_model_round_seconds", "Time of one round over the models.")
    }

    /// Up to where a restart will not read again.
    var read: PredictionCursor { place.withLock { $0 } }

    func loop() -> Loop {
        let grumble = Grumble()
        return Loop("models", everyMillis: 2000, clock: clock) { now in
            do {
                try self.round(now)
                grumble.say("")
            } catch {
                grumble.say("watching models: \(error)")
            }
        }
    }

    /// References and settings are read anew with the next round.
    func forget() {
        state.withLock { state in
            state.files = [:]
            state.isOpened = false
        }
    }

    /// One round.
    func round(_ now: Millis) throws {
        let begun = clock.monotonic()
        try state.withLock { state in
            if !state.isOpened { try open(&state) }
            var rounds = 0
            while rounds < 20 {
                let before = state.cursor
                let changes = try predictions.changes(since: state.cursor, rowsMax: 50_000)
                state.cursor = changes.cursor
                for block in changes.blocks { try take(block, before, now, &state) }
                for labels in changes.labels {
                    for key in state.watched.keys where key.model == labels.model {
                        state.unjudged.insert(key)
                    }
                }
                rounds += 1
                if !changes.hasMore { break }
            }
            for key in state.watched.keys.sorted() {
                guard let outcomes = state.watched[key]?.watching.tick(now: now) else { continue }
                try handle(outcomes, key, now, &state)
            }
            if now - state.judgedAt >= 30_000 {
                state.judgedAt = now
                for key in state.unjudged.sorted() { try judge(key, now, &state) }
                state.unjudged = []
            }
            try settle(now, &state)
            try keepPlace(&state)
            publish(&state)
            if now - state.writtenAt >= 15_000 {
                state.writtenAt = now
                let families = modelFamilies(board.cards, now: now) + servers.measure(now)
                if !families.isEmpty {
                    _ = try feed.withLock { feed throws(IntakeError) in
                        try feed.take(families, at: now)
                    }
                }
            }
            if now - state.prunedAt >= 3_600_000 {
                state.prunedAt = now
                // Looks are small: 400 days of them let a season be compared with the last one.
                try records.models.prune(before: now - 400 * 86_400_000)
            }
        }
        lookSeconds.observe(Double(clock.monotonic() - begun) / 1e9)
    }

    /// Takes up where the agent before stopped.
    private func open(_ state: inout State) throws {
        state.watched = [:]
        state.references = Dictionary(
            try records.models.references().map { ($0.key, $0) }
        ) { $1 }
        if let text = try records.settings.value(ModelLoop.cursorKey) {
            let parts = text.split(separator: " ").compactMap { Int64($0) }
            if parts.count == 3 {
                state.cursor = PredictionCursor(day: parts[0], block: parts[1], label: parts[2])
            }
        }
        state.kept = state.cursor
        place.withLock { $0 = state.kept }
        for key in state.references.keys { _ = try watched(key, &state) }
        for model in config().models {
            let key = ModelVersion(model.name, model.version ?? "1")
            if model.reference != nil { _ = try watched(key, &state) }
        }
        state.unjudged = Set(state.watched.keys)
        state.isOpened = true
    }

    private func watched(_ key: ModelVersion, _ state: inout State) throws -> Bool {
        if state.watched[key] != nil { return true }
        if state.watched.count >= ModelLoop.versionsMax {
            registry.counter(
                "martlet_limit_refusals_total", "What a limit refused.", ["limit": "model_versions"]
            ).add()
            return false
        }
        let model = config().model(key.model)
        var reference: ModelReference?
        if let path = model.reference, let block = file(path, key, &state) {
            var own = block
            own.key = key
            reference = ModelReference(own, origin: .file(path))
        } else if let block = state.references[key], let from = block.times.min(),
            let through = block.times.max()
        {
            reference = ModelReference(block, origin: .firstAnswers(from: from, through: through))
        }
        var new = WatchedModel(
            ModelCase(key: key, policy: model.window, reference: reference))
        for row in try records.models.looks(key) {
            guard let json = try? JSON(text: row.json), let look = ModelLook(json) else { continue }
            new.watching.restore(look, segment: row.segment)
            if row.segment.isEmpty {
                new.restoredThrough = max(new.restoredThrough, look.through)
                new.restore(look)
            }
        }
        if case .firstAnswers(_, let through)? = reference?.origin {
            new.restoredThrough = max(new.restoredThrough, through)
        }
        new.findings = Dictionary(new.current(now: clock.now()).map { ($0.id, $0) }) { $1 }
        state.watched[key] = new
        return true
    }

    private func file(
        _ path: String, _ key: ModelVersion, _ state: inout State
    ) -> PredictionBlock? {
        if let known = state.files[path] { return known }
        do {
            let block = try readReference(path, key: key, keepsTexts: false, now: clock.now())
            state.files[path] = .some(block)
            return block
        } catch {
            grumble.say("\(error); the first answers serve as reference")
            state.files[path] = .some(nil)
            return nil
        }
    }

    private func take(
        _ block: PredictionBlock, _ before: PredictionCursor, _ now: Millis, _ state: inout State
    ) throws {
        let key = block.key
        guard try watched(key, &state), let known = state.watched[key] else { return }
        var block = block
        if known.restoredThrough > .min {
            let fresh = block.times.indices.filter { block.times[$0] > known.restoredThrough }
            if fresh.isEmpty { return }
            if fresh.count < block.count { block = block.selecting(fresh) }
        }
        registry.counter(
            "martlet_model_answers_total", "Answers of a model version that were watched.",
            Labels([("model", key.model), ("version", key.version)])
        ).add(Double(block.count))
        if known.openedAt == nil { state.watched[key]?.openedAt = before }
        if block.columns.contains(where: { $0.role == .label }) { state.unjudged.insert(key) }
        guard let outcomes = state.watched[key]?.watching.take(block, now: now) else { return }
        try handle(outcomes, key, now, &state)
    }

    private func handle(
        _ outcomes: [ModelCase.Outcome], _ key: ModelVersion, _ now: Millis, _ state: inout State
    ) throws {
        var rows: [ModelLookRow] = []
        for outcome in outcomes {
            switch outcome {
            case .gathered(let block):
                try records.models.keep(reference: block)
                state.references[key] = block
                state.watched[key]?.openedAt = nil
                state.unjudged.insert(key)
            case .looked(let segment, let look, _, let window):
                rows.append(
                    ModelLookRow(
                        key: key, segment: segment, through: look.through,
                        json: String(decoding: look.json.encoded, as: UTF8.self)))
                if segment.isEmpty {
                    state.watched[key]?.note(look, window: window)
                    state.unjudged.insert(key)
                }
            }
        }
        try records.models.keep(rows)
    }

    private func judge(_ key: ModelVersion, _ now: Millis, _ state: inout State) throws {
        guard var known = state.watched[key] else { return }
        // Labels come days later; a month is what they are waited for.
        let since = now - 30 * 86_400_000
        let labels = try predictions.labels(key.model, arrivedSince: since)
        let blocks = try predictions.predictions(
            key.model, version: key.version, range: TimeRange(from: since, through: now + 300_000),
            rowsMax: 100_000, isNewest: true)
        let before = Set(known.points)
        known.judge(blocks, labels: labels, now: now)
        state.watched[key] = known
        // Labels that come late change the past, as late events change that of delivery.
        try records.kpis.upsert(
            known.points.filter { !before.contains($0) }.map { point in
                KPIRow(
                    labels: Labels(
                        name: "martlet_model_quality_history", ("model", key.model),
                        ("version", key.version), ("metric", point.name),
                        ("source", point.isEstimated ? "estimate" : "labels")),
                    bucketStart: point.time, bucketMillis: known.bucketMillis, value: point.value,
                    count: point.rows)
            })
    }

    private func settle(_ now: Millis, _ state: inout State) throws {
        for key in state.watched.keys.sorted() {
            guard let (kept, ended) = state.watched[key]?.settle(now: now) else { continue }
            try records.findings.keep(kept)
            for id in ended { try records.findings.end(id, at: now) }
        }
    }

    private func keepPlace(_ state: inout State) throws {
        func isEarlier(_ a: PredictionCursor, _ b: PredictionCursor) -> Bool {
            (a.day, a.block) < (b.day, b.block)
        }
        var safe = state.cursor
        for case let opened? in state.watched.values.map(\.openedAt) where isEarlier(opened, safe) {
            safe = opened
        }
        if safe == state.kept { return }
        state.kept = safe
        place.withLock { $0 = safe }
        try records.settings.set(
            ModelLoop.cursorKey, "\(safe.day) \(safe.block) \(safe.label)")
    }

    private func publish(_ state: inout State) {
        let config = config()
        var cards: [ModelVersion: ModelCard] = [:]
        for model in config.models {
            let key = ModelVersion(model.name, model.version ?? "1")
            cards[key] = ModelCard(key: key)
        }
        for entry in (try? records.models.entries()) ?? [] {
            cards[entry.key, default: ModelCard(key: entry.key)].fields = entry.fields
        }
        for (key, known) in state.watched {
            var card = cards[key] ?? ModelCard(key: key)
            card.watching = known.watching
            card.quality = known.quality
            card.estimate = known.estimate
            card.referenceQuality = known.referenceQuality
            card.points = known.points
            card.detail = known.detail
            card.speed = known.speed
            card.findings = known.findings.values.sorted { $0.start < $1.start }
            card.labelCount = known.labelCount
            cards[key] = card
        }
        addReleases(&cards, config)
        board.set(
            cards: cards.values.sorted {
                ($0.key.model, $1.watching?.last ?? 0) < ($1.key.model, $0.watching?.last ?? 0)
            })
    }

    /// What configuration and delivery events say of versions.
    private func addReleases(_ cards: inout [ModelVersion: ModelCard], _ config: ModelsConfig) {
        for model in Set(cards.keys.map(\.model)) {
            let given = config.model(model)
            let named =
                given.fields["service"]
                ?? cards.values.first { $0.key.model == model && $0.fields["service"] != nil }?
                .fields["service"]
            let service = named ?? model
            for deployment in releases() where deployment.place.service == service {
                if deployment.version.isEmpty || !deployment.isDeployed { continue }
                let key = ModelVersion(model, deployment.version)
                // Versions of a service that is named are the service's, not new ones of the model.
                if cards[key] == nil && named != nil { continue }
                var fields = cards[key]?.fields ?? [:]
                fields["released"] = CivilTime(deployment.finished).rfc3339
                fields["stage"] = fields["stage"] ?? deployment.environment
                fields["commit"] = fields["commit"] ?? deployment.parts.last?.sha
                cards[key, default: ModelCard(key: key)].fields = fields
            }
            for key in cards.keys where key.model == model {
                var fields = given.fields
                if let server = given.server { fields["endpoint"] = server }
                if given.version != nil && given.version != key.version {
                    fields = fields.filter { ["service", "endpoint"].contains($0.key) }
                }
                cards[key]?.fields.merge(fields) { known, _ in known }
            }
        }
    }
}
