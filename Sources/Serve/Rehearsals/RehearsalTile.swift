// What Home says of rehearsals: the worst verdict that stands, or how to begin.

internal import Basics
public import Rehearse

/// The tile of rehearsals.
public func rehearsalTile(_ views: [RehearsalView]) -> Tile {
    let candidates = views.flatMap { view in view.candidates.map { (view.name, $0) } }
    if candidates.isEmpty {
        return Tile(
            "rehearsals", .empty, Phrase("tile.rehearsals.empty"),
            command: "martlet init && $EDITOR martlet.yml   # rehearsals")
    }
    let pairs = candidates.reduce(0) { $0 + $1.1.standing.pairs }
    let facts = [Tile.Fact("rehearsals.pairs", Double(pairs), "count")]
    if let (name, candidate) = candidates.first(where: { $0.1.standing.verdict == .reject }) {
        return Tile(
            "rehearsals", .bad,
            Phrase("tile.rehearsals.rejected", ["rehearsal": name, "candidate": candidate.name]),
            facts: facts)
    }
    if let (name, candidate) = candidates.first(where: { $0.1.standing.verdict == .promote }) {
        return Tile(
            "rehearsals", .ok,
            Phrase("tile.rehearsals.promoted", ["rehearsal": name, "candidate": candidate.name]),
            facts: facts)
    }
    return Tile(
        "rehearsals", .ok,
        Phrase("tile.rehearsals.running", ["count": String(candidates.count)]), facts: facts)
}
