// A plain server by its origin: what its Host line says, its address, and the connections kept to it. A
// numeric address is known; that of a name is what libcurl connected to a short while ago, since a look-up
// would hold up the thread. One request a minute therefore goes by libcurl and brings the address anew.

internal import Glibc

/// A server that wires lead to.
final class Origin {
    let text: String
    /// The Host line with its end.
    let hostLine: [UInt8]
    /// Wires between two requests; the last was used last.
    var idle: [Wire] = []
    private let isNumeric: Bool
    private var address: Address?
    private var knownUntil: Int64 = .max
    private var isAsked = false

    /// As long as libcurl believes a look-up.
    private static let believedNanos: Int64 = 60_000_000_000

    /// Reads `http://host[:port]`; nil when that is libcurl's: HTTPS, or a host written unusually.
    init?(_ text: String) {
        guard text.hasPrefix("http://") else { return nil }
        let place = text.dropFirst(7)
        let isBracketed = place.hasPrefix("[")
        let host = place.prefix { $0 != (isBracketed ? "]" : ":") }
        var rest = place.dropFirst(host.count)
        if isBracketed { rest = rest.dropFirst() }
        guard let port = rest.isEmpty ? 80 : UInt16(rest.dropFirst()), port > 0,
            rest.isEmpty || rest.hasPrefix(":")
        else { return nil }
        self.text = text
        let numeric = Address(String(isBracketed ? host.dropFirst() : host), port: port)
        guard numeric != nil || !isBracketed && Origin.isName(host) else { return nil }
        address = numeric
        isNumeric = numeric != nil
        let written = isBracketed ? "\(host)]" : String(host)
        hostLine = Array("Host: \(written)\(port == 80 ? "" : ":\(port)")\r\n".utf8)
    }

    /// A name of letters; what ends in digits would be a number in one of its older writings.
    private static func isName(_ host: Substring) -> Bool {
        let isPlain = host.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
        let last = host.split(separator: ".").last?.utf8.first ?? 0x30
        return isPlain && !(0x30...0x39).contains(last)
    }

    /// Where to connect to; nil when that is not known, or it is time to ask again.
    func address(at now: Int64) -> Address? {
        isNumeric || now < knownUntil || isAsked ? address : nil
    }

    /// Whether the next request by libcurl is to bring the address.
    func asks() -> Bool {
        guard !isNumeric, !isAsked else { return false }
        isAsked = true
        return true
    }

    /// The request that was to bring the address is over, or has brought it.
    func learn(_ found: Address?, at now: Int64) {
        isAsked = false
        guard let found else { return }
        address = found
        knownUntil = now + Origin.believedNanos
    }

    /// Forgets an address that does not answer.
    ///
    /// - Returns: false when there is no other, since it is the server's very name.
    func forget() -> Bool {
        if !isNumeric { address = nil }
        return !isNumeric
    }
}
