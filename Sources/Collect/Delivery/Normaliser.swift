// From a delivery to events. Each sender has a file in `Sources/`; here is what they share: identities
// become actors, texts are masked, services and environments get their names, and what is not
// understood is counted by name and never fatal. An event's id is made of the keys of the thing it
// speaks of, never of the delivery's id, so an event that is both pulled and hooked counts once.

public import Basics
internal import Bytes

/// Why a delivery cannot be read at all.
public struct DeliveryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A label of `martlet_ingest_rejected_total`.
    public var reason: String
    public var detail: String

    public init(_ reason: String, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    public var description: String { "\(reason): \(detail)" }
}

/// What a delivery said.
public struct NormalisedDelivery: Sendable, Equatable {
    public var events: [Event] = []
    /// What was understood to be there and is no event for Martlet, by name.
    public var ignored: [String: Int] = [:]
    /// Things that should have been events and lack what an event needs, with the reason.
    public var faults: [String] = []

    public init() {}
}

/// Reads deliveries of one source.
public struct Normaliser: Sendable {
    public let source: DeliverySourceConfig
    public let people: PeopleBook

    public init(source: DeliverySourceConfig, people: PeopleBook) {
        self.source = source
        self.people = people
    }

    /// The events of a delivery.
    ///
    /// - Throws: ``DeliveryError`` when the body is not what this kind of source sends.
    public func read(_ delivery: RawDelivery) throws(DeliveryError) -> NormalisedDelivery {
        var reading = Reading(source: source, people: people, delivery: delivery)
        if source.kind == .gerrit {
            try reading.gerritLines()
            return reading.finish()
        }
        var json: JSON
        do throws(JSONError) {
            json = try JSON(delivery.body)
        } catch {
            throw DeliveryError("not_json", error.description)
        }
        // A capture that was kept by a relay: the body is inside, beside its headers.
        if let fields = json.fields, fields.count == 2, json.at("headers")?.fields != nil,
            let inner = json.at("body")
        {
            json = inner
        }
        switch source.kind {
        case .github: reading.github(json)
        case .gitlab: reading.gitlab(json)
        case .jenkins: reading.jenkins(json)
        case .jira: reading.jira(json)
        case .gerrit: break
        case .trello: reading.trello(json)
        case .asana: reading.asana(json)
        case .circleci: reading.circleci(json)
        case .cdevents, .cloudevents: reading.cloudEvents(json)
        case .devlake: reading.devlake(json)
        case .pelorus: reading.pelorus(json)
        case .generic: reading.generic(json)
        }
        return reading.finish()
    }
}

/// A delivery being read.
struct Reading {
    let source: DeliverySourceConfig
    let people: PeopleBook
    let delivery: RawDelivery
    private var result = NormalisedDelivery()
    private var mask = NameMask()

    init(source: DeliverySourceConfig, people: PeopleBook, delivery: RawDelivery) {
        self.source = source
        self.people = people
        self.delivery = delivery
    }

    mutating func ignore(_ name: String) { result.ignored[name, default: 0] += 1 }

    mutating func fault(_ reason: String) { result.faults.append(reason) }

    /// Takes note of somebody without an event, so that texts are masked.
    @discardableResult
    mutating func actor(_ identity: Identity?) -> Actor {
        let actor = people.actor(identity)
        if let identity, !actor.isBot { mask.learn(identity, as: actor.name) }
        return actor
    }

    /// Adds an event; one without a time is a fault of the sender and is only counted.
    mutating func add(
        _ kind: EventKind, _ id: String, at time: Millis?, repository: String = "",
        service: String? = nil, by identity: Identity? = nil, _ fields: [String: EventValue?]
    ) {
        guard let time else {
            fault("\(kind.rawValue) \(id.prefix(80)): no time that can be read")
            return
        }
        let actor = actor(identity)
        result.events.append(
            Event(
                id: id, source: source.source, kind: kind, time: time, team: source.team,
                repository: repository,
                service: service ?? (repository.isEmpty ? "" : source.service(of: repository)),
                actor: actor.name, isBot: actor.isBot, fields: fields.compactMapValues { $0 }))
    }

