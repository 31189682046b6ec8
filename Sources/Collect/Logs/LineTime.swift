// The time that a line begins with, in the forms that programs write:
//
//     2026-11-21T03:04:05.678+08:00   2026-11-21 03:04:05,123   2026/11/21 03:04:05
//     26/11/21 03:04:05   081109 203615   Nov 21 03:04:05   I1121 03:04:05.678901
//     21/Nov/2026:03:04:05 +0800   Sat Nov 21 03:04:05.678 2026   1795230245   1795230245.678
//
// A form that names no zone is read with the source's offset, one that names no year as the latest
// such day that is not in the future.

internal import Basics

/// A time and where its text ends.
struct LineTime: Equatable {
    var time: Millis
    var end: Int

    /// Reads the time at `start`; nil when none stands there.
    static func read(
        _ bytes: [UInt8], at start: Int, arrival: Millis, utcOffsetMillis: Millis
    ) -> LineTime? {
        var reader = TimeReader(
            bytes: bytes, index: start, arrival: arrival, utcOffsetMillis: utcOffsetMillis)
        guard let time = reader.any() else { return nil }
        return LineTime(time: time, end: reader.index)
    }

    /// A number as a time: seconds, milliseconds, microseconds or nanoseconds by its size.
    static func epoch(_ value: Double) -> Millis? {
        // 1e9 s is 2001, 4e9 s is 2096.
        for scale in [1e3, 1.0, 1e-3, 1e-6] {
            let millis = value * scale
            if millis >= 1e12 && millis < 4e12 { return Millis(millis) }
        }
        return nil
    }

    /// Reads a time that is a whole text, as a field of JSON or logfmt has it.
    static func whole(_ text: String, arrival: Millis, utcOffsetMillis: Millis) -> Millis? {
        let bytes = Array(text.utf8)
        guard
            let found = read(bytes, at: 0, arrival: arrival, utcOffsetMillis: utcOffsetMillis),
            found.end == bytes.count
        else { return Double(text).flatMap(epoch) }
        return found.time
    }
}

private struct TimeReader {
    let bytes: [UInt8]
    var index: Int
    let arrival: Millis
    let utcOffsetMillis: Millis

    mutating func any() -> Millis? {
        let start = index
        let digits = run(isDigit)
        switch (digits, peek(digits)) {
        case (4, 0x2d), (4, 0x2f): return year(digits: 4)
        case (2, 0x2f) where isLetter(peek(3)): return access()
        case (2, 0x2f): return year(digits: 2)
        case (6, 0x20): return compact()
        case (10, _), (13, _), (16, _), (19, _): return epoch(digits)
        case (0, _): break
        default: return nil
        }
        if let time = klog() { return time }
        index = start
        return named()
    }

    /// `2026-11-21T03:04:05…`, `2026/11/21 …`, `26/11/21 …`.
    private mutating func year(digits: Int) -> Millis? {
        guard var year = number(digits), let separator = take(),
            let month = number(2), take() == separator, let day = number(2),
            let gap = take(), gap == 0x20 || gap == UInt8(ascii: "T") || gap == UInt8(ascii: "t"),
            let time = clock()
        else { return nil }
        if digits == 2 { year += 2000 }
        return moment(year, month, day, time, zone())
    }

