// Lessons in memory, so that a notification finds the one that fits without asking the disk: of the same
// alert name, that with the most labels in common, and of those the newest.

import Basics
import Keep

final class LessonBook: Sendable {
    private let lessons: Lessons
    private let known = Lock<[String: [LessonRow]]>([:])

    init(_ lessons: Lessons) {
        self.lessons = lessons
        refresh()
    }

    /// Reads them again.
    func refresh() {
        do {
            let all = try lessons.all()
            known.withLock { $0 = Dictionary(grouping: all, by: \.alert) }
        } catch {
            remark("lessons cannot be read: \(error)")
        }
    }

    /// The lesson that fits an alert best, as a sentence; empty when there is none.
    func sentence(_ labels: Labels) -> String {
        let candidates = known.withLock { $0[labels["alertname"] ?? ""] } ?? []
        func likeness(_ row: LessonRow) -> Int {
            row.labels.count { $0.name != "alertname" && labels[$0.name] == $0.value }
        }
        let best = candidates.max { (likeness($0), $0.at) < (likeness($1), $1.at) }
        guard let best else { return "" }
        let day = CivilTime(best.at).dateText
        let author = best.author.isEmpty ? "" : ", \(best.author)"
        return "\(best.cause) → \(best.measure) (\(day)\(author))"
    }
}
