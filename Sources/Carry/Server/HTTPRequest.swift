// One request as a handler sees it: whole, read, with its body under the limit.

internal import Basics

/// A request that was read to its end.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Percent-decoded, without the query.
    public var path: String
    public var query: [(name: String, value: String)]
    /// Names in lower case.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// The address of the other end, without its port.
    public var peer: String
    /// What the route's `{name}` parts matched.
    public var parameters: [String: String] = [:]
    /// How long the request waited for a worker.
    public var waited = Duration.zero
    /// True once the client has hung up or the server is stopping.
    public var isCancelled: @Sendable () -> Bool = { false }

    public init(
        method: String = "GET", path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], peer: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    /// The first header of a name, given in lower case.
    public subscript(header name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The first value of a query parameter or, for a form, of the body.
    public func parameter(_ name: String) -> String? { values(name).first }

    /// All values of a parameter, from the query and from a form body.
    public func values(_ name: String) -> [String] {
        (form + query).filter { $0.name == name }.map(\.value)
    }

    /// The fields of an `application/x-www-form-urlencoded` body.
    public var form: [(name: String, value: String)] {
        guard let type = self[header: "content-type"],
            type.lowercased().hasPrefix("application/x-www-form-urlencoded")
        else { return [] }
        return parseForm(body)
    }
}

/// Reads `a=b&c=d`; `+` is a space and `%41` an `A`.
public func parseForm(_ bytes: [UInt8]) -> [(name: String, value: String)] {
    bytes.split(separator: UInt8(ascii: "&")).map { pair in
        let parts = pair.split(
            separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        return (percentDecoded(parts[0]), parts.count > 1 ? percentDecoded(parts[1]) : "")
    }
}

private func percentDecoded(_ bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
        if bytes[index] == UInt8(ascii: "+") {
            decoded.append(0x20)
        } else if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
            let byte = UInt8(
                String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
        {
            decoded.append(byte)
            index += 2
        } else {
            decoded.append(bytes[index])
        }
        index += 1
    }
    return String(decoding: decoded, as: UTF8.self)
}
