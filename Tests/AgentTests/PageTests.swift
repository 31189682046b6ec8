// The pages in a real Chromium: live within ten seconds, without one console error, in both languages
// and both themes. With MARTLET_SCREENSHOTS set each page is kept as a picture.

import Basics
import Bytes
import Foundation
import Testing

private let paths = [
    "/", "/decisions", "/delivery", "/models", "/rehearsals", "/alerts", "/logs", "/explore",
    "/host", "/servers",
    "/system", "/help",
]

@Suite(.serialized, .enabled(if: Browser.isInstalled, "chromium or chromedriver is not installed"))
struct PageTests {
    @Test func `ten seconds after start Home shows live host data and no error`() async throws {
        let agent = try await Agent()
        try await Task.sleep(for: .seconds(10))
        let browser = try await Browser()
        try await browser.open(agent.url + "/")
        try await until("a host fact is on the page", seconds: 5) {
            let shown = try await browser.evaluate("return document.body.innerText").text ?? ""
            return shown.contains("%")
        }
        #expect(try await browser.consoleErrors() == [])
        try await browser.close()
    }

    @Test(arguments: ["en", "zh"], [false, true])
    func `every page is free of console errors`(_ language: String, _ isDark: Bool) async throws {
        let folder = try Scratch()
        let logFile = try folder.write("app.log", "")
        let agent = try await Agent(
            configuration: "logs: [{source: app, paths: [\"\(logFile)\"], from: start}]",
            folder: folder)
        let handle = try #require(FileHandle(forWritingAtPath: logFile))
        try handle.write(contentsOf: Data("2026-01-01T00:00:00Z INFO 请求超时 after 3 s\n".utf8))
        try handle.write(contentsOf: Data("ERROR cannot reach the model server\n".utf8))
        try await Task.sleep(for: .seconds(12))
        let browser = try await Browser(
            language: language == "zh" ? "zh-CN" : "en-US", isDark: isDark)
        for path in paths {
            try await browser.open(agent.url + path)
            try await Task.sleep(for: .milliseconds(1500))
            let shown = try await browser.evaluate("return document.body.innerText").text ?? ""
            #expect(shown.count > 80, "\(path) is nearly blank: \(shown)")
            #expect(!shown.contains("undefined") && !shown.contains("[object"), "\(path): \(shown)")
            let errors = try await browser.consoleErrors()
            #expect(errors == [], "\(path) in \(language)")
            let name = path == "/" ? "home" : String(path.dropFirst())
            try await browser.screenshot("\(name)-\(language)-\(isDark ? "dark" : "light")")
        }
        try await browser.close()
    }

    @Test func `the two languages have the same keys`() throws {
        func keys(_ language: String) throws -> Set<String> {
            let file = root.appending(path: "dashboards/web/lang/\(language).json")
            return Set(try JSON(Array(Data(contentsOf: file))).fields?.map(\.key) ?? [])
        }
        let (english, chinese) = (try keys("en"), try keys("zh"))
        #expect(english.count > 100)
        #expect(english.symmetricDifference(chinese) == [])
    }
}
