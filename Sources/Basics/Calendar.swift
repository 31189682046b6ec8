// Days and RFC 3339, in UTC, by arithmetic (Howard Hinnant's `days_from_civil`), so that rooms below
// the edge need no Foundation and no locale can change a stored text.

/// A moment in UTC, field by field.
public struct CivilTime: Sendable, Equatable {
    public var year: Int
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int
    public var millisecond: Int

    /// The fields of a time.
    public init(_ time: Millis) {
        let days = time.flooredDivision(by: 86_400_000)
        let rest = Int(time - days * 86_400_000)
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    /// Days since the epoch of a date in the proleptic Gregorian calendar.
    public static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.flooredDivision(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Sunday is 0.
    public static func weekday(_ time: Millis) -> Int {
        let day = (time.flooredDivision(by: 86_400_000) + 4) % 7
        return Int(day < 0 ? day + 7 : day)
    }

    /// `2026-11-21`.
    public var dateText: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    /// `2026-11-21T03:05:11.456Z`.
    public var rfc3339: String {
        let clock = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        return "\(dateText)T\(clock).\(padded(millisecond, 3))Z"
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    /// Division that rounds towards minus infinity.
    public func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return (self % divisor != 0) && ((self < 0) != (divisor < 0)) ? quotient - 1 : quotient
    }
}

/// Reads RFC 3339 (`2026-11-21T03:05:11.456+08:00`); the time of day may be missing.
///
/// - Returns: milliseconds since the epoch, or nil.
public func parseRFC3339(_ text: String) -> Millis? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ length: Int) -> Int? {
        guard from + length <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[from..<(from + length)] {
            guard byte >= 0x30 && byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
    guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
        bytes[4] == 0x2d, bytes[7] == 0x2d, (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var time = CivilTime.days(year: year, month: month, day: day) * 86_400_000
    if bytes.count == 10 { return time }
    guard [0x54, 0x74, 0x20].contains(bytes[10]), bytes.count >= 19,
        let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
        hour < 24, minute < 60, second <= 60, bytes[13] == 0x3a, bytes[16] == 0x3a
    else { return nil }
    time += Millis(hour * 3_600_000 + minute * 60_000 + second * 1000)
    var index = 19
    if index < bytes.count && (bytes[index] == 0x2e || bytes[index] == 0x2c) {
        index += 1
        var scale = 100
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 {
            time += Millis(Int(bytes[index] - 0x30) * scale)
            scale /= 10
            index += 1
        }
    }
    if index == bytes.count { return time }
    if bytes[index] | 0x20 == 0x7a { return index + 1 == bytes.count ? time : nil }
    let sign: Millis = bytes[index] == 0x2d ? 1 : -1
    guard bytes[index] == 0x2d || bytes[index] == 0x2b,
        let offsetHour = number(index + 1, 2),
        let offsetMinute = number(
            index + (bytes.count > index + 3 && bytes[index + 3] == 0x3a ? 4 : 3), 2)
    else { return nil }
    return time + sign * Millis(offsetHour * 3_600_000 + offsetMinute * 60_000)
}
