// Which servers are reached by a wire, what their Host line says, and when a name's address is asked for.

import Testing

@testable import Carry

@Suite struct OriginTests {
    @Test func `the Host line leaves out the usual port and keeps an address's brackets`() {
        let hosts = [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"), ("http://127.0.0.1:80", "127.0.0.1"),
            ("http://models.example", "models.example"), ("http://a_b-1.x9:81", "a_b-1.x9:81"),
            ("http://[::1]:8000", "[::1]:8000"), ("http://[2001:db8::1]", "[2001:db8::1]"),
        ]
        for (origin, host) in hosts {
            let line = Origin(origin).map { String(decoding: $0.hostLine, as: UTF8.self) }
            #expect(line == "Host: \(host)\r\n")
        }
    }

    @Test(arguments: [
        "https://models.example", "http://127.1", "http://0x7f000001", "http://2130706433",
        "http://ä.example", "http://a%41.example", "http://[fe80::1%25eth0]", "http://[models]",
        "http://a:0", "http://a:x", "http://a:70000", "http://[::1]x", "http://", "http://:80",
    ]) func `what is not plainly written is left to libcurl`(_ origin: String) {
        #expect(Origin(origin) == nil)
    }

    @Test func `one request at a time asks for a name's address, which is believed for a minute`() {
        let second: Int64 = 1_000_000_000
        guard let name = Origin("http://models.example:8000") else {
            Issue.record("a plain name")
            return
        }
        #expect(name.address(at: 0) == nil)
        #expect(name.asks() && !name.asks(), "one asks, the others go by libcurl meanwhile")
        name.learn(Address("10.0.0.1", port: 8000), at: 0)
        #expect(name.address(at: 59 * second) != nil)
        #expect(name.address(at: 61 * second) == nil && name.asks())
        #expect(
            name.address(at: 62 * second) != nil, "the old one serves until the new one is there")
        name.learn(nil, at: 63 * second)
        #expect(name.address(at: 63 * second) == nil, "the one that asked failed: ask again")
        name.learn(Address("10.0.0.2", port: 8000), at: 64 * second)
        #expect(name.forget() && name.address(at: 64 * second) == nil)
        let number = Origin("http://10.0.0.1:8000")
        #expect(number?.asks() == false && number?.forget() == false)
        #expect(number?.address(at: .max) != nil)
    }
}
