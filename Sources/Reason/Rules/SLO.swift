// Service level objectives as rules: from "99.9 % of requests are good over 30 days" come the series of the
// error ratio over several windows, the error budget that is left, and alerts that fire when the budget
// burns too fast, each over a long window (so that it matters) and a short one (so that it stops when the
// trouble does). Windows and factors are those of Google's Site Reliability Workbook, chapter 5: 2 % of a
// month's budget in an hour, 5 % in six, 10 % in a day or in three.

public import Basics
public import Bytes
public import Query

/// One objective.
public struct SLO: Sendable, Equatable {
    public var name: String
    /// The share of good events, for example 0.999.
    public var objective: Double
    /// Over which the objective holds.
    public var windowMillis: Millis
    /// PromQL for bad events a second, with `$window` where the range belongs.
    public var errors: String
    /// PromQL for all events a second, likewise.
    public var total: String
    public var labels: [(key: String, value: String)] = []

    public static func == (left: SLO, right: SLO) -> Bool {
        left.name == right.name && left.objective == right.objective
            && left.windowMillis == right.windowMillis && left.errors == right.errors
            && left.total == right.total && left.labels.map(\.key) == right.labels.map(\.key)
            && left.labels.map(\.value) == right.labels.map(\.value)
    }

    public init(
        name: String, objective: Double, windowMillis: Millis = 30 * 86_400_000, errors: String,
        total: String
    ) {
        self.name = name
        self.objective = objective
        self.windowMillis = windowMillis
        self.errors = errors
        self.total = total
    }

    /// One pace at which the budget burns.
    struct Burn {
        var factor: Double
        var long: String
        var short: String
        /// How long before the alert fires.
        var hold: Millis
        var severity: String
    }

    static let burns = [
        Burn(factor: 14.4, long: "1h", short: "5m", hold: 120_000, severity: "critical"),
        Burn(factor: 6, long: "6h", short: "30m", hold: 900_000, severity: "critical"),
        Burn(factor: 3, long: "1d", short: "2h", hold: 3_600_000, severity: "warning"),
        Burn(factor: 1, long: "3d", short: "6h", hold: 10_800_000, severity: "warning"),
    ]
    static let windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]

    /// The group of rules.
    ///
    /// - Parameter file: shown as where the rules come from.
    public func group(file: String) -> RuleGroup {
        var rules = Self.windows.map { window in
            let part = { (text: String) in text.replacing("$window", with: window) }
            return record(
                "slo:error_ratio", "(\(part(errors))) / (\(part(total)))", ["window": window])
        }
        // 1 − 0.999 in binary is not quite 0.001; nobody wants to read the rest.
        let budget = numberText(((1 - objective) * 1e12).rounded() / 1e12, .plain)
        rules.append(record("slo:objective", "vector(\(numberText(objective, .plain)))"))
        // The mean of the short window's ratio over the whole one; scrapes and evaluations are even.
        let spent =
            "avg_over_time(slo:error_ratio{slo=\(quoted(name)),window=\"5m\"}[\(durationText(windowMillis))])"
        rules.append(
            record("slo:error_budget_remaining", "1 - sum(\(spent)) / \(budget)"))
        rules.append(
            record(
                "slo:burn_rate",
                "sum(slo:error_ratio{slo=\(quoted(name)),window=\"1h\"}) / \(budget)"))
        rules += Self.burns.map { alert($0, budget) }
        return RuleGroup(
            name: "slo:\(name)", file: file, intervalMillis: 30_000, rules: rules)
    }

    private func record(
        _ metric: String, _ expression: String, _ more: [String: String] = [:]
    ) -> Rule {
        let pairs =
            [("slo", name)] + more.map { ($0.key, $0.value) } + labels.map { ($0.key, $0.value) }
        return Rule(
            kind: .recording, name: metric, expression: expression,
            labels: pairs.map { RuleText(name: $0.0, source: $0.1, template: nil) })
    }

    private func alert(_ burn: Burn, _ budget: String) -> Rule {
        let limit = numberText(burn.factor, .plain)
        let side = { (window: String) in
            "sum(slo:error_ratio{slo=\(quoted(name)),window=\(quoted(window))}) > \(limit) * \(budget)"
        }
        let pairs =
            [("slo", name), ("severity", burn.severity), ("window", burn.long)]
            + labels.map { ($0.key, $0.value) }
        let share = "{{ $value | humanizePercentage }}"
        let texts = [
            (
                "summary",
                "The error budget of \(name) burns \(limit) times too fast: \(share) of events fail over \(burn.long)"
            ),
            ("summary_zh", "\(name) 的错误预算消耗速度超过 \(limit) 倍：\(burn.long) 内有 \(share) 的事件失败"),
            (
                "action",
                "Look at what changed when the error ratio rose; roll back if it was a release"
            ),
            ("action_zh", "查看错误率上升时发生了什么变化；若与发布有关，请回滚"),
        ]
        return Rule(
            kind: .alerting(holdMillis: burn.hold, keepFiringMillis: 0),
            name: "ErrorBudgetBurn", expression: "(\(side(burn.long))) and (\(side(burn.short)))",
            labels: pairs.map { RuleText(name: $0.0, source: $0.1, template: nil) },
            annotations: texts.map { name, text in
                RuleText(
                    name: name, source: text,
                    template: try? Template(
                        text, name: "__alert_ErrorBudgetBurn", variables: AlertTemplate.variables))
            })
    }
}

extension SLO {
    /// Reads `slos:`; faults go to the section's problems.
    public static func read(_ root: Section, check: ExpressionCheck) -> [SLO] {
        var names: Set<String> = []
        return (root.sections("slos") ?? []).compactMap { section in
            let name = section.string("name") ?? ""
            if name.isEmpty { section.error("name", "an objective needs a name") }
            if !names.insert(name).inserted {
                section.error("name", "\(quoted(name)) is there twice")
            }
            let percent = section.double("objective") ?? 0
            if percent <= 0 || percent >= 100 {
                section.error("objective", "must be a share in percent below 100, for example 99.9")
            }
            var slo = SLO(
                name: name, objective: percent / 100, errors: section.string("errors") ?? "",
                total: section.string("total") ?? "")
            slo.windowMillis = section.duration("window") ?? slo.windowMillis
            slo.labels = section.texts("labels") ?? []
            for (key, text) in [("errors", slo.errors), ("total", slo.total)] {
                if !text.contains("$window") {
                    section.error(
                        key, "needs PromQL with $window, for example sum(rate(x[$window]))")
                } else {
                    do throws(QueryError) {
                        try check(text.replacing("$window", with: "5m"))
                    } catch {
                        section.error(key, "could not parse expression: \(error.text(in: text))")
                    }
                }
            }
            section.finish()
            return slo
        }
    }
}
