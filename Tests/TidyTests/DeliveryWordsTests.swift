// Every sentence that judges of delivery, drift, quality and decisions can say has its words in both
// languages. The keys are read from the sources; a key made of parts must have its list here, so that
// none is missed.

import Foundation
import Testing

private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

private func sources(_ folders: String...) throws -> String {
    var text = ""
    for folder in folders {
        let base = root.appending(path: folder)
        let all = FileManager.default.enumerator(atPath: base.path)?.allObjects ?? []
        for file in all.compactMap({ $0 as? String }).sorted() where file.hasSuffix(".swift") {
            text += try String(contentsOf: base.appending(path: file), encoding: .utf8)
        }
    }
    return text
}

private func words(_ language: String) throws -> [String: String] {
    let file = root.appending(path: "dashboards/web/lang/\(language).json")
    return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
}

/// What the first group of a pattern finds, without repeats.
private func found(_ pattern: Regex<(Substring, Substring)>, in text: String) -> [String] {
    Set(text.matches(of: pattern).map { String($0.1) }).sorted()
}

/// Keys of one interpolated phrase, by the text of its literal; nil when nobody listed it.
private func expanded(_ literal: String, _ text: String) -> [String]? {
    let figures = found(/KPIDefinition\(\s*"([a-z0-9_]+)"/, in: text)
    let gates = found(/case ((?:build|tests)[a-z, ]+drift)/, in: text)
        .flatMap { $0.split(separator: ", ").map(String.init) }
    let verdicts = [
        "commit.take", "commit.not_enough_data", "commit.no_skill", "go.go",
        "go.go_with_conditions", "go.no_go", "go.not_enough_data",
    ]
    let responses = [
        "leave", "watch", "label_sample", "recalibrate", "retrain", "roll_back", "not_enough_data",
    ].map { "drift_response." + $0 }
    let stages = ["go", "hold", "roll_back", "not_enough_data"].map { "next_stage." + $0 }
    func recommended(_ name: String) -> [String] {
        (verdicts + responses + stages).filter { $0.hasPrefix(name + ".") }
            .map { "decision.\(name).recommend." + $0.dropFirst(name.count + 1) }
    }
    switch literal {
    case #"decision.\(name.rawValue).\(verdict.rawValue)"#:
        return (verdicts + responses + stages).map { "decision." + $0 }
    case #"decision.commit.recommend.\(verdict.rawValue)"#: return recommended("commit")
    case #"decision.go.recommend.\(verdict.rawValue)"#: return recommended("go")
    case #"decision.outcome.\(word)"#:
        return ["well", "failed", "rolled_back"].map { "decision.outcome." + $0 }
    case #"decision.drift_response.recommend.\(verdict.rawValue)"#:
        return recommended("drift_response")
    case #"decision.next_stage.recommend.\(verdict.rawValue)"#: return recommended("next_stage")
    case #"quality.data.\(kind.rawValue)"#:
        return found(
            /case [A-Za-z]+ = "((?:missing|new|type|unseen|out|duplicate)_[a-z_]+)"/, in: text
        )
        .map { "quality.data." + $0 }
    case #"drift.test.\(test.rawValue)"#:
        return ["mmd", "pca_error", "classifier", "ks_columns"].map { "drift.test." + $0 }
    case #"gate.\($0.kind.rawValue).missing"#: return gates.map { "gate.\($0).missing" }
    case #"gate.\(kind.rawValue).unknown"#: return gates.map { "gate.\($0).unknown" }
    case #"gate.\(kind.rawValue).\(gate.state.rawValue)"#:
        return gates.flatMap { ["gate.\($0).pass", "gate.\($0).fail"] }
    case #"kpi.formula.\(id)"#: return figures.flatMap { ["kpi.formula.\($0)", "kpi.name.\($0)"] }
    case #"kpi.missing.\(reason)"#: return ["kpi.missing.rows", "kpi.missing.decided"]
    case #"kpi.excluded.\(reason)"#:
        let plain = found(/(?:left\(|reason: )"([a-z_]+)"/, in: text)
        let chosen = ["not_released", "window_open", "build_aborted", "build_not_built"]
        return (plain + chosen).map { "kpi.excluded." + $0 }
    default: return nil
    }
}

@Suite struct DeliveryWordsTests {
    @Test(arguments: ["en", "zh"])
    func `every sentence of delivery, drift, quality and decisions is worded`(_ language: String)
        throws
    {
        let text = try sources(
            "Sources/Reason/Delivery", "Sources/Reason/Decisions", "Sources/Serve/Delivery",
            "Sources/Reason/Drift", "Sources/Reason/Quality")
        let known = try words(language)
        let literals = found(
            /"((?:decision|drift|forecast|gate|kpi|quality|watch)\.[^"\n]+)"/, in: text)
        #expect(literals.count > 20, "the sources say only \(literals)")
        for literal in literals {
            guard literal.contains(#"\("#) else {
                #expect(known[literal] != nil, "\(language).json lacks \(literal)")
                continue
            }
            let keys = expanded(literal, text)
            #expect(keys?.isEmpty == false, "list the keys that \(literal) can become")
            for key in keys ?? [] {
                #expect(known[key]?.isEmpty == false, "\(language).json lacks \(key)")
            }
        }
    }

    @Test func `the sources name as many figures and gates as the words explain`() throws {
        let text = try sources("Sources/Reason/Delivery", "Sources/Reason/Decisions")
        let figures = found(/KPIDefinition\(\s*"([a-z0-9_]+)"/, in: text)
        let explained = try words("en").keys.filter { $0.hasPrefix("kpi.formula.") }
        #expect(Set(figures.map { "kpi.formula." + $0 }) == Set(explained))
        let named = try words("en").keys.filter { $0.hasPrefix("gate.") && $0.hasSuffix(".name") }
        #expect(Set(expanded(#"gate.\(kind.rawValue).unknown"#, text) ?? []).count == named.count)
    }
}
