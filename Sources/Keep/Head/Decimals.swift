// Numbers that people and programs write with few decimals: 12.34 is 1234 hundredths. A double that is the
// nearest one to such a fraction is exactly the quotient of two exact doubles, since division rounds
// correctly; so it can be kept as a whole number and comes back bit by bit. Each value is checked when it
// is written; one that is no such fraction is kept another way.

enum Decimals {
    /// Microseconds of seconds; more digits are measurements, not decimals.
    static let max = 6
    private static let powers: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    /// The whole number of units of 10^-decimals that a double stands for, or nil; minus zero is none,
    /// as it would lose its sign.
    @inline(__always)
    static func whole(_ pattern: UInt64, _ decimals: Int) -> Int64? {
        let value = Double(bitPattern: pattern)
        if decimals == 0 {
            // Below 2^53 every whole number has its own double.
            guard value.magnitude < 9_007_199_254_740_992 else { return nil }
            let whole = Int64(value)
            return Double(whole).bitPattern == pattern ? whole : nil
        }
        let scaled = (value * powers[decimals]).rounded(.toNearestOrEven)
        guard scaled.magnitude < 9_007_199_254_740_992 else { return nil }
        let whole = Int64(scaled)
        return Decimals.pattern(whole, decimals) == pattern ? whole : nil
    }

    /// The bits of the double that a whole number of units stands for.
    @inline(__always)
    static func pattern(_ whole: Int64, _ decimals: Int) -> UInt64 {
        decimals == 0
            ? Double(whole).bitPattern : (Double(whole) / powers[decimals]).bitPattern
    }

    /// The least number of decimals with which a double is a whole number; nil when there is none.
    static func least(_ pattern: UInt64) -> Int? {
        (0...max).first { whole(pattern, $0) != nil }
    }

    /// The number of decimals that suits a run of values: the largest that any needs, when most have one.
    static func of(_ values: ArraySlice<Double>) -> Int {
        var largest = 0
        var without = 0
        for value in values {
            if whole(value.bitPattern, largest) != nil { continue }
            if let least = least(value.bitPattern) {
                largest = Swift.max(largest, least)
            } else {
                without += 1
            }
        }
        return without * 2 > values.count ? 0 : largest
    }
}
