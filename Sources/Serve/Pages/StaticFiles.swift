// The pages: files of a folder, and the chart library from where Debian's package puts it. A page is
// revalidated by its ETag, so an upgrade is seen at once and an unchanged file costs no body. Paths
// are resolved segment by segment; nothing outside the folder can be named.

internal import Basics
public import Carry
internal import Glibc

/// Serves the dashboards.
public struct StaticFiles: Sendable {
    private let folder: String
    private let library: String
    /// Paths that the page itself routes; all are answered with `index.html`.
    private let pages: [String]

    /// - Parameters:
    ///   - folder: where `index.html` is.
    ///   - library: where `dygraph.min.js` is; Debian's `libjs-dygraphs` has it in
    ///     `/usr/share/javascript/dygraphs`.
    public init(folder: String, library: String, pages: [String]) {
        self.folder = folder
        self.library = library
        self.pages = pages
    }

    public var routes: [Route] {
        let index = Route(["GET"], "/", .quick) { answer("index.html", $0) }
        return [index]
            + pages.map { page in Route(["GET"], page, .quick) { answer("index.html", $0) } }
            + [
                Route(["GET"], "/lib/{file}", .quick) { request in
                    file(library, request.parameters["file"] ?? "", request)
                        ?? .error(404, "not_found", "install libjs-dygraphs for charts")
                },
                Route(["GET"], "/*", .quick) { answer($0.parameters["*"] ?? "", $0) },
            ]
    }

    private func answer(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        file(folder, path, request)
            ?? .error(404, "not_found", "nothing is served at \(request.path)")
    }

    private func file(_ folder: String, _ path: String, _ request: HTTPRequest) -> HTTPResponse? {
        let parts = path.split(separator: "/")
        guard !parts.isEmpty, !parts.contains(where: { $0.hasPrefix(".") || $0.contains("\0") })
        else {
            return nil
        }
        let full = folder + "/" + parts.joined(separator: "/")
        var status = stat()
        guard stat(full, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let tag = "\"\(status.st_mtim.tv_sec)-\(status.st_mtim.tv_nsec)-\(status.st_size)\""
        let headers = [
            ("Content-Type", contentType(String(parts[parts.count - 1]))), ("ETag", tag),
            ("Cache-Control", "no-cache"), ("Content-Security-Policy", contentSecurityPolicy),
            ("Referrer-Policy", "same-origin"),
        ]
        if request[header: "if-none-match"] == tag {
            return HTTPResponse(status: 304, headers: headers)
        }
        guard let handle = try? Files.system.open(full, .read) else { return nil }
        defer { Files.system.close(handle) }
        guard let body = try? Files.system.read(handle, 0, Int(status.st_size)) else { return nil }
        return HTTPResponse(headers: headers, body: body)
    }
}

/// Scripts and styles from here only; the chart library sets style attributes.
private let contentSecurityPolicy =
    "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

private func contentType(_ name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "json": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "txt": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
}
