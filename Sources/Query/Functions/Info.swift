// `info(v, {selector})`: adds to each series the labels of the info metric of the same job and
// instance. Experimental in Prometheus 3.5; the metric is `target_info` unless the selector says
// otherwise, and identifying labels are always `instance` and `job`.

internal import Basics

extension Evaluator {
    func joiningInfo(_ node: FunctionCall, _ steps: Steps) throws(QueryError) -> Frame {
        let base = try vector(node.arguments[0], steps, in: node.function.rawValue)
        var wanted: [Matcher] = []
        var shift = TimeShift()
        if node.arguments.count > 1, case .vector(let selector) = node.arguments[1] {
            wanted = selector.matchers
            shift = selector.shift
        }
        var matchers = wanted.filter { $0.name == Labels.metricName }
        if matchers.isEmpty { matchers = [Matcher(Labels.metricName, equals: "target_info")] }
        let tests = wanted.filter { $0.name != Labels.metricName }
        var selector = VectorSelector(matchers: matchers, span: node.span)
        selector.shift = shift
        let infos = try instant(selector, steps, node.function.rawValue, wantsTimes: false)
        var grouping = Grouping(.keeping(["instance", "job"]))
        var infoRows: [[Int]] = []
        for row in 0..<infos.rows {
            let group = grouping.group(of: infos.labels[row])
            if group == infoRows.count { infoRows.append([]) }
            infoRows[group].append(row)
        }
        let chosen = Set(tests.map { Array($0.name.utf8) })
        var result = Frame(width: steps.count)
        for row in 0..<base.rows {
            try budget.tick()
            let group = grouping.existingGroup(of: base.labels[row])
            let rows = group.map { infoRows[$0] } ?? []
            // A run of steps with the same info row is one series of the answer.
            var made: [Labels: Int] = [:]
            for step in 0..<steps.count where !isAbsent(base[row, step]) {
                var labels = base.labels[row]
                var isMatched = false
                for other in rows where !isAbsent(infos[other, step]) {
                    guard try passes(tests, infos.labels[other]) else { continue }
                    isMatched = true
                    for label in infos.labels[other]
                    where label.name != Labels.metricName && labels[label.name] == nil
                        && (chosen.isEmpty || chosen.contains(Array(label.name.utf8)))
                    { labels = labels.setting(label.name, label.value) }
                }
                // Without an info series the element stays only if no test demands a label.
                if !isMatched, try !passes(tests, .empty) { continue }
                let target = made[labels] ?? result.rows
                if target == result.rows {
                    result.appendEmpty(labels, dropsName: base.dropsName[row])
                    made[labels] = target
                }
                result[target, step] = base[row, step]
            }
        }
        return try result.merged()
    }

    private func passes(_ tests: [Matcher], _ labels: Labels) throws(QueryError) -> Bool {
        for test in tests {
            do {
                if try !test.matches(labels) { return false }
            } catch {
                throw .execution("info(): \(error)")
            }
        }
        return true
    }
}
