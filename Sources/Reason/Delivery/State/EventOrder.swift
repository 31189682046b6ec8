// The one order in which events are folded: by event time, then by what they say. Arrival plays no
// part, so any order and any repetition of arrival gives the same state (delivery facts C1.4).

public import Basics

/// Events in their canonical order, each (source, id) once.
///
/// When two events share source and id but differ, the one that is first in the canonical order
/// stands, whichever arrived first.
public func canonical(_ events: some Sequence<Event>) -> [Event] {
    let sorted = events.map { ($0, sortText($0)) }.sorted {
        $0.0.time != $1.0.time ? $0.0.time < $1.0.time : $0.1 < $1.1
    }
    var seen: Set<[String]> = []
    return sorted.compactMap { event, _ in
        seen.insert([event.source, event.id]).inserted ? event : nil
    }
}

/// What breaks ties of time: source and id first, then everything else the event says.
private func sortText(_ event: Event) -> String {
    var text = "\(event.kind.rawValue)\u{1}\(event.source)\u{1}\(event.id)\u{1}\(event.team)"
    text += "\u{1}\(event.repository)\u{1}\(event.service)\u{1}\(event.actor)\u{1}\(event.isBot)"
    for key in event.fields.keys.sorted() {
        if let value = event.fields[key] { text += "\u{1}\(key)=\(value)" }
    }
    return text
}

extension Event {
    /// All that the event says, for digests.
    var digestText: String { "\(time)\u{1}" + sortText(self) }

    func text(_ field: String) -> String? {
        guard let value = fields[field] else { return nil }
        switch value {
        case .text(let text): return text.isEmpty ? nil : text
        case .number(let number): return numberText(number, .plain)
        default: return nil
        }
    }

    func number(_ field: String) -> Double? { fields[field]?.number }

    func flag(_ field: String) -> Bool? { fields[field]?.bool }

    func time(_ field: String) -> Millis? {
        guard let number = number(field), number.isFinite, abs(number) < 9e15 else { return nil }
        return Millis(number)
    }

    func int(_ field: String) -> Int? {
        guard let number = number(field), number.isFinite, abs(number) < 9e15 else { return nil }
        return Int(number)
    }
}

/// Where something belongs; parts become known as events tell of them.
public struct DeliveryPlace: Sendable, Hashable {
    public var team: String
    public var repository: String
    public var service: String

    public init(team: String = "", repository: String = "", service: String = "") {
        self.team = team
        self.repository = repository
        self.service = service
    }

    init(_ event: Event) {
        self.init(team: event.team, repository: event.repository, service: event.service)
    }

    mutating func learn(_ event: Event) {
        if team.isEmpty { team = event.team }
        if repository.isEmpty { repository = event.repository }
        if service.isEmpty { service = event.service }
    }
}
