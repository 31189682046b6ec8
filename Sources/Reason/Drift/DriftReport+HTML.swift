// A look as one HTML file that needs nothing else: no script, no font, no network, light or dark as the
// reader's system is. Sentences come worded from the caller, so that the page speaks English or Chinese.
// Rows are capped so that the file stays under 300 KB; texts are not shown, as they may be prompts.

internal import Algebra
public import Basics
internal import Glibc

extension DriftReport {
    /// The report as a page.
    ///
    /// - Parameters:
    ///   - language: of the page, as in `lang="en"`.
    ///   - words: the sentence of a phrase.
    public func html(
        title: String, reference: DataTable, current: DataTable, language: String = "en",
        words: (Phrase) -> String
    ) -> String {
        withoutActuallyEscaping(words) { words in
            ReportPage(
                report: self, reference: reference, current: current,
                word: { words(Phrase($0)) }, words: words
            ).page(title: title, language: language)
        }
    }

    /// The verdict as a sentence.
    public var verdict: Phrase {
        if !isDrifted { return Phrase("drift.verdict.steady") }
        let names = drifted.map(\.name)
        if names.isEmpty { return Phrase("drift.verdict.together") }
        let few = names.prefix(5).joined(separator: ", ")
        return Phrase("drift.verdict.drifted", ["columns": names.count > 5 ? few + " …" : few])
    }
}

/// The page while it is written.
private struct ReportPage {
    let report: DriftReport
    let reference: DataTable
    let current: DataTable
    let word: (String) -> String
    let words: (Phrase) -> String
    /// The most columns that get a row: at about 1.5 KB each the file stays under 300 KB.
    private let columnsMax = 120

    func page(title: String, language: String) -> String {
        let verdict = words(report.verdict)
        let rows = Phrase(
            "drift.report.rows",
            [
                "reference": "\(report.referenceCount)", "current": "\(report.currentCount)",
                "count": "\(report.columns.count)",
            ])
        let level = Phrase(
            "drift.level",
            [
                "percent": percent(report.columnsLevel + report.portfolioLevel),
                "columns": percent(report.columnsLevel), "together": percent(report.portfolioLevel),
            ])
        return """
            <!doctype html><html lang="\(escaped(language))"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title><style>\(Self.style)</style></head><body><main>
            <header><p class="what">\(escaped(title))</p>
            <h1 class="\(report.isDrifted ? "bad" : "ok")">\(escaped(verdict))</h1>
            <p>\(escaped(words(rows)))</p><p class="mute">\(escaped(words(level)))</p></header>
            \(columns)\(answers)\(together)\(issues)\(segments)\(examples)
            <footer class="mute">\(escaped(word("drift.report.made")))</footer></main></body></html>

            """
    }

