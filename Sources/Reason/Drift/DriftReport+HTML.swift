// A look as one HTML file that needs nothing else: no script, no font, no network. Histograms are drawn
// as inline SVG; rows are capped so that the file stays under 300 KB.

internal import Algebra
internal import Basics
internal import Glibc

extension DriftReport {
    /// The most columns that get a row: at about 2 KB each the file stays under 300 KB.
    private static var columnsMax: Int { 120 }

    /// The report as a page.
    public func html(title: String, reference: DataTable, current: DataTable) -> String {
        var page = """
            <!doctype html><html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title><style>
            :root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
            table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884;vertical-align:middle}
            td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#c62828;font-weight:600}.ok{color:#2e7d32}
            .r{fill:#8a8f98;opacity:.6}.c{fill:#1f6feb;opacity:.6}small{opacity:.75}
            </style></head><body><h1>\(escaped(title))</h1>

            """
        let names = drifted.prefix(5).map { escaped($0.name) }.joined(separator: ", ")
        let verdict =
            isDrifted
            ? "<p class=\"bad\">The data has moved\(names.isEmpty ? "" : ": \(names)")\(drifted.count > 5 ? " and \(drifted.count - 5) more" : "").</p>"
            : "<p class=\"ok\">No drift was found.</p>"
        page += verdict
        page +=
            "<p>\(referenceCount) reference rows, \(currentCount) current rows, \(columns.count) columns. "
        page +=
            "Of the columns called drifted, at most 5 % are expected to be false alarms (Benjamini-Hochberg).</p>"
        page += portfolioHTML
        page += "<h2>Columns</h2><p><small><span style=\"color:#8a8f98\">■</span> reference "
        page += "<span style=\"color:#1f6feb\">■</span> current</small></p>"
        page +=
            "<table><thead><tr><th>column</th><th>verdict</th><th>adjusted p</th><th>effect</th>"
        page += "<th>what happened</th><th>shape</th></tr></thead><tbody>"
        let ranked = columns.sorted { ($0.adjusted ?? 2) < ($1.adjusted ?? 2) }
        for column in ranked.prefix(Self.columnsMax) {
            page += row(column, reference[column.name], current[column.name])
        }
        page += "</tbody></table>"
        if ranked.count > Self.columnsMax {
            page += "<p>\(ranked.count - Self.columnsMax) more columns, less sure than these.</p>"
        }
        page += issuesHTML + segmentsHTML + examplesHTML(current)
        page += "<p><small>Made by martlet drift.</small></p></body></html>\n"
        return page
    }

    private var portfolioHTML: String {
        guard let portfolio else {
            return portfolioRefusal.map {
                "<p>All columns together were not judged: \(escaped($0)).</p>"
            }
                ?? ""
        }
        var text =
            "<h2>All numeric columns together</h2><table><thead><tr><th>test</th><th>sees</th>"
        text += "<th>p</th><th>after Holm</th></tr></thead><tbody>"
        let sees = [
            "new and vanished regions", "broken dependence, spread", "small shifts of means",
            "a few columns of many",
        ]
        for (index, test) in PortfolioTest.allCases.enumerated() {
            text += "<tr><td>\(test.rawValue)</td><td>\(sees[index])</td>"
            text += "<td class=\"n\">\(short(portfolio.probabilities[index].value))</td>"
            text += "<td class=\"n\(portfolio.adjusted[index] <= 0.05 ? " bad" : "")\">"
            text += "\(short(portfolio.adjusted[index]))</td></tr>"
        }
        return text + "</tbody></table>"
    }

    private func row(
        _ column: ColumnDrift, _ reference: DataColumn?, _ current: DataColumn?
    ) -> String {
        var effect = ""
        var shape = ""
        switch column.comparison {
        case .numeric(let drift):
            effect = "KS \(short(drift.kolmogorov)), PSI \(short(drift.populationStability))"
            if let a = reference?.numbers, let b = current?.numbers { shape = histogram(a, b) }
        case .categorical(let drift):
            effect = "V \(short(drift.cramersV)), JS \(short(drift.jensenShannon))"
            shape = bars(
                shares(drift.referenceCounts), shares(drift.currentCounts))
        case .text, .noData, .kindsDiffer: break
        }
        let phrase = column.direction
        let facts = phrase.arguments.filter { $0.key != "column" }.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let what = phrase.key.split(separator: ".").last.map(String.init) ?? ""
        let happened = column.isDrifted ? "\(what.replacing("_", with: " ")) (\(facts))" : ""
        let verdict =
            column.adjusted == nil
            ? "no data" : column.isDrifted ? "<span class=\"bad\">drifted</span>" : "steady"
        return "<tr><td>\(escaped(column.name))</td><td>\(verdict)</td>"
            + "<td class=\"n\">\(column.adjusted.map { short($0) } ?? "")</td><td>\(effect)</td>"
            + "<td>\(escaped(happened))</td><td>\(shape)</td></tr>\n"
    }

