// Version names: semantic (1.0.0, v1.2.3-rc1+build), date (2023.03.15, 2022-11-16-weekly) and
// internal counter (001), each with an optional v before it. Names of one kind are ordered; an
// unrecognised name is reported, not guessed at (delivery facts A2 row 18).

/// A recognised version name.
public struct VersionName: Sendable, Equatable, Comparable {
    /// Which way of counting a name follows.
    public enum Kind: String, Sendable, Comparable {
        case counter, date, semantic
        public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    public var text: String
    public var kind: Kind
    public var numbers: [Int]
    /// What follows the first hyphen of a semantic version, in parts.
    public var preRelease: [String]

    public var isPreRelease: Bool { !preRelease.isEmpty }

    /// Reads a name; nil when it is not recognised.
    public init?(_ text: String) {
        self.text = text
        preRelease = []
        var bare = Substring(text)
        if let last = bare.lastIndex(of: "/") { bare = bare[bare.index(after: last)...] }
        if let first = bare.first, first == "v" || first == "V" { bare = bare.dropFirst() }
        guard let first = bare.utf8.first, first >= 0x30 && first <= 0x39, bare.utf8.count <= 128
        else { return nil }
        if let date = Self.date(bare) {
            kind = .date
            numbers = date
            return
        }
        let core = bare.split(separator: "+", maxSplits: 1)[0]
        let halves = core.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = parts.compactMap { $0.utf8.allSatisfy(isDigit) ? Int($0) : nil }
        guard whole.count == parts.count, parts.count <= 4 else { return nil }
        if parts.count == 1 {
            guard halves.count == 1 else { return nil }
            kind = .counter
        } else {
            kind = .semantic
            if halves.count == 2 {
                guard !halves[1].isEmpty else { return nil }
                preRelease = halves[1].split(separator: ".").map(String.init)
            }
        }
        numbers = whole
    }

    /// `2023.03.15`, `2023-03-15`, `20230315`, each with an optional counter or word behind it.
    private static func date(_ text: Substring) -> [Int]? {
        let parts = text.split { $0 == "." || $0 == "-" }
        if let first = parts.first, first.utf8.count == 8, let whole = Int(first) {
            return valid([whole / 10_000, whole / 100 % 100, whole % 100], rest: parts.dropFirst())
        }
        guard parts.count >= 3, parts[0].utf8.count == 4, parts[1].utf8.count <= 2,
            parts[2].utf8.count <= 2, let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2])
        else { return nil }
        return valid([year, month, day], rest: parts.dropFirst(3))
    }

    private static func valid(_ date: [Int], rest: ArraySlice<Substring>) -> [Int]? {
        // Years of four digits that begin with 19 or 20 are dates; 1.2.3 with four digits is not.
        guard (1970...2199).contains(date[0]), (1...12).contains(date[1]),
            (1...31).contains(date[2])
        else { return nil }
        return date + rest.compactMap { Int($0) }
    }

    private static func isPreLess(_ left: [String], _ right: [String]) -> Bool? {
        if left == right { return nil }
        // A version without pre-release comes after all of its pre-releases.
        if left.isEmpty || right.isEmpty { return right.isEmpty }
        for (a, b) in zip(left, right) where a != b {
            switch (Int(a), Int(b)) {
            case (let x?, let y?): return x < y
            case (nil, nil): return naturalLess(a, b)
            case (let x, _): return x != nil
            }
        }
        return left.count < right.count
    }

    /// `rc2` before `rc10`: equal letters, then by number.
    private static func naturalLess(_ left: String, _ right: String) -> Bool {
        let heads = (left.prefix { !$0.isNumber }, right.prefix { !$0.isNumber })
        if heads.0 == heads.1, let x = Int(left.dropFirst(heads.0.count)),
            let y = Int(right.dropFirst(heads.1.count)), x != y
        {
            return x < y
        }
        return left < right
    }

    /// Orders names of one kind; names of different kinds by kind, so that sorting is total.
    public static func < (left: VersionName, right: VersionName) -> Bool {
        if left.kind != right.kind { return left.kind < right.kind }
        let length = max(left.numbers.count, right.numbers.count)
        for index in 0..<length {
            let a = index < left.numbers.count ? left.numbers[index] : 0
            let b = index < right.numbers.count ? right.numbers[index] : 0
            if a != b { return a < b }
        }
        return isPreLess(left.preRelease, right.preRelease) ?? (left.text < right.text)
    }
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

/// Recognised names in order, and those that were not recognised.
public func orderedVersions(_ names: [String]) -> (ordered: [VersionName], unrecognised: [String]) {
    let read = names.map { ($0, VersionName($0)) }
    return (read.compactMap(\.1).sorted(), read.filter { $0.1 == nil }.map(\.0).sorted())
}
