// Random numbers from an explicit seed: the same on every machine and in every run, because a verdict
// that cannot be repeated cannot be checked. xoshiro256++ (Blackman, Vigna 2019), seeded by SplitMix64.

internal import Glibc

/// A deterministic generator.
public struct Generator: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64
    private var spare: Double?

    public init(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
        s0 = next()
        s1 = next()
        s2 = next()
        s3 = next()
    }

    public mutating func next() -> UInt64 {
        let sum = s0 &+ s3
        let result = ((sum << 23) | (sum >> 41)) &+ s0
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// Uniform in [0, 1), 53 bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<bound, without bias that matters (the product method, 64 bits).
    public mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A standard normal (Marsaglia's polar method).
    public mutating func normal() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        while true {
            let first = 2 * uniform() - 1
            let second = 2 * uniform() - 1
            let length = first * first + second * second
            if length >= 1 || length == 0 { continue }
            let factor = (-2 * log(length) / length).squareRoot()
            spare = second * factor
            return first * factor
        }
    }

    /// An index drawn with the given shares, which add up to 1.
    public mutating func index(shares: [Double]) -> Int {
        var left = uniform()
        for (index, share) in shares.enumerated() {
            left -= share
            if left < 0 { return index }
        }
        return max(shares.count - 1, 0)
    }

    /// A permutation of 0..<count.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }

    /// Fisher and Yates.
    public mutating func shuffle<Element>(_ items: inout [Element]) {
        items.withUnsafeMutableBufferPointer { items in
            var last = items.count - 1
            while last > 0 {
                items.swapAt(last, below(last + 1))
                last -= 1
            }
        }
    }
}