    private static let style = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--mute:#667080;--line:#e3e6ea;\
        --bad:#c0362c;--ok:#1f7a4d;--ref:#b9c0ca;--cur:#2563d9}
        @media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1c2026;--ink:#e6e9ee;--mute:#97a1b0;\
        --line:#2d333b;--bad:#ff8a7a;--ok:#5cc990;--ref:#4b5563;--cur:#7aa7ff}}
        *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);\
        font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC",sans-serif}
        main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem}
        header p{margin:.2rem 0}h1{font-size:1.6rem;line-height:1.25;margin:.3rem 0 .6rem}
        h2{font-size:1.05rem;margin:2rem 0 .6rem}.what,.mute{color:var(--mute)}.bad{color:var(--bad)}.ok{color:var(--ok)}
        section{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow-x:auto}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem .8rem;border-top:1px solid var(--line);\
        vertical-align:middle}thead th{border-top:0;color:var(--mute);font-weight:500;font-size:.85rem;white-space:nowrap}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.name{font-weight:600;overflow-wrap:anywhere}
        .mark::before{content:"";display:inline-block;width:.55rem;height:.55rem;border-radius:50%;margin-right:.4rem;background:var(--ref)}
        .mark.bad::before{background:var(--bad)}.mark.ok::before{background:var(--ok)}.mark{white-space:nowrap}
        svg{display:block;width:132px;height:34px}.r{fill:var(--ref)}.c{fill:none;stroke:var(--cur);stroke-width:1.5}
        .key span{margin-right:1rem}.key i{display:inline-block;width:.8rem;height:.8rem;vertical-align:-.08rem;margin-right:.35rem}
        .q{display:flex;flex-wrap:wrap;gap:1.2rem;padding:1rem}.q figure{margin:0;width:15.4rem}
        .q figcaption{font-size:.85rem;margin-bottom:.3rem}.q svg{width:100%;height:auto;overflow:visible}
        .q text{font-size:11px;fill:var(--mute)}.q path{fill:none;stroke-width:1.5}.q .g{stroke:var(--line);stroke-width:1}
        .q .h{stroke:var(--ref);stroke-width:1;stroke-dasharray:3 3}.q .t{stroke:var(--ref)}.q .w{stroke:var(--cur)}
        .q circle.t,.q .f.t{fill:var(--ref);stroke:none}.q circle.w,.q .f.w{fill:var(--cur);stroke:none}
        .heat th{border:0;color:var(--mute);font-weight:500;font-size:.8rem}.heat td{text-align:center;border:0;padding:.35rem}
        ul{margin:0;padding:.8rem .8rem .8rem 2rem}footer{margin-top:2rem;font-size:.85rem}
        """

    private func head(_ keys: [(String, isNumber: Bool)]) -> String {
        "<table><thead><tr>"
            + keys.map { "<th\($0.isNumber ? " class=\"n\"" : "")>\(escaped(word($0.0)))</th>" }
            .joined() + "</tr></thead><tbody>"
    }

    private var columns: String {
        let ranked = report.columns.sorted { ($0.adjusted ?? 2) < ($1.adjusted ?? 2) }
        var text = "<h2>\(escaped(word("drift.report.columns")))</h2><p class=\"mute key\">"
        text +=
            "<span><i style=\"background:var(--ref)\"></i>\(escaped(word("drift.report.reference")))</span>"
        text +=
            "<span><i style=\"border:2px solid var(--cur)\"></i>\(escaped(word("drift.report.current")))</span></p>"
        text += "<section>"
        text += head([
            ("drift.report.column", false), ("drift.report.verdict", false),
            ("drift.report.adjusted", true), ("drift.report.effect", false),
            ("drift.report.happened", false), ("drift.report.shape", false),
        ])
        for column in ranked.prefix(columnsMax) { text += row(column) }
        text += "</tbody></table></section>"
        if ranked.count > columnsMax {
            let more = Phrase("drift.report.more", ["count": "\(ranked.count - columnsMax)"])
            text += "<p class=\"mute\">\(escaped(words(more)))</p>"
        }
        return text
    }

    private func row(_ column: ColumnDrift) -> String {
        let (effect, shape) = drawn(column)
        let state =
            column.adjusted == nil
            ? ("", "drift.report.no_data")
            : column.isDrifted ? (" bad", "drift.report.drifted") : (" ok", "drift.report.steady")
        let happened = column.isDrifted ? escaped(words(column.direction)) : ""
        return "<tr><td class=\"name\">\(escaped(String(column.name.prefix(80))))</td>"
            + "<td><span class=\"mark\(state.0)\">\(escaped(word(state.1)))</span></td>"
            + "<td class=\"n\">\(column.adjusted.map { short($0) } ?? "")</td>"
            + "<td class=\"mute\">\(effect)</td><td>\(happened)</td><td>\(shape)</td></tr>\n"
    }

    private func drawn(_ column: ColumnDrift) -> (effect: String, shape: String) {
        let label = escaped(String(column.name.prefix(80)))
        switch column.comparison {
        case .numeric(let drift):
            var shape = ""
            if let a = reference[column.name]?.numbers, let b = current[column.name]?.numbers {
                shape = ReportShapes.histogram(a, b, label: label)
            }
            return (
                "KS \(short(drift.kolmogorov)) · PSI \(short(drift.populationStability))", shape
            )
        case .categorical(let drift):
            return (
                "V \(short(drift.cramersV)) · JS \(short(drift.jensenShannon))",
                ReportShapes.categories(drift, label: label)
            )
        case .text(let drift):
            let most = drift.categorical.max {
                $0.drift.largestDifference < $1.drift.largestDifference
            }
            return (
                most.map { "\($0.name) Δ \(percent($0.drift.largestDifference)) %" } ?? "",
                most.map { ReportShapes.categories($0.drift, label: label) } ?? ""
            )
        case .embedding(let drift):
            return (
                "AUC \(short(drift.result.classifier.area)) · \(drift.dimensions) d", ""
            )
        case .noData, .kindsDiffer: return ("", "")
        }
    }

    private var together: String {
        guard let portfolio = report.portfolio else {
            guard let refusal = report.portfolioRefusal else { return "" }
            let phrase = Phrase("drift.report.not_together", ["reason": words(refusal)])
            return "<p class=\"mute\">\(escaped(words(phrase)))</p>"
        }
        var text = "<h2>\(escaped(word("drift.report.together")))</h2><section>"
        text += head([
            ("drift.report.test", false), ("drift.report.sees", false), ("drift.report.p", true),
            ("drift.report.holm", true),
        ])
        for (index, test) in PortfolioTest.allCases.enumerated() {
            let isAlarm = portfolio.adjusted[index] <= report.portfolioLevel
            text += "<tr><td>\(test.rawValue)</td>"
            text += "<td>\(escaped(words(Phrase("drift.test.\(test.rawValue)"))))</td>"
            text += "<td class=\"n\">\(short(portfolio.probabilities[index].value))</td>"
            text +=
                "<td class=\"n\(isAlarm ? " bad" : "")\">\(short(portfolio.adjusted[index]))</td></tr>"
        }
        return text + "</tbody></table></section>"
    }

    private var issues: String {
        if report.dataIssues.isEmpty { return "" }
        var text = "<h2>\(escaped(word("drift.report.quality")))</h2><section><ul>"
        for issue in report.dataIssues.prefix(100) {
            // Values may be long texts; a report is no place for them.
            var shown = issue
            shown.examples = issue.examples.map { String($0.prefix(40)) }
            text += "<li>\(escaped(words(shown.phrase)))</li>"
        }
        return text + "</ul></section>"
    }

    private var segments: String {
        if report.segments.isEmpty { return "" }
        var text = "<h2>\(escaped(word("drift.report.segments")))</h2><section>"
        text += head([
            ("drift.report.segment", false), ("drift.report.segment_rows", true),
            ("drift.report.drifted", false),
        ])
        for (value, inner) in report.segments {
            let names = inner.drifted.prefix(5).map(\.name).joined(separator: ", ")
            text += "<tr><td class=\"name\">\(escaped(String(value.prefix(60))))</td>"
            text += "<td class=\"n\">\(inner.referenceCount) / \(inner.currentCount)</td>"
            text +=
                "<td>\(names.isEmpty ? escaped(word("drift.report.none")) : escaped(names))</td></tr>"
        }
        return text + "</tbody></table></section>"
    }

    private var examples: String {
        if report.examples.isEmpty || !report.isDrifted { return "" }
        // Numbers and categories only: texts may be prompts, which stay where they are kept.
        let ranked = report.drifted + report.columns.filter { !$0.isDrifted }
        let shown = ranked.filter { $0.kind == .numeric || $0.kind == .categorical }
            .prefix(6).map(\.name)
        if shown.isEmpty { return "" }
        var text = "<h2>\(escaped(word("drift.report.examples")))</h2><section><table><thead><tr>"
        text += "<th class=\"n\">\(escaped(word("drift.report.row")))</th>"
        text += shown.map { "<th>\(escaped(String($0.prefix(40))))</th>" }.joined()
        text += "</tr></thead><tbody>"
        for example in report.examples {
            text += "<tr><td class=\"n\">\(example.row + 1)</td>"
            for name in shown {
                let column = current[name]
                let value =
                    column?.numbers.map { $0[example.row].isNaN ? "" : short($0[example.row]) }
                    ?? column?.text(example.row) ?? ""
                text += "<td>\(escaped(String(value.prefix(40))))</td>"
            }
            text += "</tr>"
        }
        return text + "</tbody></table></section>"
    }

    private func percent(_ share: Double) -> String { ReportShapes.tenth(share * 100) }

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

    private func escaped(_ text: String) -> String { escapedHTML(text) }

    /// The curves of quality, where either side has labels and scores.
    private var answers: String {
        func judged(_ table: DataTable) -> LabelledPredictions? {
            try? judgePredictions(table, columns: PredictionsColumns(table))
        }
        let (before, after) = (judged(reference), judged(current))
        if before == nil && after == nil { return "" }
        let drawing = QualityDrawing(
            reference: before.map { QualityShapes($0, beside: after) },
            current: after.map { QualityShapes($0, beside: before) }, word: { escaped(word($0)) })
        let rows = Phrase(
            "drift.report.rows_judged",
            ["reference": "\(before?.count ?? 0)", "current": "\(after?.count ?? 0)"])
        return "<h2>\(escaped(word("drift.report.answers")))</h2>"
            + "<p class=\"mute\">\(escaped(words(rows)))</p>"
            + "<section class=\"q\">\(drawing.figures)</section>"
    }
}
