// The promises about the source tree itself: imports point up the listing, every door has one owner,
// no file is longer than the wall, and rooms hold no banned calls.

import Foundation
import Testing

private let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Paths of Swift files below a folder, relative to it.
private func swiftFiles(_ folder: String) -> [String] {
    let base = root.appending(path: folder).path
    let all = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".swift") }.sorted()
}

private func lines(_ file: String) throws -> [Substring] {
    try String(contentsOf: root.appending(path: file), encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false)
}

private func imports(_ file: String) throws -> [String] {
    try lines(file).compactMap { line in
        let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
        guard let at = words.firstIndex(of: "import"), at <= 1, at + 1 < words.count else {
            return nil
        }
        return String(words[at + 1])
    }
}

private let rooms = Set(swiftFiles("Sources").map { String($0.prefix { $0 != "/" }) })
private let doors = Set(
    (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path))?
        .filter { name in
            let module = root.appending(path: "Sources/\(name)/module.modulemap").path
            return FileManager.default.fileExists(atPath: module)
        } ?? [])

@Suite struct TidyTests {
    @Test func `there are rooms and doors to look at`() {
        #expect(rooms.count >= 13 && doors.count >= 8)
    }

    @Test(arguments: swiftFiles("Sources"))
    func `imports point up the listing`(_ file: String) throws {
        let room = String(file.prefix { $0 != "/" })
        for module in try imports("Sources/" + file) where rooms.contains(module) {
            #expect(
                module.utf8.lexicographicallyPrecedes(room.utf8),
                "\(file) imports \(module), which is below \(room)")
        }
    }

    @Test func `each door has one owner`() throws {
        var owners: [String: Set<String>] = [:]
        for file in swiftFiles("Sources") {
            for module in try imports("Sources/" + file) where doors.contains(module) {
                owners[module, default: []].insert(String(file.prefix { $0 != "/" }))
            }
        }
        for (door, rooms) in owners {
            #expect(rooms.count == 1, "\(door) is used by \(rooms.sorted())")
        }
    }

    @Test(arguments: swiftFiles("Sources") + swiftFiles("Tests").map { "../Tests/" + $0 })
    func `no file is longer than 400 lines`(_ file: String) throws {
        let count = try lines("Sources/" + file).count - 1
        #expect(count <= 400, "\(file) has \(count) lines")
    }

    @Test(arguments: swiftFiles("Sources").filter { !$0.hasPrefix("martlet") })
    func `rooms print nothing and force no errors`(_ file: String) throws {
        for (index, line) in try lines("Sources/" + file).enumerated() {
            let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[
                0]
            for banned in ["try!", " print(", "DispatchQueue.main", "fatalError("] {
                #expect(!code.contains(banned), "\(file):\(index + 1) has \(banned)")
            }
        }
    }

    @Test(arguments: swiftFiles("Sources").filter { !$0.hasPrefix("martlet") })
    func `every file says what it is`(_ file: String) throws {
        #expect(try lines("Sources/" + file).first?.hasPrefix("//") == true, "\(file) has no head")
    }
}
