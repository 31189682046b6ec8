// Time is Int64 milliseconds since the epoch wherever samples are, `Duration` where code waits.
// Durations are read and written as Prometheus does: `1d12h`, `5m`, `250ms`.

/// Milliseconds since the epoch.
public typealias Millis = Int64

/// An interval of time with both ends included, in milliseconds since the epoch.
public struct TimeRange: Sendable, Equatable {
    public var from: Millis
    public var through: Millis

    public init(from: Millis, through: Millis) {
        self.from = from
        self.through = through
    }

    public func contains(_ time: Millis) -> Bool { time >= from && time <= through }
}

/// Reads a Prometheus duration (`1y2w3d4h5m6s7ms`, units falling, each at most once; or `0`).
///
/// - Returns: milliseconds, or nil when the text is not a duration or overflows.
public func parseDuration(_ text: String) -> Millis? {
    if text == "0" { return 0 }
    let units: [(String, Millis)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000),
        ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    var rest = Array(text.utf8)[...]
    var total: Millis = 0
    var nextUnit = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        rest = rest.dropFirst(digits.count)
        let letters = rest.prefix { $0 >= 0x61 && $0 <= 0x7a }
        rest = rest.dropFirst(letters.count)
        guard let number = Millis(String(decoding: digits, as: UTF8.self)),
            let unit = units[nextUnit...].firstIndex(where: { letters.elementsEqual($0.0.utf8) })
        else { return nil }
        let (part, overflowed) = number.multipliedReportingOverflow(by: units[unit].1)
        let (sum, carried) = total.addingReportingOverflow(part)
        guard !overflowed && !carried else { return nil }
        total = sum
        nextUnit = unit + 1
    }
    return total
}

/// Writes milliseconds as Prometheus does: `1h30m`, `90d`, `0s`.
public func durationText(_ millis: Millis) -> String {
    if millis == 0 { return "0s" }
    var rest = millis.magnitude
    var text = millis < 0 ? "-" : ""
    func take(_ name: String, _ size: UInt64, onlyIfExact: Bool) {
        if onlyIfExact && rest % size != 0 { return }
        if rest / size > 0 {
            text += "\(rest / size)\(name)"
            rest %= size
        }
    }
    take("y", 31_536_000_000, onlyIfExact: true)
    take("w", 604_800_000, onlyIfExact: true)
    take("d", 86_400_000, onlyIfExact: false)
    take("h", 3_600_000, onlyIfExact: false)
    take("m", 60_000, onlyIfExact: false)
    take("s", 1_000, onlyIfExact: false)
    take("ms", 1, onlyIfExact: false)
    return text
}

extension Duration {
    /// The whole milliseconds of a duration.
    public var millis: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds.
    public var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
