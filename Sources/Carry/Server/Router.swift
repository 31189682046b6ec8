// The table of routes. A pattern is a path whose `{name}` parts match one segment each and whose
// trailing `*` matches the rest; the first route that fits wins. A route says whether its handler is
// quick (under a millisecond, on the server's own threads), slow (on the worker pool), a query, which
// has a pool of its own, so that heavy queries hold up nobody else, or intake, which has one too, so that
// no page holds up what comes in.

/// Answers a request.
public typealias HTTPHandler = @Sendable (HTTPRequest) -> HTTPResponse

/// One row of the table.
public struct Route: Sendable {
    public enum Pace: Sendable { case quick, slow, query, intake }

    public var methods: [String]
    public var pattern: String
    public var pace: Pace
    /// The largest body this route takes, in bytes.
    public var bodyBytesMax: Int
    /// True for routes that change something; they are checked for their origin.
    public var isWrite: Bool
    /// True for routes that are answered without credentials (liveness probes).
    public var isOpen: Bool
    public var handler: HTTPHandler

    public init(
        _ methods: [String], _ pattern: String, _ pace: Pace, bodyBytesMax: Int = 1 << 20,
        isWrite: Bool = false, isOpen: Bool = false, handler: @escaping HTTPHandler
    ) {
        self.methods = methods
        self.pattern = pattern
        self.pace = pace
        self.bodyBytesMax = bodyBytesMax
        self.isWrite = isWrite
        self.isOpen = isOpen
        self.handler = handler
    }
}

/// Finds the route of a request.
public struct Router: Sendable {
    public enum Match: Sendable {
        case found(Route, parameters: [String: String])
        /// The path is served, but not with this method.
        case wrongMethod(allowed: [String])
        case missing
    }

    private let routes: [(route: Route, parts: [Substring])]

    public init(_ routes: [Route]) {
        self.routes = routes.map { ($0, split($0.pattern)) }
    }

    public func match(_ method: String, _ path: String) -> Match {
        let parts = split(path)
        var allowed: [String] = []
        for (route, pattern) in routes {
            guard let parameters = fit(pattern, parts) else { continue }
            let asked = method == "HEAD" ? "GET" : method
            if route.methods.contains(asked) || route.methods.contains(method) {
                return .found(route, parameters: parameters)
            }
            allowed += route.methods
        }
        return allowed.isEmpty ? .missing : .wrongMethod(allowed: allowed)
    }
}

private func split(_ path: String) -> [Substring] {
    path.split(separator: "/", omittingEmptySubsequences: true)
}

private func fit(_ pattern: [Substring], _ path: [Substring]) -> [String: String]? {
    var parameters: [String: String] = [:]
    for (index, part) in pattern.enumerated() {
        if part == "*" {
            parameters["*"] = path[min(index, path.count)...].joined(separator: "/")
            return parameters
        }
        guard index < path.count else { return nil }
        if part.first == "{" && part.last == "}" {
            parameters[String(part.dropFirst().dropLast())] = String(path[index])
        } else if part != path[index] {
            return nil
        }
    }
    return pattern.count == path.count ? parameters : nil
}
