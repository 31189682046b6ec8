// Model servers are told by their own exposition, and their figures are asked for under the names that
// they really have.

import Basics
import Query
import Testing

@testable import Reason

private func fixture(_ name: String) throws -> [UInt8] {
    let path = "\(packageFolder)/Tests/ReasonTests/Fixtures/servers/\(name).txt"
    let file = try Files.system.open(path, .read)
    defer { Files.system.close(file) }
    return try Files.system.read(file, 0, try Files.system.size(file))
}

@Suite struct ServerKindTests {
    @Test(arguments: ServerKind.allCases)
    func `a server is recognised by what it says of itself`(_ kind: ServerKind) throws {
        #expect(ServerKind(exposition: try fixture(kind.rawValue)) == kind)
    }

    @Test func `metrics of anything else are no model server`() {
        #expect(ServerKind(exposition: Array("# TYPE up gauge\nup 1\nnode_load1 2\n".utf8)) == nil)
        #expect(ServerKind(exposition: []) == nil)
    }

    @Test(arguments: ServerKind.allCases)
    func `every figure is asked for by a name that the server has`(_ kind: ServerKind) throws {
        let text = String(decoding: try fixture(kind.rawValue), as: UTF8.self)
        var count = 0
        for signal in ServerSignal.allCases {
            guard let expression = kind.expression(signal, model: "a \"b\"") else { continue }
            count += 1
            _ = try parseExpression(expression)
            for match in expression.matches(of: /__name__="([^"]+)"/) {
                #expect(
                    text.contains("\n\(match.1)") || text.hasPrefix(match.1),
                    "\(kind) \(signal): \(match.1)")
            }
        }
        #expect(count >= 3)
    }
}
