// Recurring times: "weekdays from nine to five in Shanghai". An interval holds at a time when every
// field that is given holds, and a field when one of its ranges does, as in Alertmanager.

public import Basics

/// The offset of time zones, as a seam: the rooms know no zones by themselves.
public struct Zones: Sendable {
    /// Seconds east of UTC of a named zone at a time; nil for a name that nobody knows.
    public var offsetSeconds: @Sendable (_ name: String, _ at: Millis) -> Int?

    public init(offsetSeconds: @escaping @Sendable (String, Millis) -> Int?) {
        self.offsetSeconds = offsetSeconds
    }

    /// Only UTC.
    public static let utc = Zones { name, _ in name == "UTC" ? 0 : nil }
}

/// One recurring time.
public struct CalendarInterval: Sendable, Equatable {
    /// Minutes of the day, the end excluded.
    public var times: [Range<Int>]?
    /// Sunday is 0.
    public var weekdays: [ClosedRange<Int>]?
    /// From 1; negative days count from the end of the month, -1 is its last.
    public var daysOfMonth: [(Int, Int)]?
    public var months: [ClosedRange<Int>]?
    public var years: [ClosedRange<Int>]?
    /// The zone's name; UTC without one.
    public var zone: String?

    public init() {}

    public static func == (left: CalendarInterval, right: CalendarInterval) -> Bool {
        left.times == right.times && left.weekdays == right.weekdays && left.months == right.months
            && left.years == right.years && left.zone == right.zone
            && left.daysOfMonth?.map(\.0) == right.daysOfMonth?.map(\.0)
            && left.daysOfMonth?.map(\.1) == right.daysOfMonth?.map(\.1)
    }

    public func contains(_ time: Millis, zones: Zones) -> Bool {
        let offset = zone.flatMap { zones.offsetSeconds($0, time) } ?? 0
        let local = time + Millis(offset) * 1000
        let parts = CivilTime(local)
        func holds(_ ranges: [ClosedRange<Int>]?, _ value: Int) -> Bool {
            ranges.map { $0.contains { $0.contains(value) } } ?? true
        }
        let minute = parts.hour * 60 + parts.minute
        if let times, !times.contains(where: { $0.contains(minute) }) { return false }
        return holds(weekdays, CivilTime.weekday(local)) && holds(months, parts.month)
            && holds(years, parts.year) && holdsDay(parts)
    }

    private func holdsDay(_ parts: CivilTime) -> Bool {
        guard let daysOfMonth else { return true }
        let next = parts.month == 12 ? (parts.year + 1, 1) : (parts.year, parts.month + 1)
        let length = Int(
            CivilTime.days(year: next.0, month: next.1, day: 1)
                - CivilTime.days(year: parts.year, month: parts.month, day: 1))
        return daysOfMonth.contains { range in
            let begin = range.0 < 0 ? length + range.0 + 1 : range.0
            let end = range.1 < 0 ? length + range.1 + 1 : range.1
            return begin <= length && parts.day >= begin && parts.day <= min(end, length)
        }
    }
}
