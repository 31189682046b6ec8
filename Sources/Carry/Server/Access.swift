// Who may ask. A bearer token or a user of `web.config` opens everything; without either, the agent
// listens on loopback only. Writes from a browser page of another origin are refused in any case,
// and so are writes that name a host this server does not have (DNS rebinding).

internal import Basics

/// The rules of access of one listener.
public struct Access: Sendable {
    /// User names and their bcrypt hashes.
    public var users: [String: String] = [:]
    public var bearerTokens: [String] = []
    /// Host names, beside loopback's, under which writes are taken.
    public var hosts: [String] = []

    public init() {}

    public var isOpen: Bool { users.isEmpty && bearerTokens.isEmpty }
}

/// Decides about requests by their headers.
final class Doorkeeper: Sendable {
    enum Verdict: Equatable {
        case allowed
        /// A password has to be checked, which takes too long for a server thread.
        case needsPassword(user: String, password: String)
        case refused(HTTPResponseCode, String)
    }

    enum HTTPResponseCode: Int { case unauthorized = 401, forbidden = 403 }

    private let access: Access
    /// Credentials that were found right lately, so that bcrypt runs once and not per request.
    private let known = Lock<[UInt64: Void]>([:])
    private let secret = UInt64.random(in: .min ... .max)

    init(_ access: Access) { self.access = access }

    func verdict(on request: HTTPRequest, route: Route) -> Verdict {
        if route.isWrite, let refusal = originRefusal(request) {
            return .refused(.forbidden, refusal)
        }
        if access.isOpen || route.isOpen { return .allowed }
        guard let header = request[header: "authorization"] else {
            return .refused(.unauthorized, "credentials are needed")
        }
        let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .refused(.unauthorized, "malformed credentials") }
        if parts[0].lowercased() == "bearer" {
            let isKnown = access.bearerTokens.reduce(false) {
                constantTimeEqual($1, parts[1]) || $0
            }
            return isKnown ? .allowed : .refused(.unauthorized, "unknown token")
        }
        guard parts[0].lowercased() == "basic", let pair = base64Decoded(parts[1]),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return .refused(.unauthorized, "malformed credentials") }
        let user = String(decoding: pair[..<colon], as: UTF8.self)
        let password = String(decoding: pair[(colon + 1)...], as: UTF8.self)
        if known.withLock({ $0[key(user, password)] != nil }) { return .allowed }
        return .needsPassword(user: user, password: password)
    }

    /// Checks a password; takes tens of milliseconds.
    func isRight(user: String, password: String) -> Bool {
        // An unknown user costs the same time as a known one.
        let hash =
            access.users[user] ?? "$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZlPN3Ncj8zXW1m5eE8vYQ5vQxk1a6W"
        let isRight = passwordMatches(password, hash: hash) && access.users[user] != nil
        if isRight {
            known.withLock { known in
                // Bounded: a thousand colleagues at most are remembered.
                if known.count >= 1000 { known.removeAll() }
                known[key(user, password)] = ()
            }
        }
        return isRight
    }

    private func key(_ user: String, _ password: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(secret)
        hasher.combine(user)
        hasher.combine(password)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private func originRefusal(_ request: HTTPRequest) -> String? {
        let host = request[header: "host"] ?? ""
        if let origin = request[header: "origin"] {
            let rest = origin.split(separator: "/", omittingEmptySubsequences: true).last.map(
                String.init)
            if rest?.lowercased() != host.lowercased() {
                return "a page of another origin may not write here"
            }
        }
        if request[header: "sec-fetch-site"] == "cross-site" {
            return "a page of another origin may not write here"
        }
        guard access.isOpen else { return nil }
        let name = hostName(host).lowercased()
        let names =
            ["localhost", "127.0.0.1", "[::1]", "::1"] + access.hosts.map { $0.lowercased() }
        if name.isEmpty || names.contains(name) || isAddress(name) { return nil }
        return "writes to the host \(name) are not taken; add it to web.hosts, or use credentials"
    }

    private func hostName(_ host: String) -> String {
        if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }) + "]" }
        return String(host.prefix { $0 != ":" })
    }

    private func isAddress(_ name: String) -> Bool {
        name.hasPrefix("[") || name.allSatisfy { $0.isNumber || $0 == "." }
    }
}

/// Compares without telling by its time how much was right.
public func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var difference = left.count ^ right.count
    for index in 0..<max(left.count, right.count) {
        let a = index < left.count ? left[index] : 0
        let b = index < right.count ? right[index] : 0
        difference |= Int(a ^ b)
    }
    return difference == 0
}
