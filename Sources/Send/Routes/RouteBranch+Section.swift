// Reads `route:`. What a branch leaves open it takes from the branch above, also its receiver. The older
// `match` and `match_re` are matchers too; `match_re` is shown with its anchors, as Alertmanager does, since
// the text is part of the group key.

import Basics
public import Bytes

extension RouteBranch {
    /// Reads a branch and what is below it.
    ///
    /// - Parameters:
    ///   - above: the branch above; nil for the root, which must name a receiver and fits everything.
    ///   - names: receivers and intervals that exist.
    init(_ section: Section, above: RouteBranch?, names: NotifyNames) {
        let receiver = section.string("receiver") ?? above?.receiver ?? ""
        if receiver.isEmpty {
            section.error("receiver", "the root route must name a receiver")
        } else if !names.receivers.contains(receiver) {
            section.error("receiver", "there is no receiver \(quoted(receiver))")
        }
        let grouping = Grouping(section, over: above?.grouping ?? Self.rootGrouping)
        let matchers = Self.matchers(section)
        if above == nil && !matchers.isEmpty {
            section.problems.error(
                section.node, "\(section.path): the root route must not have any matchers")
        }
        let continues = section.bool("continue") ?? false
        if above == nil && continues {
            section.error("continue", "the root route has no routes beside it to continue with")
        }
        let mutes = Self.intervals(section, "mute_time_intervals", names)
        let actives = Self.intervals(section, "active_time_intervals", names)
        if above == nil && !(mutes + actives).isEmpty {
            section.problems.error(
                section.node, "\(section.path): the root route must not have any time intervals")
        }
        self.init(
            receiver: receiver, matchers: matchers, continues: continues, grouping: grouping,
            muteIntervals: mutes, activeIntervals: actives)
        children = (section.sections("routes") ?? []).map {
            RouteBranch($0, above: self, names: names)
        }
        section.finish()
    }

    /// Alertmanager's: without `group_by` all alerts of a route are one group.
    private static var rootGrouping: Grouping {
        var grouping = Grouping()
        grouping.labels = []
        return grouping
    }

    private static func intervals(
        _ section: Section, _ key: String, _ names: NotifyNames
    ) -> [String] {
        let list = section.strings(key) ?? []
        for name in list where !names.intervals.contains(name) {
            section.error(key, "there is no time interval \(quoted(name))")
        }
        return list
    }

    private static func matchers(_ section: Section) -> [Matcher] {
        var matchers = (section.texts("match") ?? []).map { Matcher($0.key, equals: $0.value) }
        for (name, value) in section.texts("match_re") ?? [] {
            add(&matchers, section, "match_re") { () throws(MatcherFault) in
                do {
                    return [try Matcher(name, .matches, "^(?:\(value))$")]
                } catch {
                    throw MatcherFault(reason: "\(error)")
                }
            }
        }
        return matchers + read(section, "matchers")
    }

    /// Reads a list of texts with matchers.
    static func read(_ section: Section, _ key: String) -> [Matcher] {
        var matchers: [Matcher] = []
        for text in section.strings(key) ?? [] {
            add(&matchers, section, key) { () throws(MatcherFault) in try parseMatchers(text) }
        }
        return matchers
    }

    private static func add(
        _ matchers: inout [Matcher], _ section: Section, _ key: String,
        _ make: () throws(MatcherFault) -> [Matcher]
    ) {
        do throws(MatcherFault) {
            matchers += try make()
        } catch {
            section.error(key, error.reason)
        }
    }
}

extension InhibitRule {
    /// Reads one of `inhibit_rules`.
    init(_ section: Section) {
        func side(_ name: String) -> [Matcher] {
            var matchers = (section.texts("\(name)_match") ?? []).map {
                Matcher($0.key, equals: $0.value)
            }
            for (label, value) in section.texts("\(name)_match_re") ?? [] {
                do {
                    matchers.append(try Matcher(label, .matches, value))
                } catch {
                    section.error("\(name)_match_re", "\(error)")
                }
            }
            return matchers + RouteBranch.read(section, "\(name)_matchers")
        }
        self.init(
            sources: side("source"), targets: side("target"),
            equal: section.strings("equal") ?? [])
        section.finish()
    }
}

extension Grouping {
    /// Reads the grouping keys of a section; what is missing stays as it is in `base`.
    public init(_ section: Section, over base: Grouping = Grouping()) {
        self = base
        if let names = section.strings("group_by") { labels = names == ["..."] ? nil : names }
        waitMillis = section.duration("group_wait") ?? waitMillis
        intervalMillis = section.duration("group_interval") ?? intervalMillis
        repeatMillis = section.duration("repeat_interval") ?? repeatMillis
        if intervalMillis <= 0 {
            section.error("group_interval", "must be greater than zero")
            intervalMillis = 300_000
        }
        if repeatMillis <= 0 {
            section.error("repeat_interval", "must be greater than zero")
            repeatMillis = 4 * 3_600_000
        }
    }
}
