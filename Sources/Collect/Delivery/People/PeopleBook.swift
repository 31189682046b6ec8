// Who is who: identities become actors. Several identities are one person when `people:` says so; a
// person becomes a pseudonym unless names are switched on; a machine that declares itself keeps its
// name. Whatever texts travel along are masked: no e-mail address, and no name or login that the same
// payload gives for a person.

public import Basics
public import Bytes

/// What the configuration says about people (`people:`).
public struct PeopleConfig: Sendable {
    /// Canonical name by alias (login, e-mail or name), in lower case.
    public var aliases: [String: String] = [:]
    /// Names instead of pseudonyms; off by default.
    public var showsNames = false
    /// What else is a machine.
    public var bots: [Pattern] = []

    public init() {}

    /// Reads `names: true`, `bots: […]`, `same: [{name, aliases}]`.
    public init(section: Section) {
        showsNames = section.bool("names") ?? false
        for text in section.strings("bots") ?? [] {
            do throws(PatternError) {
                bots.append(try Pattern(text, anchored: true))
            } catch {
                section.error("bots", error.description)
            }
        }
        for person in section.sections("same") ?? [] {
            let name = person.string("name") ?? ""
            if name.isEmpty { person.error("name", "is missing") }
            for alias in (person.strings("aliases") ?? []) + [name] {
                let key = alias.lowercased()
                if let other = aliases[key], other != name {
                    person.error(
                        "aliases", "an alias of this person belongs to another one already")
                }
                aliases[key] = name
            }
            person.finish()
        }
        section.finish()
    }
}

/// An actor as an event names it.
public struct Actor: Sendable, Equatable {
    public var name: String
    public var isBot: Bool
}

/// Turns identities into actors.
public final class PeopleBook: Sendable {
    private let config: PeopleConfig
    private let salt: [UInt8]
    private let store: PseudonymStore
    /// True when identities travel on as they are; see ``forwarding()``.
    private let forwards: Bool
    /// Actors found before: a history names few people many times.
    private let known = Lock([Identity: Actor]())
    /// Beyond so many the memory of actors starts anew; it is only there for speed.
    private static let knownMax = 50_000

    /// - Parameter salt: secret bytes of this installation, at least 16; the same for ever, or people
    ///   get new names.
    public init(
        salt: [UInt8], config: PeopleConfig = PeopleConfig(), store: PseudonymStore = .inMemory()
    ) {
        self.salt = salt
        self.config = config
        self.store = store
        forwards = false
    }

    private init() {
        salt = []
        config = PeopleConfig()
        store = .inMemory()
        forwards = true
    }

    /// One that names nobody: actors are identities as text (`Name <e-mail>`), for events on their way
    /// to an agent, which has the salt and names them before anything is kept.
    public static func forwarding() -> PeopleBook { PeopleBook() }

    /// The actor of an identity; empty when it names nobody.
    public func actor(_ identity: Identity?) -> Actor {
        guard let identity, !identity.key.isEmpty else { return Actor(name: "", isBot: false) }
        if let actor = known.withLock({ $0[identity] }) { return actor }
        let actor = find(identity)
        known.withLock { known in
            if known.count >= PeopleBook.knownMax { known = [:] }
            known[identity] = actor
        }
        return actor
    }

    private func find(_ identity: Identity) -> Actor {
        let bot = isBot(identity, patterns: config.bots)
        if forwards {
            let name = identity.name.filter { $0 != "<" && $0 != ">" }
            let text =
                !identity.login.isEmpty
                ? identity.login : identity.email.isEmpty ? name : "\(name) <\(identity.email)>"
            return Actor(name: text, isBot: bot)
        }
        let isCertain = identity.isDeclaredBot || identity.login.hasSuffix("[bot]")
        if bot && isCertain && !identity.login.isEmpty {
            return Actor(name: identity.login, isBot: true)
        }
        let canonical = ([identity.key] + identity.spellings.map { $0.lowercased() })
            .lazy.compactMap { self.config.aliases[$0] }.first
        if config.showsNames {
            // An e-mail address leaves in no case.
            let shown = [canonical ?? "", identity.name, identity.login].first {
                !$0.isEmpty && !$0.contains("@")
            }
            return Actor(name: shown ?? pseudonym(of: identity.key), isBot: bot)
        }
        return Actor(name: pseudonym(of: canonical?.lowercased() ?? identity.key), isBot: bot)
    }

    /// The pseudonym of a person by their key; what `martlet forget PERSON` has to find.
    public func pseudonym(of key: String) -> String {
        let digest = hmacSHA256(Array(key.lowercased().utf8), key: salt)
        return store.claim(hexText(digest)) { attempt in
            Collect.pseudonym(digest: digest, attempt: attempt)
        }
    }
}
