// An address to listen on, as the system's sockets and libmicrohttpd's flags want it.

internal import CMicrohttpd
internal import Glibc

/// A parsed `address:port`.
struct ListenSocket {
    var storage = sockaddr_storage()
    /// What libmicrohttpd has to be told about the family.
    var flags: UInt32 = 0

    init(address text: String, port: UInt16) throws(HTTPServerError) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let address = isBracketed ? String(text.dropFirst().dropLast()) : text
        if address.contains(":") {
            flags |= MHD_USE_IPv6.rawValue
            if address == "::" { flags |= MHD_USE_DUAL_STACK.rawValue }
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, address, &v6.sin6_addr) == 1 else { throw .badAddress(text) }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
        } else {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            let numeric =
                address == "localhost" ? "127.0.0.1" : (address.isEmpty ? "0.0.0.0" : address)
            guard inet_pton(AF_INET, numeric, &v4.sin_addr) == 1 else { throw .badAddress(text) }
            withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
        }
    }
}
