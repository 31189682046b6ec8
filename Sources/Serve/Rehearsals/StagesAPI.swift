// `/api/martlet/v1/rehearsals/{name}/stages`: whoever splits the traffic of a release reports here, stage
// by stage and window by window, and reads how it stands; `…/stages/override` lets a failed stage go on, by
// a person with a reason. `/api/martlet/v1/stages` lists all releases. A report answers 200 while the
// release may go on and 409 once it has failed, so that `curl --fail` stops a pipeline.

internal import Basics
internal import Bytes
public import Carry
internal import Keep
public import Rehearse

/// The gray releases behind the API, as closures: Serve holds none.
public struct GrayDesk: Sendable {
    var releases: @Sendable () -> [GrayRelease]
    /// (release, body): the release as it is then; refusals are ``StageReportError`` and
    /// ``GrayRelease/Refusal``.
    var report: @Sendable (String, [UInt8]) throws -> GrayRelease
    /// (release, person, reason): false when there is no failure to override.
    var override: @Sendable (String, String, String) throws -> Bool

    public init(
        releases: @escaping @Sendable () -> [GrayRelease],
        report: @escaping @Sendable (String, [UInt8]) throws -> GrayRelease,
        override: @escaping @Sendable (String, String, String) throws -> Bool
    ) {
        self.releases = releases
        self.report = report
        self.override = override
    }
}

/// The end points of gray releases.
public struct StagesAPI: Sendable {
    private let desk: GrayDesk
    private static let one = "/api/martlet/v1/rehearsals/{name}/stages"
    /// A line is some 300 bytes.
    private static let bodyBytesMax = 1 << 20

    public init(_ desk: GrayDesk) { self.desk = desk }

    public var routes: [Route] {
        [
            Route(["GET"], "/api/martlet/v1/stages", .slow) { _ in list() },
            Route(["GET"], StagesAPI.one, .slow) { show($0) },
            Route(
                ["POST"], StagesAPI.one, .slow, bodyBytesMax: StagesAPI.bodyBytesMax, isWrite: true
            ) { report($0) },
            Route(["POST"], StagesAPI.one + "/override", .slow, isWrite: true) { override($0) },
        ]
    }

    private func list() -> HTTPResponse {
        success(capacity: 16_384) { writer in
            writer.beginArray()
            for release in desk.releases() { writer.release(release) }
            writer.endArray()
        }
    }

    private func show(_ request: HTTPRequest) -> HTTPResponse {
        guard let release = release(request) else { return missing(request) }
        return success(capacity: 16_384) { $0.release(release) }
    }

    private func report(_ request: HTTPRequest) -> HTTPResponse {
        let name = request.parameters["name"] ?? ""
        let isName =
            !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 57) || ($0 | 32 >= 97 && $0 | 32 <= 122)
                    || [45, 46, 95].contains($0)
            }
        guard isName else {
            return .error(
                400, "bad_data", "a release is named by at most 64 letters, digits, - . and _")
        }
        do {
            let release = try desk.report(name, request.body)
            var response = success(capacity: 16_384) { $0.release(release) }
            if release.isFailed { response.status = 409 }
            return response
        } catch let error as StageReportError {
            return .error(400, "bad_data", error.description)
        } catch let error as GrayRelease.Refusal {
            return .error(error == .unnamed ? 400 : 409, "conflict", error.description)
        } catch {
            return .error(500, "internal", "\(error)")
        }
    }

    private func override(_ request: HTTPRequest) -> HTTPResponse {
        answering {
            guard let release = release(request) else { return missing(request) }
            let json: JSON
            do { json = try JSON(request.body) } catch {
                return .error(400, "bad_data", "\(error)")
            }
            let reason = String((json["reason"]?.text ?? "").prefix(2000))
            let person = String((json["person"]?.text ?? "").prefix(200))
            if reason.allSatisfy(\.isWhitespace) {
                return .error(400, "bad_data", "an override needs a reason")
            }
            guard try desk.override(release.release, person, reason) else {
                return .error(
                    409, "conflict",
                    "\(quoted(release.release)) has no failure that could be overridden")
            }
            return success { $0.bool(true) }
        }
    }

    private func release(_ request: HTTPRequest) -> GrayRelease? {
        desk.releases().first { $0.release == request.parameters["name"] }
    }

    private func missing(_ request: HTTPRequest) -> HTTPResponse {
        let name = quoted(request.parameters["name"] ?? "")
        return .error(
            404, "not_found",
            "no release \(name) has reported a stage; POST one: {\"version\":\"v2\",\"share\":0.01}"
        )
    }
}
