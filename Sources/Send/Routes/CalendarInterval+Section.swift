// Reads `time_intervals:` and the older `mute_time_intervals:`.

import Basics
import Bytes

extension CalendarInterval {
    private static let dayNames = [
        "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    ]
    private static let monthNames = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ]

    /// Reads named lists of intervals.
    static func read(_ root: Section, _ key: String, zones: Zones) -> [String: [CalendarInterval]] {
        var named: [String: [CalendarInterval]] = [:]
        for section in root.sections(key) ?? [] {
            let name = section.string("name") ?? ""
            if name.isEmpty { section.error("name", "a time interval needs a name") }
            if named[name] != nil {
                section.error("name", "time interval \(quoted(name)) is there twice")
            }
            named[name] = (section.sections("time_intervals") ?? []).map {
                CalendarInterval($0, zones: zones)
            }
            section.finish()
        }
        return named
    }

    init(_ section: Section, zones: Zones) {
        self.init()
        times = (section.sections("times")).map { $0.compactMap(Self.times) }
        weekdays = Self.ranges(section, "weekdays", 0...6) {
            Self.dayNames.firstIndex(of: $0.lowercased())
        }
        months = Self.ranges(section, "months", 1...12) { text in
            Int(text) ?? Self.monthNames.firstIndex(of: text.lowercased()).map { $0 + 1 }
        }
        years = Self.ranges(section, "years", 0...9999) { Int($0) }
        daysOfMonth = Self.days(section)
        zone = section.string("location")
        if let zone, zones.offsetSeconds(zone, 0) == nil {
            section.error("location", "there is no time zone \(quoted(zone))")
        }
        section.finish()
    }

    private static func times(_ section: Section) -> Range<Int>? {
        defer { section.finish() }
        guard let from = minutes(section, "start_time"), let to = minutes(section, "end_time")
        else {
            return nil
        }
        guard from < to else {
            section.error("end_time", "must be after start_time")
            return nil
        }
        return from..<to
    }

    private static func minutes(_ section: Section, _ key: String) -> Int? {
        let parts = (section.string(key) ?? "").split(separator: ":").map { Int($0) }
        guard parts.count == 2, let hour = parts[0], let minute = parts[1],
            (0..<60).contains(minute), (0..<24).contains(hour) || (hour == 24 && minute == 0)
        else {
            section.error(key, "must be a time of day such as 09:00")
            return nil
        }
        return hour * 60 + minute
    }

    /// `monday:friday` or `sunday`.
    private static func ranges(
        _ section: Section, _ key: String, _ bounds: ClosedRange<Int>, _ number: (String) -> Int?
    ) -> [ClosedRange<Int>]? {
        section.strings(key).map { texts in
            texts.compactMap { text in
                let ends = text.split(separator: ":").map { number(trimmedWord($0)) }
                guard (1...2).contains(ends.count), let from = ends[0], let to = ends.last ?? nil,
                    bounds.contains(from), bounds.contains(to), from <= to
                else {
                    section.error(key, "\(quoted(text)) is no range")
                    return nil
                }
                return from...to
            }
        }
    }

    private static func days(_ section: Section) -> [(Int, Int)]? {
        section.strings("days_of_month").map { texts in
            texts.compactMap { text in
                let ends = text.split(separator: ":").map { Int(trimmedWord($0)) }
                guard (1...2).contains(ends.count), let from = ends[0], let to = ends.last ?? nil,
                    isDay(from), isDay(to), (from > 0) != (to > 0) || from <= to,
                    !(from < 0 && to > 0)
                else {
                    section.error("days_of_month", "\(quoted(text)) is no range of days")
                    return nil
                }
                return (from, to)
            }
        }
    }

    private static func isDay(_ day: Int) -> Bool { day != 0 && day.magnitude <= 31 }

    private static func trimmedWord(_ text: Substring) -> String {
        text.split(separator: " ").joined(separator: " ")
    }
}
