// A delivery from a forge, a tracker or a build server as it arrived, verified and not yet read. It is
// what the receiver hands to the inbox, so that it can answer at once; the reading comes later and can
// be repeated. Of the request's headers only those are here that say what the body is: no secret.

/// A verified body on its way from the receiver through the inbox to the reader.
public struct RawDelivery: Sendable, Equatable {
    /// `github/shop`: kind and configured name of the source.
    public var source: String
    /// The sender's id of this delivery, or a digest of source and body when it sends none.
    ///
    /// A repeated delivery has the same id.
    public var id: String
    public var receivedAt: Millis
    /// Headers in lower case that the reader needs: event names, `ce-…`, the content type.
    public var headers: [String: String]
    /// What follows the source's name in the path: `deployments`, `issue/X-1/close`; else empty.
    public var subpath: String
    /// The JSON document (or upload), freed of the form encoding it may have come in.
    public var body: [UInt8]

    public init(
        source: String, id: String, receivedAt: Millis, headers: [String: String] = [:],
        subpath: String = "", body: [UInt8]
    ) {
        self.source = source
        self.id = id
        self.receivedAt = receivedAt
        self.headers = headers
        self.subpath = subpath
        self.body = body
    }
}
