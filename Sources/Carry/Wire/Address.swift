// A numeric address and port, as the system's calls want it. Names are not looked up here.

internal import CMicrohttpd
internal import Glibc

/// Where to connect to.
struct Address {
    private var storage = sockaddr_storage()
    private var size: socklen_t

    /// Reads `127.0.0.1` or `::1`; nil for anything else.
    init?(_ text: String, port: UInt16) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, text, &v6.sin6_addr) == 1 else { return nil }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
            size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        } else {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            guard inet_pton(AF_INET, text, &v4.sin_addr) == 1 else { return nil }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
            size = socklen_t(MemoryLayout<sockaddr_in>.size)
        }
    }

    /// Opens a socket on its way there, without waiting.
    ///
    /// - Returns: the descriptor and whether it is connected already; nil when that cannot be.
    func connect() -> (socket: Int32, isThere: Bool)? {
        var isThere = false
        let opened = withUnsafePointer(to: storage) { martlet_connect($0, size, &isThere) }
        return opened < 0 ? nil : (opened, isThere)
    }
}
