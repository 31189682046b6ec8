// Relabelling rules from a configuration file, validated as Prometheus validates them, so that a file
// that one takes the other takes too.

internal import Basics
public import Bytes

extension RelabelRule {
    /// Reads the list under a key; faults are reported to the section's problems.
    public static func read(_ section: Section, _ key: String) -> [RelabelRule] {
        (section.sections(key) ?? []).compactMap { RelabelRule($0) }
    }

    /// Reads one rule; nil when it cannot be used, and then the problems say why.
    public init?(_ section: Section) {
        let written = section.string("action")?.lowercased() ?? "replace"
        let sources = section.strings("source_labels")
        let separator = section.take("separator").flatMap { separatorText($0) }
        let regex = section.take("regex").map { $0.text ?? "" }
        let modulus = section.int("modulus")
        let target = section.string("target_label") ?? ""
        let replacement = section.take("replacement").map { $0.text ?? "" }
        section.finish()
        guard let action = Action(rawValue: written) else {
            let known = Action.allCases.map(\.rawValue).joined(separator: ", ")
            section.error("action", "unknown relabel action \(written); one of \(known)")
            return nil
        }
        do throws(PatternError) {
            try self.init(
                action, sourceLabels: sources ?? [], separator: separator ?? ";",
                regex: regex ?? "(.*)", modulus: UInt64(max(modulus ?? 0, 0)), targetLabel: target,
                replacement: replacement ?? "$1")
        } catch {
            section.error("regex", "\(error)")
            return nil
        }
        let isDefault = (
            pattern: regex == nil || regex == "(.*)",
            separator: separator == nil || separator == ";",
            replacement: replacement == nil || replacement == "$1",
            sources: sources == nil
        )
        if let (key, fault) = fault(isDefault) {
            section.error(key, fault)
            return nil
        }
    }

    /// What Prometheus would refuse, and at which key.
    private func fault(
        _ isDefault: (pattern: Bool, separator: Bool, replacement: Bool, sources: Bool)
    ) -> (String, String)? {
        let name = action.rawValue
        switch action {
        case .keep, .drop: return nil
        case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal:
            if targetLabel.isEmpty {
                return ("target_label", "the \(name) action requires a target_label")
            }
        case .labelmap:
            if !isLabelTemplate(replacement) {
                return ("replacement", "\(quoted(replacement)) cannot become a label name")
            }
        case .labeldrop, .labelkeep:
            let isOnlyRegex =
                isDefault.separator && isDefault.replacement && isDefault.sources
                && targetLabel.isEmpty && modulus == 0
            if !isOnlyRegex {
                return ("action", "\(name) requires only 'regex', and no other keys")
            }
        }
        if action == .hashmod && modulus == 0 {
            return ("modulus", "the hashmod action requires a modulus above 0")
        }
        if action == .replace && !isLabelTemplate(targetLabel) {
            return ("target_label", "\(quoted(targetLabel)) cannot become a label name")
        }
        let isPlainTarget = [.hashmod, .lowercase, .uppercase, .keepequal, .dropequal].contains(
            action)
        if isPlainTarget && targetLabel.contains("$") {
            return ("target_label", "the \(name) action takes no template as target_label")
        }
        if [.lowercase, .uppercase].contains(action) && !isDefault.replacement {
            return ("replacement", "the \(name) action takes no replacement")
        }
        if [.keepequal, .dropequal].contains(action) {
            let isPlain =
                isDefault.pattern && isDefault.separator && isDefault.replacement && modulus == 0
            if !isPlain {
                return ("action", "\(name) requires only 'source_labels' and 'target_label'")
            }
        }
        return nil
    }
}

/// A separator may be empty, which YAML writes as `""`.
private func separatorText(_ node: YAML) -> String? {
    if case .scalar(let text, _) = node.value { return text }
    return nil
}

/// True when a text with `$1` in it may become a label name: any UTF-8, so only the empty one cannot.
private func isLabelTemplate(_ text: String) -> Bool { !text.isEmpty }
