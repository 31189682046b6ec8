// The curves of quality for a report: ROC, precision and recall, calibration, residuals as inline SVG, and
// the confusion table, the reference in grey beside the current rows. Thinned curves of some kilobytes.

internal import Basics

/// Draws the quality of labelled reference and current rows.
struct QualityDrawing {
    let reference: QualityShapes?
    let current: QualityShapes?
    /// The word of a key, fit for HTML.
    let word: (String) -> String

    private static let (width, height) = (260.0, 224.0)
    private static let (left, right, top, bottom) = (40.0, 252.0, 8.0, 188.0)

    /// All pictures that the labels allow, one after the other.
    var figures: String {
        var text = curve("roc", \.receiver, "axis.false_positives", "axis.true_positives", [0, 1])
        let base = (current ?? reference)?.positiveShare ?? 0
        text += curve("pr", \.precisionRecall, "metric.recall", "metric.precision", [base, base])
        return text + calibration + residuals + confusion
    }

    private func x(_ share: Double) -> Double {
        Self.left + share * (Self.right - Self.left)
    }

    private func y(_ share: Double) -> Double {
        Self.bottom - share * (Self.bottom - Self.top)
    }

    private func point(_ across: Double, _ up: Double) -> String {
        "\(ReportShapes.tenth(x(across))) \(ReportShapes.tenth(y(up)))"
    }

    private func path(_ kind: String, _ xs: [Double], _ ys: [Double]) -> String {
        if xs.isEmpty { return "" }
        let points = zip(xs, ys).map { point($0, $1) }.joined(separator: "L")
        return "<path class=\"\(kind)\" d=\"M\(points)\"/>"
    }

    private func label(
        _ text: String, _ across: Double, _ up: Double, _ anchor: String, _ more: String = ""
    ) -> String {
        "<text x=\"\(ReportShapes.tenth(across))\" y=\"\(ReportShapes.tenth(up))\" "
            + "text-anchor=\"\(anchor)\"\(more)>\(text)</text>"
    }

    /// A picture whose axes go from 0 to 1.
    private func frame(
        _ name: String, _ facts: String, across: String, up: String, guess: [Double],
        _ content: String
    ) -> String {
        var text = opening(name, facts)
        for share in [0, 0.5, 1] {
            let (at, high) = (x(share), y(share))
            text += "<path class=\"g\" d=\"M\(point(0, share))L\(point(1, share))"
            text += "M\(point(share, 0))L\(point(share, 1))\"/>"
            text += label(numberText(share), Self.left - 6, high + 4, "end")
            text += label(numberText(share), at, Self.bottom + 14, share == 1 ? "end" : "middle")
        }
        let middle = ReportShapes.tenth(y(0.5))
        text += label(word("models." + across), x(0.5), Self.height - 4, "middle")
        text += label(
            word("models." + up), 11, y(0.5), "middle", " transform=\"rotate(-90 11 \(middle))\"")
        return text + path("h", [0, 1], guess) + content + "</svg></figure>"
    }

    private func opening(_ name: String, _ facts: String) -> String {
        let title = word("models.curve.\(name)")
        return
            "<figure><figcaption><b>\(title)</b> <span class=\"mute\">\(facts)</span></figcaption>"
            + "<svg viewBox=\"0 0 260 224\" role=\"img\" aria-label=\"\(title): \(facts)\">"
    }

    /// "0.841 → 0.812", or the one that is known.
    private func both(_ figure: (QualityShapes) -> Double?) -> String {
        [reference, current].compactMap { $0.flatMap(figure) }
            .map { numberText(($0 * 1000).rounded() / 1000) }.joined(separator: " → ")
    }

    private func curve(
        _ name: String, _ part: KeyPath<QualityShapes, QualityCurve?>, _ across: String,
        _ up: String, _ guess: [Double]
    ) -> String {
        let then = reference?[keyPath: part]
        let now = current?[keyPath: part]
        if then == nil && now == nil { return "" }
        let facts = word("models.area").replacing("{value}", with: both { $0[keyPath: part]?.area })
        return frame(
            name, facts, across: across, up: up, guess: guess,
            path("t", then?.x ?? [], then?.y ?? []) + path("w", now?.x ?? [], now?.y ?? []))
    }

