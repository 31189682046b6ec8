// `/-/healthy`, `/-/ready`, `/-/reload` and the status pages of Prometheus' API that clients ask for.

internal import Basics
internal import Bytes
public import Carry

/// Liveness, readiness, reload and status.
public struct ManagementAPI: Sendable {
    /// Why the agent is not ready, or nil when it is.
    private let notReady: @Sendable () -> String?
    /// Reloads the configuration; returns what was wrong, one problem a line, or nil.
    private let reload: @Sendable () -> String?
    /// The configuration in force, as YAML, with secrets left out.
    private let configuration: @Sendable () -> String
    private let version: String
    private let flags: [(String, String)]

    public init(
        version: String, flags: [(String, String)],
        notReady: @escaping @Sendable () -> String?,
        reload: @escaping @Sendable () -> String?,
        configuration: @escaping @Sendable () -> String
    ) {
        self.version = version
        self.flags = flags
        self.notReady = notReady
        self.reload = reload
        self.configuration = configuration
    }

    public var routes: [Route] {
        [
            Route(["GET"], "/-/healthy", .quick, isOpen: true) { _ in
                .text("Martlet is healthy.\n")
            },
            Route(["GET"], "/-/ready", .quick, isOpen: true) { _ in
                if let reason = notReady() { return .text("Not ready: \(reason)\n", status: 503) }
                return .text("Martlet is ready.\n")
            },
            Route(["POST", "PUT"], "/-/reload", .slow, isWrite: true) { _ in
                if let problems = reload() {
                    return .text(
                        "The old configuration goes on running.\n\(problems)\n", status: 500)
                }
                return .text("Reloaded.\n")
            },
            Route(["GET"], "/api/v1/status/buildinfo", .quick) { _ in
                object([
                    ("version", version), ("revision", ""), ("branch", ""), ("buildUser", ""),
                    ("buildDate", ""), ("goVersion", "swift6.3"),
                ])
            },
            Route(["GET"], "/api/v1/status/flags", .quick) { _ in object(flags) },
            Route(["GET"], "/api/v1/status/config", .quick) { _ in
                object([("yaml", configuration())])
            },
            Route(["GET"], "/api/v1/status/walreplay", .quick) { _ in
                success { writer in
                    writer.beginObject()
                    for name in ["min", "max", "current"] {
                        writer.key(name)
                        writer.number(0)
                    }
                    writer.endObject()
                }
            },
            Route(["GET"], "/api/v1/alertmanagers", .quick) { _ in
                success { writer in
                    writer.beginObject()
                    for name in ["activeAlertmanagers", "droppedAlertmanagers"] {
                        writer.key(name)
                        writer.beginArray()
                        writer.endArray()
                    }
                    writer.endObject()
                }
            },
            Route(["GET"], "/api/v1/notifications", .quick) { _ in
                success { writer in
                    writer.beginArray()
                    writer.endArray()
                }
            },
        ]
    }
}

private func object(_ fields: [(String, String)]) -> HTTPResponse {
    success { writer in
        writer.beginObject()
        for (name, value) in fields { writer.field(name, value) }
        writer.endObject()
    }
}
