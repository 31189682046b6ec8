// How sure a verdict must be, as rehearsals and gray releases are configured alike.

import Bytes
import Rehearse

extension Policy {
    /// Reads `margin`, `level`, `min_duration` and the least number of pairs.
    ///
    /// - Parameter key: what the least number is called.
    mutating func read(_ section: Section, least key: String) {
        if let margin = section.double("margin") {
            if !(margin > 0 && margin < 1) { section.error("margin", "must be between 0 and 1") }
            for metric in Metric.allCases where metric.scale == .difference {
                rules[metric]?.margin = margin
            }
        }
        if let level = section.double("level") {
            if !(level > 0 && level < 0.5) { section.error("level", "must be between 0 and 0.5") }
            self.level = level
        }
        if let least = section.int(key) {
            if least < 1 { section.error(key, "must be at least 1") }
            pairsMin = max(1, least)
        }
        durationMin = section.duration("min_duration") ?? durationMin
    }
}
