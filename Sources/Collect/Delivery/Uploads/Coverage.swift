// Coverage: Cobertura, LCOV, and the counters of JaCoCo. Rates and totals in a report are not
// believed; lines are counted here, each line of a file once however often it stands there.

internal import Basics

extension Upload {
    private struct Line {
        var isHit = false
        var branches = 0.0
        var branchesHit = 0.0
    }

    mutating func coverage() throws(DeliveryError) {
        let first = bytes.first { $0 > 0x20 && $0 != 0xef && $0 != 0xbb && $0 != 0xbf }
        if first == 0x3c { try cobertura() } else { try lcov() }
    }

    private mutating func cobertura() throws(DeliveryError) {
        var reader = try XMLReader(bytes)
        var files: [String: [Int: Line]] = [:]
        var file = ""
        var time: Millis?
        var counters: [String: EventValue?] = [:]
        while let token = try reader.next() {
            guard case .start(let name, let attributes, let depth) = token else { continue }
            if depth == 1 {
                guard name == "coverage" || name == "report" else {
                    throw DeliveryError(
                        "not_coverage", "the root is <\(name.prefix(40))>, not coverage or report")
                }
                time = attributes["timestamp"].flatMap(parseStamp)
            }
            switch name {
            case "sessioninfo": time = attributes["dump"].flatMap(parseStamp) ?? time
            case "class": file = attributes["filename"] ?? attributes["name"] ?? ""
            case "line" where attributes["hits"] != nil:
                guard let number = attributes["number"].flatMap(Int.init) else { continue }
                var line = files[file]?[number] ?? Line()
                // Hit counts may be larger than any integer type; only their sign counts.
                line.isHit = line.isHit || (attributes["hits"].flatMap(Double.init) ?? 0) > 0
                let (hit, all) = conditions(attributes["condition-coverage"])
                line.branches = max(line.branches, all)
                line.branchesHit = max(line.branchesHit, hit)
                files[file, default: [:]][number] = line
            case "counter" where depth == 2:
                let missed = attributes["missed"].flatMap(Double.init) ?? 0
                let covered = attributes["covered"].flatMap(Double.init) ?? 0
                if attributes["type"] == "LINE" {
                    counters["linesCovered"] = .number(covered)
                    counters["linesValid"] = .number(covered + missed)
                } else if attributes["type"] == "BRANCH" {
                    counters["branchesCovered"] = .number(covered)
                    counters["branchesValid"] = .number(covered + missed)
                }
            default: break
            }
        }
        if counters["linesValid"] != nil {
            counters["suite"] = .text("coverage")
            add(.testRun, "coverage", at: time, counters)
        } else {
            try put(files, time)
        }
    }

    /// `50% (1/2)`.
    private func conditions(_ text: String?) -> (Double, Double) {
        guard let text, let open = text.lastIndex(of: "("), let close = text.lastIndex(of: ")"),
            open < close
        else { return (0, 0) }
        let parts = text[text.index(after: open)..<close].split(separator: "/")
        guard parts.count == 2, let hit = Double(parts[0]), let all = Double(parts[1]),
            hit >= 0, hit <= all
        else { return (0, 0) }
        return (hit, all)
    }

    private mutating func lcov() throws(DeliveryError) {
        var files: [String: [Int: Line]] = [:]
        var branches: [String: Bool] = [:]
        var file: String?
        var isLCOV = false
        for bytes in lines(of: bytes) {
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            switch parts[0] {
            case "SF":
                file = parts.count == 2 ? trimmed(parts[1]) : nil
                isLCOV = true
            case "end_of_record": file = nil
            case "DA":
                guard let file, parts.count == 2 else { continue }
                let values = parts[1].split(separator: ",")
                guard values.count >= 2, let number = Int(values[0]) else { continue }
                var line = files[file]?[number] ?? Line()
                line.isHit = line.isHit || (Double(values[1]) ?? 0) > 0
                files[file, default: [:]][number] = line
            case "BRDA":
                guard let file, parts.count == 2 else { continue }
                let values = parts[1].split(separator: ",")
                guard values.count == 4 else { continue }
                let key = "\(file)\n\(values[0]),\(values[1]),\(values[2])"
                // `-` says that the line was never reached.
                branches[key] = (branches[key] ?? false) || (Double(values[3]) ?? 0) > 0
            default: break
            }
        }
        if !isLCOV { throw DeliveryError("not_coverage", "neither XML nor LCOV: no SF record") }
        try put(
            files, nil, branches: (Double(branches.values.count { $0 }), Double(branches.count)))
    }

    private mutating func put(
        _ files: [String: [Int: Line]], _ time: Millis?, branches: (Double, Double)? = nil
    ) throws(DeliveryError) {
        let lines = files.values.flatMap(\.values)
        if lines.isEmpty { throw DeliveryError("no_lines", "the report has no line of code") }
        let hit = branches?.0 ?? lines.reduce(0) { $0 + $1.branchesHit }
        let all = branches?.1 ?? lines.reduce(0) { $0 + $1.branches }
        add(
            .testRun, "coverage", at: time,
            [
                "suite": .text("coverage"),
                "linesCovered": .number(Double(lines.count { $0.isHit })),
                "linesValid": .number(Double(lines.count)), "branchesCovered": .number(hit),
                "branchesValid": .number(all), "files": .number(Double(files.count)),
            ])
    }
}
