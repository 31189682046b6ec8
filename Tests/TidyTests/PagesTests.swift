// The promises about the pages: both languages say the same things, every word a script asks for is
// there, no module is long or without a head, and all of it together stays light.

import Foundation
import Testing

private let web = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "dashboards/web")

private func files(_ ending: String) -> [String] {
    let all = FileManager.default.enumerator(atPath: web.path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(ending) }.sorted()
}

private func text(_ file: String) throws -> String {
    try String(contentsOf: web.appending(path: file), encoding: .utf8)
}

private func words(_ language: String) throws -> [String: String] {
    let data = try Data(contentsOf: web.appending(path: "lang/\(language).json"))
    return try JSONDecoder().decode([String: String].self, from: data)
}

/// What stands in `{braces}`.
private func arguments(_ sentence: String) -> Set<String> {
    Set(sentence.matches(of: /\{(\w+)\}/).map { String($0.1) })
}

@Suite struct PagesTests {
    @Test func `both languages have the same keys and arguments`() throws {
        let (english, chinese) = (try words("en"), try words("zh"))
        #expect(Set(english.keys) == Set(chinese.keys))
        for (key, sentence) in english {
            #expect(arguments(sentence) == arguments(chinese[key] ?? ""), "\(key)")
            #expect(!sentence.isEmpty && chinese[key]?.isEmpty == false, "\(key) is empty")
        }
    }

    @Test(arguments: files(".js")) func `every word a script asks for exists`(_ file: String) throws
    {
        let known = try words("en")
        for match in try text(file).matches(of: /\bt\(\s*'([\w.]*\w)'\s*[,)]/) {
            #expect(known[String(match.1)] != nil, "\(file) asks for \(match.1)")
        }
    }

    @Test(arguments: files(".json").filter { $0.hasPrefix("boards/") })
    func `every title of a dashboard is worded`(_ file: String) throws {
        let known = try words("en")
        let source = try text(file)
        for match in source.matches(of: /"(?:title|empty)": "([^"]+)"/) {
            #expect(known[String(match.1)] != nil, "\(file) asks for \(match.1)")
        }
        for match in source.matches(of: /@([\w.]*\w)/) {
            #expect(known[String(match.1)] != nil, "\(file) asks for \(match.1)")
        }
    }

    @Test(arguments: files(".js")) func `a module is short and says what it is`(_ file: String)
        throws
    {
        let lines = try text(file).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 300, "\(file) has \(lines.count) lines")
        #expect(lines.first?.hasPrefix("// ") == true, "\(file) has no head")
    }

    @Test(arguments: files(".js").filter { $0 != "js/chart.js" })
    func `only chart js knows dygraphs`(_ file: String) throws {
        #expect(!(try text(file)).contains("Dygraph"), "\(file)")
    }

    @Test func `nothing in the page needs an exception from its content security policy`() throws {
        let index = try text("index.html")
        #expect(!index.contains("<style") && !index.contains(" onclick"))
        #expect(index.matches(of: /<script(?![^>]*src=)/).isEmpty)
        for file in files(".js") {
            let source = try text(file)
            for banned in ["innerHTML", "eval(", "new Function", "document.write"] {
                #expect(!source.contains(banned), "\(file) has \(banned)")
            }
        }
    }

    /// A visitor loads one language and one page beside what all pages share; counted is the largest
    /// of each.
    @Test func `what a visit loads stays under 100 KB compressed`() throws {
        var shared = 0
        var largest: [String: Int] = [:]
        for file in files("") {
            var isFolder: ObjCBool = false
            let path = web.appending(path: file).path
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            let bytes = try compressedBytes(path)
            if let kind = ["lang/", "js/pages/"].first(where: file.hasPrefix) {
                largest[kind] = max(largest[kind] ?? 0, bytes)
            } else {
                shared += bytes
            }
        }
        let sum = shared + largest.values.reduce(0, +)
        #expect(sum > 20_000 && sum < 100_000, "\(sum) bytes")
    }
}

private func compressedBytes(_ path: String) throws -> Int {
    let gzip = Process()
    gzip.executableURL = URL(filePath: "/bin/gzip")
    gzip.arguments = ["-6", "-c", path]
    let output = Pipe()
    gzip.standardOutput = output
    try gzip.run()
    let count = output.fileHandleForReading.readDataToEndOfFile().count
    gzip.waitUntilExit()
    return count
}
