// What the configuration says about delivery: `hooks:` (who may send), `sources:` (what is pulled),
// `people:` (who is one person, and whether names are shown) and `delivery:` (what counts as
// production, how long a failure may be blamed on a release, what stops one). Secrets are read from
// their files when the agent takes the configuration, not here.

import Basics
import Bytes
import Collect
import Reason

/// The sections about delivery.
struct DeliveryConfig: Sendable {
    var hooks: [DeliverySourceConfig] = []
    var sources: [PullConfig] = []
    var people = PeopleConfig()
    var settings = DeliverySettings()
    var policy = GatePolicy()
    /// What figures look back over: a quarter has enough rows of most kinds and is still today's team.
    var windowMillis: Millis = 90 * 86_400_000
    /// The yardstick shown beside DORA's figures.
    var yardstick = "dora-2023"
    /// Where relative paths of secrets start.
    var folder = "."

    init() {}

    /// Reads the sections of the root.
    init(root: Section, folder: String) {
        self.folder = folder
        hooks = (root.sections("hooks") ?? []).map(DeliverySourceConfig.init(section:))
        sources = (root.sections("sources") ?? []).map(PullConfig.init(section:))
        if let section = root.section("people") { people = PeopleConfig(section: section) }
        var seen: Set<String> = []
        for name in hooks.map(\.source) where !seen.insert(name).inserted {
            root.error("hooks", "\(name) stands twice; give each source its own name")
        }
        seen = []
        for name in sources.map(\.cursorName) where !seen.insert(name).inserted {
            root.error("sources", "\(name) stands twice")
        }
        if let section = root.section("delivery") { read(section) }
    }

    private mutating func read(_ section: Section) {
        if let names = section.strings("production_environments") {
            let all = Set(names.map { $0.lowercased() })
            // Readers name every production environment `production`.
            settings.productionEnvironments = all.union(["production"]).sorted()
            for index in hooks.indices { hooks[index].productionEnvironments = all }
            for index in sources.indices { sources[index].source.productionEnvironments = all }
        }
        settings.incidentWindowMillis =
            positive(section, "incident_window") ?? settings.incidentWindowMillis
        settings.releaseWindowMillis =
            positive(section, "release_window") ?? settings.releaseWindowMillis
        settings.watchMillis = positive(section, "watch_window") ?? settings.watchMillis
        windowMillis = positive(section, "window") ?? windowMillis
        settings.hotfixPrefixes = section.strings("hotfix_prefixes") ?? settings.hotfixPrefixes
        settings.stages = section.strings("stages") ?? settings.stages
        settings.doneStages =
            section.strings("done_stages")?.map { $0.lowercased() } ?? settings.doneStages
        settings.defectTypes =
            section.strings("defect_types")?.map { $0.lowercased() } ?? settings.defectTypes
        for (stage, text) in section.texts("work_in_progress_limits") ?? [] {
            guard let limit = Int(text), limit > 0 else {
                section.error("work_in_progress_limits", "\(stage) must have a whole number over 0")
                continue
            }
            settings.workInProgressMax[stage] = limit
        }
        if let name = section.string("yardstick") {
            yardstick = name
            if Yardstick.named(name) == nil {
                let all = Yardstick.all.map(\.name).joined(separator: ", ")
                section.error("yardstick", "must be one of \(all)")
            }
        }
        if let gates = section.section("gates") { read(gates: gates) }
        section.finish()
    }

    private mutating func read(gates section: Section) {
        func kind(_ name: String, _ key: String) -> GateKind? {
            let kind = GateKind(rawValue: name)
            if kind == nil {
                let all = GateKind.allCases.map(\.rawValue).joined(separator: ", ")
                section.error(key, "\(name) is no gate; the gates are \(all)")
            }
            return kind
        }
        if let names = section.strings("must") {
            policy.must = Set(names.compactMap { kind($0, "must") })
        }
        for (name, owner) in section.texts("owners") ?? [] {
            if let kind = kind(name, "owners") { policy.owners[kind] = owner }
        }
        policy.lineCoverageMin = section.double("line_coverage_min")
        policy.coverageDropMax = section.double("coverage_drop_max") ?? policy.coverageDropMax
        policy.unreviewedMergesMax =
            section.int("unreviewed_merges_max") ?? policy.unreviewedMergesMax
        policy.backupAgeMillisMax = positive(section, "backup_age_max") ?? policy.backupAgeMillisMax
        section.finish()
    }

    private func positive(_ section: Section, _ key: String) -> Millis? {
        guard let millis = section.duration(key) else { return nil }
        if millis <= 0 { section.error(key, "must be longer than nothing") }
        return millis
    }
}

extension PullConfig {
    /// Under what the cursor of this source is kept.
    var cursorName: String { "\(source.source) \(url) \(project)" }
}
