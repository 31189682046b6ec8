// Relabelling: a list of rules that rewrite a set of labels, or throw it away. All actions of
// Prometheus, with its defaults and its order of evaluation; reading and validating them is in
// RelabelRule+Config. The same rules serve targets, scraped series, alerts and remote write.

public import Basics

/// One relabelling rule.
public struct RelabelRule: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        case replace, keep, drop, keepequal, dropequal, hashmod
        case labelmap, labeldrop, labelkeep, lowercase, uppercase
    }

    public var action: Action
    public var sourceLabels: [String]
    public var separator: String
    public var pattern: Pattern
    public var modulus: UInt64
    public var targetLabel: String
    public var replacement: String

    /// Makes a rule with Prometheus' defaults for what is not given.
    ///
    /// - Throws: ``PatternError`` when the expression is none.
    public init(
        _ action: Action = .replace, sourceLabels: [String] = [], separator: String = ";",
        regex: String = "(.*)", modulus: UInt64 = 0, targetLabel: String = "",
        replacement: String = "$1"
    ) throws(PatternError) {
        self.action = action
        self.sourceLabels = sourceLabels
        self.separator = separator
        self.pattern = try Pattern(regex, anchored: true)
        self.modulus = modulus
        self.targetLabel = targetLabel
        self.replacement = replacement
    }

    public static func == (left: RelabelRule, right: RelabelRule) -> Bool {
        left.action == right.action && left.sourceLabels == right.sourceLabels
            && left.separator == right.separator && left.pattern.source == right.pattern.source
            && left.modulus == right.modulus && left.targetLabel == right.targetLabel
            && left.replacement == right.replacement
    }
}

/// Applies rules in their order.
///
/// - Returns: the rewritten labels, or nil when a rule dropped them.
/// - Throws: ``PatternError`` when an expression gave up on its match limit.
public func relabel(
    _ labels: Labels, _ rules: [RelabelRule]
) throws(PatternError) -> Labels? {
    if rules.isEmpty { return labels }
    var builder = LabelsBuilder(labels)
    for rule in rules where try !rule.apply(to: &builder) { return nil }
    return builder.labels()
}

extension RelabelRule {
    /// Rewrites the labels; false when they are dropped.
    func apply(to labels: inout LabelsBuilder) throws(PatternError) -> Bool {
        let value = sourceLabels.map { labels[$0] ?? "" }.joined(separator: separator)
        switch action {
        case .keep: return try pattern.matches(value)
        case .drop: return try !pattern.matches(value)
        case .keepequal: return (labels[targetLabel] ?? "").utf8.elementsEqual(value.utf8)
        case .dropequal: return !(labels[targetLabel] ?? "").utf8.elementsEqual(value.utf8)
        case .replace: try replace(value, &labels)
        case .lowercase: labels.set(targetLabel, value.lowercased())
        case .uppercase: labels.set(targetLabel, value.uppercased())
        case .hashmod:
            let tail = md5(Array(value.utf8))[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            labels.set(targetLabel, String(tail % max(modulus, 1)))
        case .labelmap:
            for name in labels.labelNames {
                guard let match = try match(name) else { continue }
                labels.set(match.expand(replacement), labels[name] ?? "")
            }
        case .labeldrop:
            for name in labels.labelNames where try pattern.matches(name) { labels.remove(name) }
        case .labelkeep:
            for name in labels.labelNames where try !pattern.matches(name) { labels.remove(name) }
        }
        return true
    }

    private func replace(_ value: String, _ labels: inout LabelsBuilder) throws(PatternError) {
        guard let match = try match(value) else { return }
        let target = match.expand(targetLabel)
        guard !target.isEmpty else { return }
        labels.set(target, match.expand(replacement))
    }

    private func match(_ text: String) throws(PatternError) -> TemplateMatch? {
        let bytes = Array(text.utf8)
        var found: [Range<Int>?]?
        var failure: PatternError?
        bytes.withUnsafeBytes { raw in
            do throws(PatternError) {
                found = try pattern.firstMatch(in: raw)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard let found else { return nil }
        return TemplateMatch(text: bytes, groups: found, names: pattern.groupNames)
    }
}

/// A match whose groups fill a template as Go's `Regexp.Expand` does: `$1`, `${1}`, `$name`, `$$`.
private struct TemplateMatch {
    var text: [UInt8]
    var groups: [Range<Int>?]
    var names: [String: Int]

    func expand(_ template: String) -> String {
        guard template.utf8.contains(UInt8(ascii: "$")) else { return template }
        var result: [UInt8] = []
        var rest = Array(template.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                result.append(byte)
                continue
            }
            if rest.first == UInt8(ascii: "$") {
                rest.removeFirst()
                result.append(byte)
            } else if let (name, length) = reference(rest) {
                rest.removeFirst(length)
                result += group(name)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The name behind `$` and how many bytes it takes.
    private func reference(_ rest: ArraySlice<UInt8>) -> (String, Int)? {
        let isBraced = rest.first == UInt8(ascii: "{")
        let word = rest.dropFirst(isBraced ? 1 : 0).prefix { isNameByte($0) && $0 != 0x3a }
        if word.isEmpty { return nil }
        let name = String(decoding: word, as: UTF8.self)
        guard isBraced else { return (name, word.count) }
        let end = rest.startIndex + 1 + word.count
        guard end < rest.endIndex, rest[end] == UInt8(ascii: "}") else { return nil }
        return (name, word.count + 2)
    }

    private func group(_ name: String) -> ArraySlice<UInt8> {
        let number = Int(name) ?? names[name] ?? -1
        guard groups.indices.contains(number), let range = groups[number] else { return [] }
        return text[range]
    }
}
