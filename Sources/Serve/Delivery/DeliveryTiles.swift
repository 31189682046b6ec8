// What Home says of delivery and of decisions: one line each, from the newest snapshot.

public import Basics
internal import Keep
internal import Reason

/// The tiles of delivery on Home.
public struct DeliveryTiles: Sendable {
    private let board: DeliveryBoard
    private let desk: DecisionDesk

    public init(board: DeliveryBoard, desk: DecisionDesk) {
        self.board = board
        self.desk = desk
    }

    /// Decisions that wait for an answer.
    public func decisions() -> Tile {
        let questions = desk.questions
        if questions.isEmpty {
            return Tile(
                "decisions", .empty, Phrase("tile.decisions.empty"), command: "martlet import git ."
            )
        }
        // A question without enough data waits for data, not for a person.
        let waiting = questions.count { name, scope in
            guard let decision = try? desk.decision(name, scope),
                decision.verdict != .notEnoughData
            else { return false }
            return (try? desk.log.decision(decision.id))??.answers.isEmpty ?? true
        }
        if waiting == 0 { return Tile("decisions", .ok, Phrase("tile.decisions.ok")) }
        return Tile(
            "decisions", .warn, Phrase("tile.decisions.waiting", ["count": String(waiting)]))
    }

    /// Deployments of the last week.
    public func delivery(now: Millis) -> Tile {
        guard let state = board.snapshot?.state, !state.events.isEmpty else {
            return Tile(
                "delivery", .empty, Phrase("tile.delivery.empty"), command: "martlet import git .")
        }
        let week = TimeRange(from: now - 7 * 86_400_000, through: now)
        let kpi = KPIDefinition.named("deployments")?.kpi(state, window: week, now: now)
        let count = kpi?.rows.count ?? 0
        return Tile("delivery", .ok, Phrase("tile.delivery.ok", ["count": String(count)]))
    }
}
