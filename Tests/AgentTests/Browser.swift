// A real Chromium through chromedriver, spoken to in WebDriver's JSON. What a page wrote to its
// console comes back with it, and a screenshot can be kept for the eye: set MARTLET_SCREENSHOTS to a
// folder.

import Basics
import Bytes
import Carry
import Foundation

/// One browser window.
final class Browser {
    static let isInstalled = find("chromedriver") != nil && find("chromium") != nil

    private let driver: Child
    private let base: String
    private var session = ""

    init(language: String = "en", isDark: Bool = false, width: Int = 1300, height: Int = 900)
        async throws
    {
        let port = freePort()
        let folder = try Scratch()
        driver = try Child(
            find("chromedriver") ?? "chromedriver", ["--port=\(port)"], folder: folder)
        base = "http://127.0.0.1:\(port)"
        let base = self.base
        try await until("chromedriver is ready") {
            (try? await get(base + "/status").status) == 200
        }
        let dark =
            isDark ? ",\"--force-dark-mode\",\"--blink-settings=preferredColorScheme=0\"" : ""
        let options = """
            {"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:loggingPrefs":{"browser":"ALL"},
            "goog:chromeOptions":{"prefs":{"intl.accept_languages":"\(language)"},
            "args":["--headless=new","--no-sandbox","--disable-gpu","--window-size=\(width),\(height)",
            "--lang=\(language)","--hide-scrollbars"\(dark)]}}}}
            """
        let made = try await post(base + "/session", options)
        guard let id = try JSON(made.body)["value"]?["sessionId"]?.text else {
            throw TestFailure("chromedriver gave no session: \(text(made))")
        }
        session = base + "/session/" + id
    }

    func open(_ url: String) async throws {
        let body = JSON.object([("url", .string(url))]).encoded
        _ = try await post(session + "/url", String(decoding: body, as: UTF8.self))
    }

    /// Runs a script's `return …` in the page.
    func evaluate(_ script: String) async throws -> JSON {
        let body = JSON.object([("script", .string(script)), ("args", .array([]))]).encoded
        let answer = try await post(
            session + "/execute/sync", String(decoding: body, as: UTF8.self))
        return try JSON(answer.body)["value"] ?? .null
    }

    /// What the page wrote to its console as errors or warnings since the last call.
    func consoleErrors() async throws -> [String] {
        let answer = try await post(session + "/se/log", "{\"type\":\"browser\"}")
        return (try JSON(answer.body)["value"]?.items ?? [])
            .filter { $0["level"]?.text == "SEVERE" }
            .compactMap { $0["message"]?.text }
    }

    /// Keeps a picture of the page when MARTLET_SCREENSHOTS names a folder.
    func screenshot(_ name: String) async throws {
        guard let folder = ProcessInfo.processInfo.environment["MARTLET_SCREENSHOTS"] else {
            return
        }
        let answer = try await get(session + "/screenshot")
        guard let encoded = try JSON(answer.body)["value"]?.text,
            let picture = base64Decoded(encoded)
        else { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(picture).write(to: URL(filePath: folder + "/" + name + ".png"))
    }

    func close() async throws {
        _ = try await client.send(FetchRequest("DELETE", session))
    }
}
