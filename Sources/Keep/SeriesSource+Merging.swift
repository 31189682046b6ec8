// Several sources as one: the head with its blocks and archive, and the history of KPIs beside them.
// Series with the same labels are joined by time; where both know a time, the first source wins.

public import Basics

extension SeriesSource {
    /// A source that answers from all of `sources`.
    public static func merging(_ sources: [SeriesSource]) -> SeriesSource {
        SeriesSource(
            select: { (matchers, range, hints) throws(SourceError) in
                var all = Selected()
                for source in sources {
                    let selected = try source.select(matchers, range, hints)
                    all.series = join(all.series, selected.series)
                    all.infos += selected.infos
                    all.warnings += selected.warnings
                }
                return all
            },
            series: { (groups, range) throws(SourceError) in
                var labels: Set<Labels> = []
                for source in sources { labels.formUnion(try source.series(groups, range)) }
                return labels.sorted()
            },
            metadata: {
                sources.reduce(into: [:]) { all, source in
                    all.merge(source.metadata()) { first, _ in first }
                }
            })
    }
}

extension KPIHistory {
    /// The history as a source of series.
    public var source: SeriesSource {
        SeriesSource(
            select: { (matchers, range, _) throws(SourceError) in
                Selected(series: try read(matchers, range))
            },
            series: { (groups, range) throws(SourceError) in
                var labels: Set<Labels> = []
                for matchers in groups {
                    for series in try read(matchers, range) { labels.insert(series.labels) }
                }
                return labels.sorted()
            })
    }

    private func read(_ matchers: [Matcher], _ range: TimeRange) throws(SourceError) -> [Series] {
        do {
            return try series(matching: matchers, range: range)
        } catch {
            throw SourceError(reason: "\(error)")
        }
    }
}

/// Joins two lists of series that are sorted by labels.
private func join(_ left: [Series], _ right: [Series]) -> [Series] {
    if left.isEmpty { return right }
    if right.isEmpty { return left }
    var joined: [Series] = []
    joined.reserveCapacity(left.count + right.count)
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
        if j == right.count || (i < left.count && left[i].labels < right[j].labels) {
            joined.append(left[i])
            i += 1
        } else if i == left.count || right[j].labels < left[i].labels {
            joined.append(right[j])
            j += 1
        } else {
            joined.append(join(left[i], right[j]))
            i += 1
            j += 1
        }
    }
    return joined
}

private func join(_ left: Series, _ right: Series) -> Series {
    var joined = Series(labels: left.labels)
    var (i, j) = (0, 0)
    while i < left.times.count || j < right.times.count {
        let takesLeft =
            j == right.times.count || (i < left.times.count && left.times[i] <= right.times[j])
        if takesLeft {
            if j < right.times.count && left.times[i] == right.times[j] { j += 1 }
            joined.times.append(left.times[i])
            joined.values.append(left.values[i])
            i += 1
        } else {
            joined.times.append(right.times[j])
            joined.values.append(right.values[j])
            j += 1
        }
    }
    return joined
}