    /// Changes the event that was added last.
    mutating func amendLast(_ change: (inout Event) -> Void) {
        guard let last = result.events.indices.last else { return }
        change(&result.events[last])
    }

    /// A title or comment: dropped, unless the source keeps them.
    func title(_ text: String?) -> EventValue? { source.keepsTitles ? .maybe(text) : nil }

    func environment(_ name: String?) -> EventValue? { .maybe(name.map(source.environment)) }

    /// A pseudonym as a field.
    mutating func person(_ identity: Identity?) -> EventValue? {
        let name = actor(identity).name
        return name.isEmpty ? nil : .text(name)
    }

    /// The events, masked: everything that travels but the keys that join events to each other.
    func finish() -> NormalisedDelivery {
        var result = result
        for index in result.events.indices {
            result.events[index].id = shortened(maskedEmails(result.events[index].id))
            result.events[index].repository = maskedEmails(result.events[index].repository)
            result.events[index].service = maskedEmails(result.events[index].service)
            for (name, value) in result.events[index].fields {
                // Texts that people write; a key stays the same whoever else a delivery names.
                let isFree = freeTexts.contains(name)
                func masked(_ text: String) -> String {
                    String((isFree ? mask.apply(text) : maskedEmails(text)).prefix(textLengthMax))
                }
                switch value {
                case .text(let text): result.events[index].fields[name] = .text(masked(text))
                case .list(let items): result.events[index].fields[name] = .list(items.map(masked))
                default: break
                }
            }
        }
        return result
    }

    /// An id of bounded length: a long one ends in its digest.
    private func shortened(_ id: String) -> String {
        if id.utf8.count <= 400 { return id }
        return String(id.prefix(300)) + "/" + hexText(sha256(Array(id.utf8)).prefix(12))
    }
}

private let freeTexts: Set<String> = [
    "branch", "comment", "evidence", "goal", "job", "label", "name", "suite", "tag", "target",
    "title",
]

/// Characters of a text in an event; a longer one is no fact but a document.
private let textLengthMax = 1000

/// What a commit's message says: a revert, a fix, the change request that it belongs to.
struct CommitMessage {
    var isRevert: Bool
    var isFix: Bool
    var change: String?

    init(_ message: String) {
        let subject = String(message.prefix { $0 != "\n" })
        let lower = subject.lowercased()
        isRevert =
            lower.hasPrefix("revert \"") || lower.hasPrefix("revert:")
            || message.contains("This reverts commit ")
        let words = lower.prefix(80).split { !$0.isLetter }
        let first = words.first ?? ""
        isFix =
            ["fix", "fixes", "fixed", "bugfix", "hotfix"].contains(first)
            || words.contains("bugfix") || words.contains("hotfix")
        if let number = CommitMessage.number(after: "Merge pull request #", in: subject) {
            change = number
        } else if subject.hasSuffix(")"), let open = subject.lastIndex(of: "(") {
            change = CommitMessage.number(after: "(#", in: String(subject[open...]))
        }
    }

    private static func number(after prefix: String, in text: String) -> String? {
        guard text.hasPrefix(prefix) else { return nil }
        let digits = text.dropFirst(prefix.count).prefix(while: \.isNumber)
        return digits.isEmpty ? nil : String(digits)
    }
}

/// True for a branch whose deployments nobody planned.
func isHotfixBranch(_ branch: String?) -> EventValue? {
    guard let branch else { return nil }
    return branch.lowercased().hasPrefix("hotfix/") || branch.lowercased().hasPrefix("hotfix-")
        ? .bool(true) : nil
}

/// `refs/heads/main` is `main`.
func branchName(_ ref: String?) -> String? {
    guard let ref else { return nil }
    return ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : ref
}
