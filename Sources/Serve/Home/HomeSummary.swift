// What Home says: one sentence and a row of tiles. A tile knows its state, its headline as a phrase,
// a few facts with units, and (while it is empty) the command that brings it to life. A value that is
// not known is left out; it is never a zero.

public import Basics
internal import Bytes
internal import Carry

/// One tile of the home page.
public struct Tile: Sendable {
    public enum State: String, Sendable { case ok, warn, bad, empty }

    public struct Fact: Sendable {
        public var key: String
        public var value: Double
        /// `percent`, `bytes`, `seconds`, `count`, `per_second`.
        public var unit: String

        public init(_ key: String, _ value: Double, _ unit: String) {
            self.key = key
            self.value = value
            self.unit = unit
        }
    }

    public var id: String
    public var state: State
    public var headline: Phrase
    public var facts: [Fact]
    public var command: String?

    public init(
        _ id: String, _ state: State, _ headline: Phrase, facts: [Fact] = [], command: String? = nil
    ) {
        self.id = id
        self.state = state
        self.headline = headline
        self.facts = facts
        self.command = command
    }
}

/// What is known about alerts at one moment.
public struct AlertCounts: Sendable {
    public var firing: Int
    public var pending: Int
    public var receivers: Int
    public var rules: Int
    /// Rules whose last evaluation failed.
    public var broken: Int
    /// Since when nothing fires; nil when something does, or when it is not known.
    public var quietSince: Millis?

    public init(
        firing: Int, pending: Int, receivers: Int, rules: Int, broken: Int, quietSince: Millis?
    ) {
        self.rules = rules
        self.broken = broken
        self.firing = firing
        self.pending = pending
        self.receivers = receivers
        self.quietSince = quietSince
    }
}

/// The sentence at the top of Home.
func homeSentence(_ counts: AlertCounts, started: Millis, now: Millis) -> Phrase {
    let ending = counts.receivers == 0 ? "_nobody" : ""
    if counts.firing > 0 {
        return Phrase("home.firing" + ending, ["count": String(counts.firing)])
    }
    // Rules need two evaluations before their silence means anything.
    if now - started < 30_000 { return Phrase("home.starting") }
    let minutes = max(0, now - (counts.quietSince ?? started)) / 60_000
    return Phrase("home.quiet" + ending, ["minutes": String(minutes)])
}

/// Writes the tiles as the page expects them.
func write(_ tiles: [Tile], to writer: inout JSONWriter) {
    writer.beginArray()
    for tile in tiles {
        writer.beginObject()
        writer.field("id", tile.id)
        writer.field("state", tile.state.rawValue)
        writer.key("headline")
        write(tile.headline, to: &writer)
        writer.key("facts")
        writer.beginArray()
        for fact in tile.facts {
            writer.beginObject()
            writer.field("key", fact.key)
            writer.key("value")
            writer.number(fact.value)
            writer.field("unit", fact.unit)
            writer.endObject()
        }
        writer.endArray()
        writer.key("command")
        if let command = tile.command { writer.string(command) } else { writer.null() }
        writer.endObject()
    }
    writer.endArray()
}

/// Writes a phrase as `{"key":…,"args":{…}}`.
func write(_ phrase: Phrase, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("key", phrase.key)
    writer.key("args")
    writer.beginObject()
    for (name, value) in phrase.arguments.sorted(by: { $0.key < $1.key }) {
        writer.field(name, value)
    }
    writer.endObject()
    writer.endObject()
}