    private func shares(_ counts: [Int]) -> [Double] {
        let total = Double(max(counts.reduce(0, +), 1))
        return counts.prefix(24).map { Double($0) / total }
    }

    /// Twenty bins between the 0.5 and 99.5 % points of both, so that one outlier does not hide all.
    private func histogram(_ reference: [Double], _ current: [Double]) -> String {
        let a = sortedAscending(reference.filter(\.isFinite))
        let b = sortedAscending(current.filter(\.isFinite))
        let low = min(quantile(a, 0.005), quantile(b, 0.005))
        let high = max(quantile(a, 0.995), quantile(b, 0.995))
        func counted(_ values: [Double]) -> [Double] {
            var counts = [Double](repeating: 0, count: 20)
            for value in values where value >= low && value <= high {
                let place = high > low ? (value - low) / (high - low) * 20 : 0
                counts[min(Int(place), 19)] += 1 / Double(values.count)
            }
            return counts
        }
        return bars(counted(a), counted(b))
    }

    private func bars(_ reference: [Double], _ current: [Double]) -> String {
        let highest = max((reference + current).max() ?? 0, 1e-12)
        let width = 120.0 / Double(max(reference.count, 1))
        func path(_ values: [Double], _ name: String) -> String {
            var line = ""
            for (index, value) in values.enumerated() where value > 0 {
                let height = (value / highest * 280).rounded() / 10
                line += "M\(tenth(Double(index) * width)) 30v-\(height)h\(tenth(width))v\(height)z"
            }
            return "<path class=\"\(name)\" d=\"\(line)\"/>"
        }
        return "<svg width=\"120\" height=\"30\" role=\"img\" aria-label=\"reference and current\">"
            + path(reference, "r") + path(current, "c") + "</svg>"
    }

    private func tenth(_ value: Double) -> String { numberText((value * 10).rounded() / 10) }

    private var issuesHTML: String {
        if dataIssues.isEmpty { return "" }
        var text = "<h2>Data quality</h2><ul>"
        for issue in dataIssues.prefix(100) {
            text += "<li>\(issue.kind.rawValue.replacing("_", with: " "))"
            if !issue.column.isEmpty { text += " in <b>\(escaped(issue.column))</b>" }
            text += ": \(percent(issue.referenceShare)) before, \(percent(issue.currentShare)) now"
            if !issue.examples.isEmpty {
                // Values may be long texts; a report is no place for them.
                let few = issue.examples.map { String($0.prefix(40)) }.joined(separator: ", ")
                text += " <small>(\(escaped(few)))</small>"
            }
            text += "</li>"
        }
        return text + "</ul>"
    }

    private var segmentsHTML: String {
        if segments.isEmpty { return "" }
        var text =
            "<h2>Segments</h2><table><thead><tr><th>segment</th><th>rows</th><th>drifted</th></tr></thead><tbody>"
        for (value, report) in segments {
            let names = report.drifted.prefix(5).map(\.name).joined(separator: ", ")
            text += "<tr><td>\(escaped(String(value.prefix(60))))</td>"
            text += "<td class=\"n\">\(report.referenceCount) / \(report.currentCount)</td>"
            text += "<td>\(names.isEmpty ? "none" : escaped(names))</td></tr>"
        }
        return text + "</tbody></table>"
    }

    private func examplesHTML(_ current: DataTable) -> String {
        if examples.isEmpty || !isDrifted { return "" }
        // Numbers and categories only: texts may be prompts, which stay where they are kept.
        let shown = drifted.filter { $0.kind != .text }.prefix(6).map(\.name)
        if shown.isEmpty { return "" }
        var text = "<h2>Rows that look most like the new data</h2><table><thead><tr><th>row</th>"
        text += shown.map { "<th>\(escaped($0))</th>" }.joined() + "</tr></thead><tbody>"
        for example in examples {
            text += "<tr><td class=\"n\">\(example.row + 1)</td>"
            for name in shown {
                text +=
                    "<td>\(escaped(String((current[name]?.text(example.row) ?? "").prefix(40))))</td>"
            }
            text += "</tr>"
        }
        return text + "</tbody></table>"
    }

    private func percent(_ share: Double) -> String { tenth(share * 100) + " %" }

    /// Three significant digits.
    private func short(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return numberText(value) }
        let exponent = Int(log10(abs(value)).rounded(.down))
        if exponent < -4 {
            // Digits and exponent apart, because 10^300 would leave the range of doubles.
            let digits = exp(log(abs(value)) - Double(exponent) * log(10))
            return "\(numberText((digits * 10).rounded() / 10))e\(exponent)"
        }
        let scale = pow(10, Double(2 - exponent))
        return numberText((value * scale).rounded() / scale, .plain)
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
