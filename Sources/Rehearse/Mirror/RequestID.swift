// The name by which a request, its answers and a label that comes later are brought together: the caller's
// own, or one of the agent's that no other request has. It is made for every copy, on two threads, and so
// digit by digit.

internal import Carry

/// The id that joins a request with its pair: the caller's, or one made from the agent's start.
func requestID(of request: RelayedRequest, tag: UInt64, settings: MirrorSettings) -> String {
    if let id = request.headers[settings.idHeader], !id.isEmpty { return String(id.prefix(128)) }
    return hexadecimal(mixed(UInt64(bitPattern: request.time)) & 0xFFFF_FFFF) + "-"
        + hexadecimal(tag >> 8)
}

/// A number in lower-case hexadecimal digits; the standard library's way costs a pair several times this.
private func hexadecimal(_ number: UInt64) -> String {
    let digits = max(1, (67 - number.leadingZeroBitCount) / 4)
    return String(unsafeUninitializedCapacity: digits) { room in
        for place in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * (digits - 1 - place)) & 15)
            room[place] = digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
        }
        return digits
    }
}
