// `label_replace` and `label_join`: new labels from old ones, worked out once a series.

internal import Basics

extension Evaluator {
    func labelReplace(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        let target = try labelName(
            node.arguments[1], "invalid destination label name in label_replace()")
        let replacement = string(node.arguments[2])
        let from = String(decoding: string(node.arguments[3]), as: UTF8.self)
        let regex = String(decoding: string(node.arguments[4]), as: UTF8.self)
        let pattern: Pattern
        do {
            pattern = try Pattern(regex, anchored: true)
        } catch {
            throw .execution(
                "invalid regular expression in label_replace(): \(regex): \(error.reason)")
        }
        let template = ReplacementTemplate(replacement, pattern.groupNames)
        for row in 0..<frame.rows {
            try budget.tick()
            let bytes = Array((frame.labels[row][from] ?? "").utf8)
            let groups: [Range<Int>?]?
            do {
                groups = try bytes.withUnsafeBytes { raw throws(PatternError) in
                    try pattern.firstMatch(in: raw)
                }
            } catch {
                throw .execution("label_replace(): \(error)")
            }
            guard let groups else { continue }
            let value = template.expanded(bytes, groups)
            relabel(&frame, row, target, String(decoding: value, as: UTF8.self))
        }
        return try frame.merged()
    }

    func labelJoin(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        var frame = try vector(node.arguments[0], steps, in: node.function.rawValue)
        let target = try labelName(
            node.arguments[1], "invalid destination label name in label_join()")
        let separator = String(decoding: string(node.arguments[2]), as: UTF8.self)
        var sources: [String] = []
        for argument in node.arguments.dropFirst(3) {
            sources.append(try labelName(argument, "invalid source label name in label_join()"))
        }
        for row in 0..<frame.rows {
            try budget.tick()
            let labels = frame.labels[row]
            let value = sources.map { labels[$0] ?? "" }.joined(separator: separator)
            relabel(&frame, row, target, value)
        }
        return try frame.merged()
    }

    private func relabel(_ frame: inout Frame, _ row: Int, _ name: String, _ value: String) {
        frame.labels[row] = frame.labels[row].setting(name, value)
        // A name that the user set stays.
        if name == Labels.metricName { frame.dropsName[row] = false }
    }

    private func labelName(_ node: Expression, _ complaint: String) throws(QueryError) -> String {
        let bytes = string(node)
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty else {
            throw .execution("\(complaint): \(String(decoding: bytes, as: UTF8.self))")
        }
        return name
    }
}

/// `rate_$1`, `${name}-x`: texts and groups, as Go's `Regexp.Expand` reads them.
struct ReplacementTemplate {
    private enum Part {
        case text([UInt8])
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ template: [UInt8], _ groups: [String: Int]) {
        var text: [UInt8] = []
        var index = 0
        func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
        while index < template.count {
            guard template[index] == UInt8(ascii: "$"), index + 1 < template.count else {
                text.append(template[index])
                index += 1
                continue
            }
            if template[index + 1] == UInt8(ascii: "$") {
                text.append(UInt8(ascii: "$"))
                index += 2
                continue
            }
            let isBraced = template[index + 1] == UInt8(ascii: "{")
            let start = index + (isBraced ? 2 : 1)
            let name = template[start...].prefix(while: isWord)
            let isClosed =
                !isBraced
                || name.endIndex < template.count && template[name.endIndex] == UInt8(ascii: "}")
            guard !name.isEmpty, isClosed else {
                // Go drops a malformed `$` and keeps what follows it.
                text.append(template[index])
                index += 1
                continue
            }
            if !text.isEmpty { parts.append(.text(text)) }
            text = []
            let word = String(decoding: name, as: UTF8.self)
            // A group that does not exist is empty.
            parts.append(.group(Int(word) ?? groups[word] ?? -1))
            index = name.endIndex + (isBraced ? 1 : 0)
        }
        if !text.isEmpty { parts.append(.text(text)) }
    }

    func expanded(_ bytes: [UInt8], _ groups: [Range<Int>?]) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .group(let number):
                if groups.indices.contains(number), let range = groups[number] {
                    result += bytes[range]
                }
            }
        }
        return result
    }
}
