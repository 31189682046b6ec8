// `POST /api/martlet/v1/backup` with `{"folder": "/path"}`: the agent that runs writes a back-up of its
// data folder there, on its own machine. One at a time.

internal import Basics
internal import Bytes
public import Carry
public import Keep

/// The end point of back-ups.
public struct BackupAPI: Sendable {
    private let backUp: @Sendable (String) throws -> BackupManifest
    private let isBusy = Lock(false)

    /// - Parameter backUp: writes a back-up to a folder.
    public init(backUp: @escaping @Sendable (String) throws -> BackupManifest) {
        self.backUp = backUp
    }

    public var routes: [Route] {
        [Route(["POST"], "/api/martlet/v1/backup", .slow, isWrite: true) { start($0) }]
    }

    private func start(_ request: HTTPRequest) -> HTTPResponse {
        guard let folder = (try? JSON(request.body))?["folder"]?.text, folder.hasPrefix("/") else {
            return .error(
                400, "bad_data", "folder must be an absolute path on the agent's machine")
        }
        let wasBusy = isBusy.withLock { busy in
            defer { busy = true }
            return busy
        }
        if wasBusy { return .error(409, "conflict", "a back-up is being written; wait for it") }
        defer { isBusy.withLock { $0 = false } }
        do {
            let manifest = try backUp(folder)
            return success { writer in
                writer.beginObject()
                writer.field("folder", folder)
                writer.key("files")
                writer.number(manifest.files.count)
                writer.key("bytes")
                writer.number(manifest.bytes)
                writer.endObject()
            }
        } catch let error as BackupError {
            if case .notEmpty = error { return .error(400, "bad_data", "\(error)") }
            return .error(500, "internal", "\(error)")
        } catch {
            return .error(500, "internal", "\(error)")
        }
    }
}
