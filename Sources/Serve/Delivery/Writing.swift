// Pieces of JSON that the delivery end points share.

internal import Basics
internal import Bytes
internal import Carry
internal import Reason

extension KPIScope {
    /// The scope that a request names by its parameters; an empty one means all.
    init(_ request: HTTPRequest) {
        func part(_ name: String) -> String? {
            request.parameter(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        self.init(
            team: part("team"), repository: part("repository"), service: part("service"),
            iteration: part("iteration"), release: part("release"))
    }
}

extension JSONWriter {
    /// A number, or null when there is none.
    mutating func optional(_ name: String, _ number: Double?) {
        key(name)
        if let number { self.number(number) } else { null() }
    }

    /// A time in seconds, or null when there is none.
    mutating func optionalTime(_ name: String, _ time: Millis?) {
        key(name)
        if let time { seconds(time) } else { null() }
    }

    mutating func list(_ name: String, _ texts: some Sequence<String>) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// The parts of a place that are known.
    mutating func place(_ place: DeliveryPlace) {
        for (name, text) in [
            ("team", place.team), ("repository", place.repository), ("service", place.service),
        ] where !text.isEmpty {
            field(name, text)
        }
    }

    /// How often each phrase stands in a list, the most frequent first.
    mutating func counts(_ phrases: [Phrase]) {
        var counts: [Phrase: Int] = [:]
        for phrase in phrases { counts[phrase, default: 0] += 1 }
        beginArray()
        for (phrase, count) in counts.sorted(by: { ($1.value, $0.key.key) < ($0.value, $1.key.key) }
        ) {
            beginObject()
            key("reason")
            Serve.write(phrase, to: &self)
            key("count")
            number(count)
            endObject()
        }
        endArray()
    }
}
