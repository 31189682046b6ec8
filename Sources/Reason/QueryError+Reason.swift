// How a query's fault reads inside a rule's error: what, and where in the expression.

public import Query

extension QueryError {
    /// The fault in words; offsets count bytes from 1, as people do.
    public var reason: String {
        switch self {
        case .parse(let reason, let from, _): "parse error at byte \(from + 1): \(reason)"
        case .execution(let reason), .timeout(let reason), .source(let reason): reason
        case .cancelled: "the query was cancelled"
        }
    }
}
