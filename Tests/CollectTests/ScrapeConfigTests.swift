// Scrape jobs from YAML, targets from jobs, and the requests that go out.

import Basics
import Bytes
import Glibc
import Testing

@testable import Collect

private func read(_ yaml: String) throws -> ([ScrapeConfig], [String]) {
    let problems = Problems(file: "m.yml")
    let root = Section(try YAML.parse(yaml), path: "", problems: problems)
    var defaults = ScrapeDefaults()
    if let global = root.section("global") {
        defaults = ScrapeDefaults(global)
        global.finish(foreign: ["external_labels"])
    }
    let configs = ScrapeConfig.read(root, defaults: defaults, folder: "/etc/m")
    root.finish()
    return (configs, problems.all.map(\.description))
}

private func target(_ outcome: TargetOutcome) throws -> ScrapeTarget {
    guard case .target(let target) = outcome else { throw PushBodyError(reason: "\(outcome)") }
    return target
}

@Suite struct ScrapeConfigTests {
    @Test func `a full job is read without a word`() throws {
        let (configs, problems) = try read(
            """
            global:
              scrape_interval: 15s
              external_labels: {site: a}
            scrape_configs:
              - job_name: app
                scrape_timeout: 5s
                metrics_path: /m
                scheme: https
                params: {module: [http_2xx, other]}
                honor_labels: true
                honor_timestamps: false
                basic_auth: {username: u, password_file: secret}
                tls_config: {ca_file: ca.pem, insecure_skip_verify: true}
                follow_redirects: false
                proxy_url: http://proxy:3128
                sample_limit: 100
                body_size_limit: 10MB
                target_limit: 3
                enable_compression: false
                scrape_protocols: [PrometheusText0.0.4]
                fallback_scrape_protocol: PrometheusText0.0.4
                http_headers: {X-Team: {values: [a, b]}, X-Key: {files: [key]}}
                static_configs: [{targets: ['h:1', 'h:2'], labels: {env: prod}}]
                file_sd_configs: [{files: ['t/*.yml'], refresh_interval: 1m}]
                relabel_configs: [{source_labels: [env], target_label: e}]
                metric_relabel_configs: [{regex: x, action: labeldrop}]
            """)
        #expect(
            problems == [
                "m.yml:3:3: warning: global.external_labels is known to Prometheus but not served by Martlet; ignored"
            ])
        let config = try #require(configs.first)
        #expect((config.intervalMillis, config.timeoutMillis) == (15_000, 5_000))
        #expect(
            config.client.credentials == .basic(user: .text("u"), password: .file("/etc/m/secret")))
        #expect(config.client.tls.authorityFile == "/etc/m/ca.pem")
        #expect(config.limits.samples == 100 && config.limits.bodyBytes == 10 << 20)
        #expect(config.client.headers.map(\.name) == ["X-Team", "X-Team", "X-Key"])
        #expect(
            config.fileDiscoveries == [
                FileDiscovery(patterns: ["/etc/m/t/*.yml"], refreshMillis: 60_000)
            ])
        #expect(
            try read("scrape_configs: [{job_name: a}]").0
                == read("scrape_configs: [{job_name: a}]").0)
    }

    @Test(arguments: [
        ("scrape_configs: [{job_name: a}, {job_name: a}]", "two jobs are named"),
        ("scrape_configs: [{scrape_interval: 10s}]", "a job needs a name"),
        (
            "scrape_configs: [{job_name: a, scrape_interval: 5s, scrape_timeout: 6s}]",
            "longer than the scrape interval"
        ),
        ("scrape_configs: [{job_name: a, scheme: ftp}]", "must be http or https"),
        (
            "scrape_configs: [{job_name: a, kubernetes_sd_configs: []}]",
            "warning: scrape_configs[0].kubernetes_sd_configs is known"
        ),
        ("scrape_configs: [{job_name: a, metric_path: /x}]", "did you mean metrics_path"),
        (
            "scrape_configs: [{job_name: a, bearer_token: x, basic_auth: {username: u}}]",
            "at most one of"
        ),
        (
            "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://h/x']}]}]",
            "not a host with a port"
        ),
        ("scrape_configs: [{job_name: a, file_sd_configs: [{files: [x.txt]}]}]", "must end in"),
        ("scrape_configs: [{job_name: a, scrape_protocols: [Nonsense]}]", "unknown protocol"),
        ("scrape_configs: [{job_name: a, sample_limit: -1}]", "must not be negative"),
    ])
    func `a fault is reported with its place`(_ yaml: String, _ wanted: String) throws {
        let problems = try read(yaml).1
        #expect(
            problems.contains { $0.contains(wanted) && $0.hasPrefix("m.yml:1:") }, "\(problems)")
    }

    @Test func `a target gets the job's labels, its own and an instance`() throws {
        var config = ScrapeConfig(jobName: "app")
        config.params = [.init(name: "q", values: ["a b", "c"])]
        let made = try target(config.target(address: "h:80", labels: ["env": "prod", "__x": "1"]))
        #expect(made.labels == ["job": "app", "instance": "h:80", "env": "prod"])
        #expect(made.url == "http://h:80/metrics?q=a%20b&q=c")
        #expect(made.discoveredLabels["__address__"] == "h:80")
        #expect(made.discoveredLabels["__scrape_interval__"] == "1m")
    }

    @Test func `relabelling decides address, path, interval, and whether at all`() throws {
        var config = ScrapeConfig(jobName: "probe")
        config.relabelRules = [
            try RelabelRule(.drop, sourceLabels: ["env"], regex: "test"),
            try RelabelRule(sourceLabels: ["__address__"], targetLabel: "__param_target"),
            try RelabelRule(sourceLabels: ["__param_target"], targetLabel: "instance"),
            try RelabelRule(targetLabel: "__address__", replacement: "prober:9115"),
            try RelabelRule(targetLabel: "__scrape_interval__", replacement: "5m"),
            try RelabelRule(targetLabel: "__metrics_path__", replacement: "/probe"),
        ]
        let made = try target(config.target(address: "https.example", labels: .empty))
        #expect(made.url == "http://prober:9115/probe?target=https.example")
        #expect(made.labels == ["job": "probe", "instance": "https.example"])
        #expect(made.intervalMillis == 300_000)
        guard case .dropped = config.target(address: "a", labels: ["env": "test"]) else {
            Issue.record("not dropped")
            return
        }
        config.relabelRules = [
            try RelabelRule(targetLabel: "__scrape_timeout__", replacement: "2m")
        ]
        guard case .faulty(_, let reason) = config.target(address: "a", labels: .empty) else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "the scrape timeout is longer than the scrape interval")
    }

    @Test func `targets are spread over the interval, the same way every time`() throws {
        let config = ScrapeConfig(jobName: "app")
        let offsets = try (0..<600).map { number in
            try target(config.target(address: "h\(number):1", labels: .empty)).offsetMillis
        }
        for tenth in 0..<10 {
            let count = offsets.filter { $0 / 6000 == tenth }.count
            #expect((30...90).contains(count), "tenth \(tenth): \(count)")
        }
        let one = try target(config.target(address: "h:1", labels: .empty))
        #expect(one.nextTime(after: one.offsetMillis) == one.offsetMillis)
        #expect(one.nextTime(after: one.offsetMillis + 1) == one.offsetMillis + 60_000)
    }

    @Test func `a request carries what Prometheus sends`() throws {
        var config = ScrapeConfig(jobName: "app")
        config.client.credentials = .basic(user: .text("user"), password: .text("pass"))
        let made = try target(config.target(address: "example:1", labels: .empty))
        let headers = try config.request(made, .system).headers.map { "\($0.name): \($0.value)" }
        #expect(headers.contains("Authorization: Basic dXNlcjpwYXNz"))
        #expect(headers.contains("X-Prometheus-Scrape-Timeout-Seconds: 10"))
        #expect(headers.contains("Accept-Encoding: gzip"))
        let near = try target(config.target(address: "127.0.0.1:1", labels: .empty))
        let nearHeaders = try config.request(near, .system).headers
        #expect(!nearHeaders.contains { $0.name == "Accept-Encoding" })
        config.client.credentials = .authorization(type: "Bearer", .file("/nonexistent/token"))
        #expect(throws: FileError.self) { try config.request(made, .system) }
    }

    @Test func `an answer is judged by status, size and type`() {
        var config = ScrapeConfig(jobName: "app")
        func reason(_ answer: ScrapeAnswer) -> String {
            if case .failure(let reason, _) = answer { return reason }
            return ""
        }
        let type = (name: "content-type", value: "text/plain; version=0.0.4")
        #expect(
            reason(config.answer(FetchResponse(status: 503))) == "server returned HTTP status 503")
        #expect(reason(config.answer(FetchResponse(status: 200))).contains("no Content-Type"))
        let packed = gzip(bytes(String(repeating: "a 1\n", count: 1000)))
        let answer = config.answer(FetchResponse(status: 200, headers: [type], body: packed))
        guard case .exposition(let body, let format) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(body.count == 4000 && format == .text)
        config.limits.bodyBytes = 1000
        #expect(
            reason(config.answer(FetchResponse(status: 200, headers: [type], body: packed)))
                .contains("larger than the limit of 1000"))
        config.fallbackProtocol = .text004
        #expect(reason(config.answer(FetchResponse(status: 200, body: bytes("a 1\n")))) == "")
    }

    @Test func `base64 pads`() {
        #expect(
            ["", "f", "fo", "foo", "foob"].map { base64(bytes($0)) } == [
                "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==",
            ])
    }
}

