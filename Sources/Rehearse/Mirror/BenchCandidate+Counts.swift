// What is kept beside a trial: what was spent and how much was skipped, so that a budget is not begun
// anew by a restart.

internal import Basics
internal import Bytes

extension BenchCandidate {
    /// The counts as JSON.
    var counts: String {
        let skipped = SkipReason.allCases.compactMap { reason -> (key: String, value: JSON)? in
            let count = self.skipped(reason)
            return count > 0 ? (reason.rawValue, .number(count)) : nil
        }
        let json = JSON.object([
            ("requests", .number(spending.requests)), ("tokens", .number(spending.tokens)),
            ("money", .number(spending.money)), ("stopped", .bool(isStopped)),
            ("skipped", .object(skipped)),
        ])
        return String(decoding: json.encoded, as: UTF8.self)
    }

    /// Goes on from what was kept.
    mutating func restore(counts text: String) {
        guard let json = try? JSON(text: text) else { return }
        spending.requests = json["requests"]?.int ?? 0
        spending.tokens = json["tokens"]?.int ?? 0
        spending.money = json["money"]?.double ?? 0
        isStopped = json["stopped"]?.boolean ?? false
        for (key, value) in json["skipped"]?.fields ?? [] {
            guard let reason = SkipReason(rawValue: key) else { continue }
            // The meters live as long as the process: a reload must not count them twice.
            skippedBefore[reason] =
                (value.int ?? 0) - Int(meters.skipped[reason]?.value ?? 0)
        }
        copiesBefore = spending.requests - Int(meters.copies.value)
    }

    /// Requests that did not become a pair, over all starts.
    func skipped(_ reason: SkipReason) -> Int {
        (skippedBefore[reason] ?? 0) + Int(meters.skipped[reason]?.value ?? 0)
    }
}
