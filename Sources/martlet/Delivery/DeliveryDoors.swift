// The ways in of delivery: the receiver of webhooks, who is who, and the pulled sources. Secrets are
// read from their files when a configuration is taken; a source whose file cannot be read is an error
// that names it, and the configuration before stays in force.

import Basics
import Bytes
import Carry
import Collect
import Foundation
import Keep

/// What is in force of hooks, people and pulled sources.
final class DeliveryDoors: Sendable {
    private struct State {
        var sources: [String: DeliverySourceConfig] = [:]
        var receiver: DeliveryReceiver
        var people: PeopleBook
        var pulls: [Task<Void, Never>] = []
    }

    private let state: Lock<State>
    private let records: RecordKeeper
    private let registry: Registry
    private let fetch: Fetch
    private let clock: Clock
    private let salt: [UInt8]
    private let arrived: @Sendable () -> Void

    /// - Parameter arrived: called when pulled events were kept.
    init(
        _ config: DeliveryConfig, records: RecordKeeper, registry: Registry, fetch: Fetch,
        clock: Clock, arrived: @escaping @Sendable () -> Void
    ) throws {
        salt = try DeliveryDoors.salt(records.settings)
        let sources = try DeliveryDoors.read(config, records.settings)
        let people = DeliveryDoors.people(config, salt: salt, records)
        state = Lock(
            State(
                sources: Dictionary(sources.map { ($0.source, $0) }) { $1 },
                receiver: DeliveryReceiver(sources: sources, registry: registry), people: people))
        self.records = records
        self.registry = registry
        self.fetch = fetch
        self.clock = clock
        self.arrived = arrived
    }

    var receiver: DeliveryReceiver { state.withLock { $0.receiver } }
    var people: PeopleBook { state.withLock { $0.people } }

    func source(_ name: String) -> DeliverySourceConfig? { state.withLock { $0.sources[name] } }

    /// Takes a new configuration and starts pulling anew.
    func apply(_ config: DeliveryConfig) throws {
        let sources = try DeliveryDoors.read(config, records.settings)
        let tokens = try DeliveryDoors.tokens(config)
        let people = DeliveryDoors.people(config, salt: salt, records)
        let pulls = tokens.map { pull($0, people) }
        let old = state.withLock { state -> [Task<Void, Never>] in
            defer { state.pulls = pulls }
            state.sources = Dictionary(sources.map { ($0.source, $0) }) { $1 }
            state.receiver = DeliveryReceiver(sources: sources, registry: registry)
            state.people = people
            return state.pulls
        }
        for task in old { task.cancel() }
    }

    func stop() async {
        let pulls = state.withLock { state in
            defer { state.pulls = [] }
            return state.pulls
        }
        for task in pulls { task.cancel() }
        for task in pulls { await task.value }
    }

    /// Keeps the secret that a sender chose in its handshake.
    func keep(secret: DeliverySecret, of name: String) {
        let text = String(decoding: secret.bytes, as: UTF8.self)
        do {
            try records.settings.set(DeliveryDoors.secretKey(name), text)
        } catch {
            complain("the secret of \(name) cannot be kept: \(error)")
            return
        }
        state.withLock { state in
            state.sources[name]?.secrets.append(secret)
            state.receiver = DeliveryReceiver(
                sources: state.sources.values.sorted { $0.source < $1.source }, registry: registry)
        }
    }

    private func pull(_ config: PullConfig, _ people: PeopleBook) -> Task<Void, Never> {
        let (records, arrived) = (records, arrived)
        let key = "pull.\(config.cursorName)"
        let rejected = registry.counter(
            "martlet_ingest_rejected_total", "Deliveries that were refused.",
            Labels([("source", config.source.source), ("reason", "unreadable")]))
        let accepted = registry.counter(
            "martlet_ingest_accepted_total", "Deliveries that were verified and kept.",
            Labels([("source", config.source.source)]))
        let grumble = Grumble()
        let loop = PullLoop(
            config: config, people: people, fetch: fetch, clock: clock,
            keep: { reading in
                let outcome = try await offPool { try records.events.append(reading.events) }
                accepted.add()
                if outcome.added > 0 { arrived() }
            },
            loadCursor: { try await offPool { try records.settings.value(key) ?? "" } },
            saveCursor: { cursor in
                try await offPool { try records.settings.set(key, cursor) }
            },
            report: { problems in
                rejected.add()
                grumble.say("\(config.source.source): \(problems.joined(separator: "; "))")
            })
        return Task { try? await loop.run() }
    }

    private static func people(
        _ config: DeliveryConfig, salt: [UInt8], _ records: RecordKeeper
    ) -> PeopleBook {
        PeopleBook(salt: salt, config: config.people, store: .records(records.events))
    }

    /// The sources with the contents of their secret files and with the secrets of handshakes.
    private static func read(
        _ config: DeliveryConfig, _ settings: Settings
    ) throws -> [DeliverySourceConfig] {
        try config.hooks.map { hook in
            var source = try hook.readSecrets { path in
                try secret(path, config.folder, for: hook.source)
            }
            if let text = try settings.value(secretKey(source.source)) {
                source.secrets.append(DeliverySecret(text: text))
            }
            return source
        }
    }

    private static func tokens(_ config: DeliveryConfig) throws -> [PullConfig] {
        try config.sources.map { source in
            var source = source
            if let path = source.tokenFile {
                var bytes = try secret(path, config.folder, for: source.source.source)
                while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
                source.token = DeliverySecret(bytes)
            }
            return source
        }
    }

    private static func secret(_ path: String, _ folder: String, for name: String) throws -> [UInt8]
    {
        let full = path.hasPrefix("/") ? path : folder + "/" + path
        do {
            return Array(try readText(full).utf8)
        } catch {
            throw StartError("\(name): the secret file cannot be read: \(error)")
        }
    }

    private static func secretKey(_ name: String) -> String { "hook.secret.\(name)" }

    /// The salt of pseudonyms: made once, kept for ever.
    static func salt(_ settings: Settings) throws(RecordError) -> [UInt8] {
        let key = "people.salt"
        if let text = try settings.value(key) { return Array(text.utf8) }
        // 256 bits, as HMAC-SHA256 uses them all.
        let text = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }
            .joined(separator: "-")
        try settings.set(key, text)
        return Array(text.utf8)
    }
}

extension PseudonymStore {
    /// Pseudonyms in `martlet.db`; a person whose name cannot be kept is nobody rather than named.
    static func records(_ events: EventKeeper) -> PseudonymStore {
        PseudonymStore { digest, candidate in
            do {
                return try events.claimPseudonym(digest: digest) { candidate($0) }
            } catch {
                complain("a pseudonym cannot be kept: \(error)")
                return ""
            }
        }
    }
}

/// Runs a blocking call on a thread of the system's own and waits for it without blocking.
func offPool<Value: Sendable>(_ call: @escaping @Sendable () throws -> Value) async throws -> Value
{
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async {
            continuation.resume(with: Result { try call() })
        }
    }
}
