// Expected against got. A difference names the labels, so that a failing case says what to look at.

internal import Basics

extension Evaluation {
    /// The tolerance of upstream's runner.
    private static let tolerance = 1e-6

    /// What is wrong with an answer, nil when nothing is.
    func fault(of answer: Result<QueryAnswer, QueryError>) -> String? {
        switch answer {
        case .failure(let error):
            let text = error.text(in: query)
            guard let wanted = failures.first else { return "  unexpected error: \(text)" }
            return wanted.accepts(text) ? nil : "  expected error \(wanted), got: \(text)"
        case .success(let answer):
            if !failures.isEmpty { return "  expected an error, got \(answer.value)" }
            return annotationFault("warning", warnings, refusesWarnings, answer.warnings)
                ?? annotationFault("info", infos, refusesInfos, answer.infos)
                ?? valueFault(answer.value)
        }
    }

    private func annotationFault(
        _ kind: String, _ wanted: [TextExpectation], _ isRefused: Bool, _ got: [String]
    ) -> String? {
        if isRefused && !got.isEmpty { return "  expected no \(kind), got \(got)" }
        if wanted.isEmpty { return nil }
        for expectation in wanted where !got.contains(where: expectation.accepts) {
            return "  expected \(kind) \(expectation), got \(got)"
        }
        for text in got where !wanted.contains(where: { $0.accepts(text) }) {
            return "  unexpected \(kind): \(text)"
        }
        return nil
    }

    private func valueFault(_ value: QueryValue) -> String? {
        switch value {
        case .string(let text):
            guard let string else { return "  unexpected string \(quoted(text))" }
            let wanted = String(decoding: string, as: UTF8.self)
            return wanted == text ? nil : "  expected \(quoted(wanted)), got \(quoted(text))"
        case .scalar(let number):
            guard let scalar else { return "  unexpected scalar \(numberText(number))" }
            return Evaluation.areEqual(scalar, number)
                ? nil : "  expected \(numberText(scalar)), got \(numberText(number))"
        case .vector(let elements):
            if let scalar { return "  expected the scalar \(numberText(scalar)), got a vector" }
            if isOrdered, let fault = orderFault(elements) { return fault }
            return seriesFault(
                elements.map { Series(labels: $0.labels, times: [$0.time], values: [$0.value]) },
                times: [elements.first?.time ?? range.from])
        case .matrix(let series):
            if let scalar {
                return "  expected the scalar \(numberText(scalar)), got a range vector"
            }
            if !zip(series, series.dropFirst()).allSatisfy({ $0.labels < $1.labels }) {
                return "  the series are not sorted by their labels"
            }
            let (range, step) = matrix ?? (self.range, stepMillis)
            let steps = Steps(from: range.from, through: range.through, stepMillis: step)
            return seriesFault(series, times: (0..<steps.count).map(steps.time))
        }
    }

    private func orderFault(_ elements: [VectorSample]) -> String? {
        let (wanted, got) = (results.map(\.labels), elements.map(\.labels))
        guard wanted != got else { return nil }
        let lines = wanted.map { "    \($0)" } + ["  got"] + got.map { "    \($0)" }
        return (["  expected in this order"] + lines).joined(separator: "\n")
    }

    private func seriesFault(_ series: [Series], times: [Millis]) -> String? {
        var got: [Labels: Series] = [:]
        var lines: [String] = []
        for one in series {
            if got.updateValue(one, forKey: one.labels) != nil {
                lines.append("  twice: \(one.labels)")
            }
        }
        for (labels, items) in results {
            var wanted = Series(labels: labels)
            for (index, item) in items.enumerated() {
                guard case .value(let value) = item else { continue }
                guard index < times.count else {
                    lines.append("  more values than steps expected for \(labels)")
                    break
                }
                wanted.times.append(times[index])
                wanted.values.append(value)
            }
            // Only gaps were expected: that is no series.
            if wanted.times.isEmpty { continue }
            let found = got.removeValue(forKey: labels)
            if !Evaluation.areEqual(wanted, found) {
                lines.append("  expected \(labels) \(Evaluation.text(wanted))")
                lines.append("  got      \(labels) \(found.map(Evaluation.text) ?? "nothing")")
            }
        }
        for one in series where got[one.labels] != nil {
            lines.append("  unexpected \(one.labels) \(Evaluation.text(one))")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    private static func areEqual(_ wanted: Series, _ got: Series?) -> Bool {
        guard let got, wanted.times == got.times else { return false }
        return zip(wanted.values, got.values).allSatisfy { areEqual($0, $1) }
    }

    private static func areEqual(_ wanted: Double, _ got: Double) -> Bool {
        areAlmostEqual(wanted, got, tolerance: tolerance)
    }

    private static func text(_ series: Series) -> String {
        zip(series.times, series.values)
            .map { "\(numberText($1))@\(durationText($0))" }.joined(separator: " ")
    }
}

extension TextExpectation: CustomStringConvertible {
    func accepts(_ text: String) -> Bool {
        switch self {
        case .any: return true
        // An expectation may leave out the place at the end.
        case .exactly(let wanted): return text == wanted || text.withoutPlace == wanted
        case .matching(let pattern):
            return Array(text.utf8).withUnsafeBytes { (try? pattern.matches($0)) ?? false }
        }
    }

    var description: String {
        switch self {
        case .any: "of any text"
        case .exactly(let text): quoted(text)
        case .matching(let pattern): "matching \(pattern.source)"
        }
    }
}

extension String {
    /// The text without a trailing ` (1:5)`.
    fileprivate var withoutPlace: String {
        guard hasSuffix(")"), let open = range(ofLast: " (") else { return self }
        return String(self[..<open])
    }

    private func range(ofLast mark: String) -> String.Index? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(mark) { return index }
        }
        return nil
    }
}
