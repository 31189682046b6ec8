// The section `gray:`, a list: how sure the verdict about a release's stages must be, and, where the series
// are here, the queries that its windows are read with, so that nobody has to report but the beginning of
// a stage. A release that is not named here is judged by the defaults.

import Basics
import Bytes
import Query
import Rehearse

/// A gray release as it is configured.
struct GrayConfig: Sendable {
    let name: String
    var policy = Policy()
    var isGate = true
    /// The service whose release it is; nil for any.
    var service: String?
    var everyMillis: Millis = 60_000
    /// Queries by what they give: `requests`, `errors`, or a metric; `$version` stands for the canary's.
    var baseline: [(key: String, value: String)] = []
    var canary: [(key: String, value: String)] = []

    var hasQueries: Bool { !canary.isEmpty }

    /// Reads the list of the root.
    static func read(_ root: Section) -> [GrayConfig] {
        let all = (root.sections("gray") ?? []).map { GrayConfig($0) }
        var seen: Set<String> = []
        for one in all where !seen.insert(one.name).inserted {
            root.error("gray", "\(one.name) stands twice; give each its own name")
        }
        return all
    }

    private init(_ section: Section) {
        name = section.string("name") ?? ""
        if name.isEmpty { section.error("name", "is missing: the release, as reports name it") }
        policy.read(section, least: "min_requests")
        isGate = section.bool("gate") ?? true
        service = section.string("service")
        everyMillis = section.duration("every") ?? everyMillis
        if everyMillis < 1_000 { section.error("every", "must be at least 1s") }
        baseline = queries(section, "baseline")
        canary = queries(section, "canary")
        if Set(baseline.map(\.key)) != Set(canary.map(\.key)) {
            section.error("canary", "baseline and canary need the same queries")
        }
        section.finish()
    }

    private func queries(_ section: Section, _ key: String) -> [(key: String, value: String)] {
        let queries = section.texts(key) ?? []
        let known = ["requests", "errors"] + StageWindow.metrics.map(\.rawValue)
        for (name, text) in queries {
            if !known.contains(name) {
                section.error(key, "\(quoted(name)) is none of \(known.joined(separator: ", "))")
            }
            do throws(QueryError) {
                _ = try parseExpression(text.replacing("$version", with: "v"))
            } catch {
                section.error(key, "\(name): \(error)")
            }
        }
        let names = Set(queries.map(\.key))
        if !queries.isEmpty && !names.isSuperset(of: ["requests", "errors"]) {
            section.error(key, "needs the queries requests and errors")
        }
        return queries
    }

    /// What is in force, as YAML.
    var lines: [String] { ["  - name: \(name)"] }
}
