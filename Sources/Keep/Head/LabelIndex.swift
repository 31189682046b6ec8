// How matchers become a sorted list of series, once for the head and for blocks: each matcher yields
// the ids to keep or the ids to leave out, from lists by label and value; lists are then intersected.
// Regular expressions run over a label's values, not over series.

internal import Basics

/// What can list its series by label.
protocol LabelIndex {
    /// Sorted ids of the series with a label of that value.
    func ids(_ name: ByteKey, _ value: ByteKey) throws -> [UInt32]
    /// All values of a label.
    func values(of name: ByteKey) throws -> [ByteKey]
    /// Sorted ids of all series.
    func allIDs() throws -> [UInt32]
}

extension LabelIndex {
    /// Sorted ids of the series that satisfy all matchers.
    ///
    /// - Throws: ``PatternError`` when an expression gave up, and what the index throws.
    func select(_ matchers: [Matcher]) throws -> [UInt32] {
        var kept: [UInt32]?
        var leftOut: [[UInt32]] = []
        for matcher in matchers {
            let (ids, isExclusion) = try candidates(matcher)
            if isExclusion {
                leftOut.append(ids)
            } else {
                kept = kept.map { intersection($0, ids) } ?? ids
                if kept?.isEmpty == true { return [] }
            }
        }
        var result = try kept ?? allIDs()
        for ids in leftOut where !ids.isEmpty { result = difference(result, ids) }
        return result
    }

    /// The ids that one matcher keeps, or (when it also takes series without the label) leaves out.
    private func candidates(_ matcher: Matcher) throws -> (ids: [UInt32], isExclusion: Bool) {
        let name = ByteKey(matcher.name)
        let takesMissing = try matcher.matches("")
        if !takesMissing {
            if matcher.operation == .equal { return (try ids(name, ByteKey(matcher.value)), false) }
            if matcher.operation == .matches, let texts = matcher.pattern?.alternatives {
                return (try union(texts.map { try ids(name, ByteKey($0)) }), false)
            }
        } else if matcher.operation == .notEqual {
            return (try ids(name, ByteKey(matcher.value)), true)
        }
        var lists: [[UInt32]] = []
        for value in try values(of: name) where try matcher.matches(value.text) != takesMissing {
            lists.append(try ids(name, value))
        }
        return (union(lists), takesMissing)
    }
}

/// Ids in both sorted lists.
func intersection(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var (i, j) = (0, 0)
    var result: [UInt32] = []
    result.reserveCapacity(min(left.count, right.count))
    while i < left.count && j < right.count {
        if left[i] == right[j] {
            result.append(left[i])
            i += 1
            j += 1
        } else if left[i] < right[j] {
            i += 1
        } else {
            j += 1
        }
    }
    return result
}

/// Ids of the first sorted list that are not in the second.
func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
    var j = 0
    return left.filter { id in
        while j < right.count && right[j] < id { j += 1 }
        return j == right.count || right[j] != id
    }
}

/// Ids of any list, sorted; the lists of one label do not overlap.
func union(_ lists: [[UInt32]]) -> [UInt32] {
    if lists.count == 1 { return lists[0] }
    var result: [UInt32] = []
    result.reserveCapacity(lists.reduce(0) { $0 + $1.count })
    for list in lists { result.append(contentsOf: list) }
    result.sort()
    var last: UInt32?
    result.removeAll { id in
        defer { last = id }
        return id == last
    }
    return result
}
