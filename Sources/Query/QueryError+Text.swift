// Where in a query something is, in words: line and column as Prometheus counts them.

extension QueryError {
    /// The fault as Prometheus writes it: `1:5: parse error: unexpected …`.
    public func text(in query: String) -> String {
        switch self {
        case .parse(let reason, let from, _):
            "\(placeText(from, in: query)): parse error: \(reason)"
        case .execution(let reason), .timeout(let reason), .source(let reason): reason
        case .cancelled: "query was canceled in query execution"
        }
    }
}

/// `line:column`, both from 1, of a byte in a query.
func placeText(_ offset: Int, in query: String) -> String {
    var (line, column) = (1, 1)
    for (index, byte) in query.utf8.enumerated() {
        if index >= offset { break }
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
    // A place at the very end of a text without that many bytes is its end.
    return "\(line):\(column)"
}