@Suite struct TargetFileTests {
    @Test func `files of targets are read, read again, and kept when broken`() throws {
        let folder = "/tmp/martlet-sd-\(getpid())"
        try Files.system.makeFolder(folder)
        func write(_ name: String, _ text: String) throws {
            let path = folder + "/" + name
            try? Files.system.remove(path)
            let file = try Files.system.open(path, .create)
            try bytes(text).withUnsafeBytes { raw in try Files.system.write(file, raw) }
            Files.system.close(file)
        }
        try write("a.json", #"[{"targets": ["h:1"], "labels": {"env": "x"}}]"#)
        try write("b.yml", "- targets: [h:2]\n")
        let discovery = [FileDiscovery(patterns: [folder + "/*.json", folder + "/b.yml"])]
        var files = TargetFiles()
        let first = files.read(discovery, .system)
        #expect(first.flatMap(\.targets) == ["h:1", "h:2"])
        #expect(first[0].labels == ["env": "x", "__meta_filepath": folder + "/a.json"])
        try write("a.json", #"[{"targets": ["#)
        #expect(files.read(discovery, .system) == first)
        #expect(files.faults.count == 1 && files.faults[0].hasPrefix(folder + "/a.json: line"))
        try write("a.json", "[]")
        #expect(files.read(discovery, .system).flatMap(\.targets) == ["h:2"])
        try Files.system.remove(folder + "/a.json")
        try Files.system.remove(folder + "/b.yml")
        _ = files.read(discovery, .system)
        #expect(files.faults.count == 1)
        rmdir(folder)
    }
}
