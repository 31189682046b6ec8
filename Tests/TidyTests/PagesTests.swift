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

    /// A visitor loads one language, the styles, and what the page's module and `app.js` import, directly
    /// or through others; counted is the heaviest page.
    @Test func `what a visit loads stays under 100 KB compressed`() throws {
        let styles = files(".css") + ["index.html", "martlet.svg"]
        let languages = try files(".json").filter { $0.hasPrefix("lang/") }.map(weight)
        let shared = try styles.reduce(0) { try $0 + weight($1) } + (languages.max() ?? 0)
        let pages = files(".js").filter { $0.hasPrefix("js/pages/") }
        #expect(pages.count > 10 && languages.count == 2)
        for page in pages {
            let modules = try loaded(["app.js", page])
            let sum = try modules.reduce(shared) { try $0 + weight($1) }
            #expect(modules.count > 10 && sum < 100_000, "\(page): \(sum) bytes")
        }
    }

    private func weight(_ file: String) throws -> Int {
        try compressedBytes(web.appending(path: file).path)
    }

    /// The modules that some modules load, themselves included.
    private func loaded(_ first: [String]) throws -> Set<String> {
        var seen: Set<String> = []
        var waiting = first
        while let file = waiting.popLast() {
            guard seen.insert(file).inserted else { continue }
            let folder = URL(filePath: "/" + file).deletingLastPathComponent()
            for match in try text(file).matches(of: /(?:from|import) *'(\.[^']+)'/) {
                let target = folder.appending(path: String(match.1)).standardizedFileURL.path
                waiting.append(String(target.dropFirst()))
            }
        }
        return seen
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