    private var calibration: String {
        func line(_ shapes: QualityShapes?, _ kind: String) -> String {
            guard let shapes, !shapes.calibration.isEmpty else { return "" }
            let bins = shapes.calibration
            var text = path(kind, bins.map(\.meanScore), bins.map(\.positiveShare))
            for bin in bins {
                let size = 2 + 5 * (Double(bin.count) / Double(max(shapes.rows, 1))).squareRoot()
                text += "<circle class=\"\(kind)\" cx=\"\(ReportShapes.tenth(x(bin.meanScore)))\" "
                text += "cy=\"\(ReportShapes.tenth(y(bin.positiveShare)))\" "
                text += "r=\"\(ReportShapes.tenth(size))\"><title>\(bin.count)</title></circle>"
            }
            return text
        }
        let lines = line(reference, "t") + line(current, "w")
        if lines.isEmpty { return "" }
        return frame(
            "calibration", "ECE " + both { $0.calibrationError }, across: "axis.score",
            up: "axis.came_true", guess: [0, 1], lines)
    }

    private var residuals: String {
        guard let range = (current ?? reference)?.residuals else { return "" }
        let peak = [reference, current].compactMap { $0?.residuals?.shares.max() }.max() ?? 0
        if peak <= 0 { return "" }
        func bars(_ shapes: QualityShapes?, _ kind: String, _ shift: Double) -> String {
            guard let shares = shapes?.residuals?.shares else { return "" }
            let wide = (Self.right - Self.left) / Double(shares.count)
            var outline = ""
            for (bin, share) in shares.enumerated() where share > 0 {
                let at = Self.left + (Double(bin) + shift) * wide
                outline += "M\(ReportShapes.tenth(at)) \(ReportShapes.tenth(Self.bottom))"
                outline += "V\(ReportShapes.tenth(y(share / peak)))h\(ReportShapes.tenth(wide / 2))"
                outline += "V\(ReportShapes.tenth(Self.bottom))z"
            }
            return "<path class=\"\(kind)\" d=\"\(outline)\"/>"
        }
        let facts = word("models.residual_mean")
            .replacing("{value}", with: both { $0.residuals?.mean })
        var text = opening("residuals", facts)
        text += bars(reference, "f t", 0) + bars(current, "f w", 0.5)
        if range.low < 0 && range.high > 0 {
            let zero = -range.low / (range.high - range.low)
            text +=
                path("h", [zero, zero], [0, 1]) + label("0", x(zero), Self.bottom + 14, "middle")
        }
        for (value, share, anchor) in [(range.low, 0.0, "start"), (range.high, 1.0, "end")] {
            let shown = numberText((value * 1000).rounded() / 1000)
            text += label(shown, x(share), Self.bottom + 14, anchor)
        }
        text += label(word("models.axis.residual"), x(0.5), Self.height - 4, "middle")
        return text + "</svg></figure>"
    }

    private var confusion: String {
        guard let table = (current ?? reference)?.confusion else { return "" }
        func share(_ table: ConfusionTable?, _ row: String, _ column: String) -> Double? {
            guard let table, let row = table.names.firstIndex(of: row),
                let column = table.names.firstIndex(of: column)
            else { return nil }
            let sum = table.counts[row].reduce(0, +)
            return sum > 0 ? Double(table.counts[row][column]) / Double(sum) : nil
        }
        func named(_ key: String, _ name: String) -> String {
            word("models.\(key)").replacing("{name}", with: escapedHTML(String(name.prefix(24))))
        }
        func percent(_ share: Double) -> String { ReportShapes.tenth(share * 100) + " %" }
        var text = "<figure><figcaption><b>\(word("models.curve.confusion"))</b> "
        text += "<span class=\"mute\">\(word("models.confusion_note"))</span></figcaption>"
        text += "<table class=\"heat\"><tr><th></th>"
        text += table.names.map { "<th>\(named("said", $0))</th>" }.joined() + "</tr>"
        for row in table.names {
            text += "<tr><th>\(named("was", row))</th>"
            for column in table.names {
                let now = share(table, row, column)
                let hue = row == column ? "--cur" : "--bad"
                let heat = Int(70 * (now ?? 0))
                text +=
                    "<td style=\"background:color-mix(in srgb,var(\(hue)) \(heat)%,transparent)\">"
                text += now.map { percent($0) } ?? "–"
                if current != nil, let then = share(reference?.confusion, row, column) {
                    text += "<br><small class=\"mute\">\(percent(then))</small>"
                }
                text += "</td>"
            }
            text += "</tr>"
        }
        return text + "</table></figure>"
    }
}
