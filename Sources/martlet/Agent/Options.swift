// What the command line says about a run, above what the configuration says.

/// Overrides of a run.
struct AgentOptions: Sendable {
    var configFile: String?
    var listen: String?
    var data: String?
    /// Where `dashboards/` and `alerts/` are.
    var share: String?
    /// The folder of the chart library.
    var charts: String?
    var webhook: String?
    /// What `--enable-feature` names.
    var features: [String] = []
    var isSimulated = false
    /// Replaces the configuration file altogether; what `martlet demo` runs with.
    var configuration: Configuration?
}

/// The names that `--enable-feature` knows; they are Prometheus'.
enum Feature {
    static let experimentalFunctions = "promql-experimental-functions"
}

/// Finds the folder that holds `dashboards/` and `alerts/`.
///
/// In this order: the one named, the working folder (a clone), beside the binary, the usual places.
func shareFolder(_ named: String?) -> String? {
    var candidates = [named, "."].compactMap { $0 }
    if let binary = executablePath() {
        let parts = binary.split(separator: "/", omittingEmptySubsequences: false)
        // bin/martlet → share/martlet; .build/release/martlet → the clone.
        for up in [2, 3, 4] where parts.count > up {
            let base = parts.dropLast(up).joined(separator: "/")
            candidates += [base + "/share/martlet", base]
        }
    }
    candidates += ["/usr/local/share/martlet", "/usr/share/martlet"]
    return candidates.first { isFile($0 + "/dashboards/web/index.html") }
}
