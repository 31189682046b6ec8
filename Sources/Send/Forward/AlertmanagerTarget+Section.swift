// Reads `alerting:` as Prometheus has it, with static targets.

import Basics
public import Bytes

extension AlertmanagerTarget {
    /// Reads the section; faults go to its problems.
    public static func read(_ root: Section) -> [AlertmanagerTarget] {
        guard let alerting = root.section("alerting") else { return [] }
        var targets: [AlertmanagerTarget] = []
        for section in alerting.sections("alertmanagers") ?? [] {
            let scheme = section.string("scheme") ?? "http"
            let prefix = (section.string("path_prefix") ?? "/").split(separator: "/")
            let path = (prefix.map(String.init) + ["api", "v2", "alerts"]).joined(separator: "/")
            if let version = section.string("api_version"), version != "v2" {
                section.error("api_version", "must be v2; v1 is gone from Alertmanager")
            }
            let timeout = section.duration("timeout") ?? 10_000
            let tls = section.section("tls_config")
            var access = HTTPAccess()
            if let basic = section.section("basic_auth") {
                access.authentication = .basic(
                    user: basic.string("username") ?? "",
                    password: HTTPAccess.source(basic, "password"))
                basic.finish()
            } else if let other = section.section("authorization"),
                let credentials = HTTPAccess.source(other, "credentials")
            {
                access.authentication = .authorization(
                    type: other.string("type") ?? "Bearer", credentials: credentials)
                other.finish()
            }
            if let tls {
                access.tls.authorityFile = tls.string("ca_file")
                access.tls.certificateFile = tls.string("cert_file")
                access.tls.keyFile = tls.string("key_file")
                access.tls.skipsVerification = tls.bool("insecure_skip_verify") ?? false
                tls.finish(foreign: [
                    "ca", "cert", "key", "server_name", "min_version", "max_version",
                ])
            }
            for group in section.sections("static_configs") ?? [] {
                for host in group.strings("targets") ?? [] {
                    var target = AlertmanagerTarget(url: "\(scheme)://\(host)/\(path)")
                    target.timeoutMillis = timeout
                    target.access = access
                    targets.append(target)
                }
                group.finish(foreign: ["labels"])
            }
            section.finish(foreign: [
                "relabel_configs", "alert_relabel_configs", "file_sd_configs", "dns_sd_configs",
                "kubernetes_sd_configs", "consul_sd_configs", "http_sd_configs", "proxy_url",
                "follow_redirects", "enable_http2", "sigv4",
            ])
        }
        alerting.finish(foreign: ["alert_relabel_configs"])
        return targets
    }
}
