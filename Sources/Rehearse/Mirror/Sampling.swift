// Which requests are copied. A share by a counter-free hash, so that a caller with one header value is
// always in or always out, and so that two agents with the same configuration agree.

internal import Basics

/// The sample of a rehearsal.
public struct Sampling: Sendable, Equatable {
    /// 0…1 of the requests.
    public var share: Double
    /// The header by whose value is drawn, in lower case; nil draws each request by itself.
    public var header: String?

    public init(share: Double = 1, header: String? = nil) {
        self.share = share
        self.header = header
    }

    /// Whether a request is in the sample.
    ///
    /// - Parameters:
    ///   - value: the header's value; a request without it is drawn by its number.
    ///   - number: counts the requests.
    public func takes(value: String?, number: UInt64) -> Bool {
        if share >= 1 { return true }
        if share <= 0 { return false }
        let hash = value.map { stableHash($0) } ?? mixed(number)
        // The upper 53 bits as a number in 0..<1.
        return Double(hash >> 11) * 0x1p-53 < share
    }
}

/// FNV-1a over the bytes, mixed: the same on every machine and at every start.
func stableHash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return mixed(hash)
}

/// The finalizer of SplitMix64: every bit of the input moves every bit of the output.
func mixed(_ number: UInt64) -> UInt64 {
    var value = number &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
}