    /// `081109 203615`, as Hadoop's older tools write.
    private mutating func compact() -> Millis? {
        guard let year = number(2), let month = number(2), let day = number(2), take() == 0x20,
            run(isDigit) == 6, let hour = number(2), let minute = number(2), let second = number(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let time = Millis((hour * 60 + minute) * 60 + second) * 1000
        return moment(2000 + year, month, day, time, nil)
    }

    /// `21/Nov/2026:03:04:05 +0800`.
    private mutating func access() -> Millis? {
        guard let day = number(2), take() == 0x2f, let month = monthName(), take() == 0x2f,
            let year = number(4), take() == 0x3a, let time = clock()
        else { return nil }
        return moment(year, month, day, time, zone())
    }

    /// `1795230245`, with a fraction or in finer units.
    private mutating func epoch(_ digits: Int) -> Millis? {
        var end = index + digits
        if digits == 10, at(end) == 0x2e, isDigit(at(end + 1)) {
            end += 1
            while isDigit(at(end)) { end += 1 }
        }
        guard at(end) == 0 || at(end) == 0x20 || at(end) == 0x09 || at(end) == 0x5d,
            let value = Double(String(decoding: bytes[index..<end], as: UTF8.self)),
            let time = LineTime.epoch(value)
        else { return nil }
        index = end
        return time
    }

    /// `I1121 03:04:05.678901`, as klog and glog write.
    private mutating func klog() -> Millis? {
        guard [0x49, 0x57, 0x45, 0x46].contains(peek(0)), isDigit(peek(1)) else { return nil }
        index += 1
        guard run(isDigit) == 4, let month = number(2), let day = number(2), take() == 0x20,
            let time = clock()
        else { return nil }
        return yearless(month, day, time)
    }

    /// `Nov 21 03:04:05`, `Sat Nov 21 03:04:05.678 2026`.
    private mutating func named() -> Millis? {
        if weekdays.contains(where: { word($0) }) { index += 4 }
        guard let month = monthName(), take() == 0x20 else { return nil }
        if peek(0) == 0x20 { index += 1 }
        guard let day = number(run(isDigit)), day <= 31, take() == 0x20, let time = clock() else {
            return nil
        }
        let mark = index
        if take() == 0x20, run(isDigit) == 4, !isDigit(peek(4)), let year = number(4),
            (1990...2100).contains(year)
        {
            return moment(year, month, day, time, nil)
        }
        index = mark
        return yearless(month, day, time)
    }

    /// The time of day, `03:04:05`, with a fraction behind a point or comma.
    private mutating func clock() -> Millis? {
        guard let hour = number(2), take() == 0x3a, let minute = number(2), take() == 0x3a,
            let second = number(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        var millis = Millis((hour * 60 + minute) * 60 + second) * 1000
        if peek(0) == 0x2e || peek(0) == 0x2c, isDigit(peek(1)) {
            index += 1
            var scale: Millis = 100
            while isDigit(peek(0)) {
                millis += Millis(peek(0) - 0x30) * scale
                scale /= 10
                index += 1
            }
        }
        return millis
    }

    /// `Z`, `+08:00`, ` +0800`, ` UTC`; nil, and nothing taken, when none stands there.
    private mutating func zone() -> Millis? {
        let mark = index
        if peek(0) == UInt8(ascii: "Z") {
            index += 1
            return 0
        }
        if peek(0) == 0x20 { index += 1 }
        if word("UTC") || word("GMT") {
            index += 3
            return 0
        }
        if let sign = take(), sign == 0x2b || sign == 0x2d, let hour = number(2) {
            if peek(0) == 0x3a { index += 1 }
            if let minute = number(2), hour < 24, minute < 60, !isDigit(peek(0)) {
                return Millis(hour * 60 + minute) * (sign == 0x2d ? -60_000 : 60_000)
            }
        }
        index = mark
        return nil
    }

    private func moment(
        _ year: Int, _ month: Int, _ day: Int, _ time: Millis, _ offset: Millis?
    ) -> Millis? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        return days * 86_400_000 + time - (offset ?? utcOffsetMillis)
    }

    private func yearless(_ month: Int, _ day: Int, _ time: Millis) -> Millis? {
        let year = CivilTime(arrival).year
        for candidate in [year + 1, year] {
            // A day of grace, because clocks and zones differ.
            if let moment = moment(candidate, month, day, time, nil), moment <= arrival + 86_400_000
            {
                return moment
            }
        }
        return moment(year - 1, month, day, time, nil)
    }

    // MARK: - Bytes

    private func at(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    private func peek(_ offset: Int) -> UInt8 { at(index + offset) }

    private mutating func take() -> UInt8? {
        guard index < bytes.count else { return nil }
        index += 1
        return bytes[index - 1]
    }

    private func run(_ test: (UInt8) -> Bool) -> Int {
        var count = 0
        while count < 20, test(peek(count)) { count += 1 }
        return count
    }

    private mutating func number(_ digits: Int) -> Int? {
        guard digits > 0, index + digits <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[index..<(index + digits)] {
            guard isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        index += digits
        return value
    }

    private func word(_ word: String) -> Bool {
        index + word.utf8.count <= bytes.count
            && bytes[index..<(index + word.utf8.count)].elementsEqual(word.utf8)
    }

    private mutating func monthName() -> Int? {
        guard let month = months.firstIndex(where: { word($0) }) else { return nil }
        index += 3
        return month + 1
    }
}

private let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]
private let weekdays = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
