// Martlet beside Debian's Prometheus 2.42, over the same scraped samples: Prometheus scrapes a node
// exporter and itself, Martlet takes every sample with its time from `/federate`, and both are asked
// more than two hundred queries, at a moment and over a range.

import Basics
import Bytes
import Foundation
import Testing

private let prometheus = find("prometheus")
private let nodeExporter = find("prometheus-node-exporter")

/// Compares answers, but for what 2.42 and 3.5 do differently by design.
///
/// These queries avoid it:
/// - A range and the lookback are open at their left end in 3.x; 2.x takes in a sample there. The
///   moments asked lie half-way between scrapes and windows are whole scrapes long, so that none
///   begins on a sample.
/// - Near a counter's zero, `rate` and `increase` extrapolate less far in 3.x.
/// - `atan2` keeps the metric's name in 2.x and drops it in 3.x, as all arithmetic does.
/// - `.` matches a newline in 3.x.
/// - `le` and `quantile` are written as floats when they are scraped (`le="1"` becomes `le="1.0"`);
///   the queries aggregate `le` or group by it inside `histogram_quantile` only.
/// - `holt_winters` is called `double_exponential_smoothing`, and is experimental.
/// - `offset 5`, `[300]` and quoted names in braces parse in 3.x only.
/// - Warnings and infos are values beside the result in 3.x; 2.x has none.
/// - `topk` with NaN as its parameter, and some texts of errors.
@Suite(.serialized) struct PrometheusParityTests {
    /// How far two values may lie apart, relative to the larger.
    private let tolerance = 1e-5

    @Test(.enabled(if: prometheus != nil && nodeExporter != nil, "the peers are not installed"))
    func `two hundred queries have the answers of Prometheus`() async throws {
        let folder = try Scratch()
        let (exporterPort, port) = (freePort(), freePort())
        let exporter = try Child(
            nodeExporter ?? "", ["--web.listen-address=127.0.0.1:\(exporterPort)"], folder: folder)
        let file = try folder.write(
            "prometheus.yml",
            """
            global: {scrape_interval: 2s, scrape_timeout: 2s}
            scrape_configs:
              - job_name: node
                static_configs: [{targets: ["127.0.0.1:\(exporterPort)"]}]
              - job_name: prometheus
                static_configs: [{targets: ["127.0.0.1:\(port)"]}]
            """)
        let peer = try Child(
            prometheus ?? "",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(folder.path)/tsdb",
                "--web.listen-address=127.0.0.1:\(port)",
            ], folder: folder)
        let agent = try await Agent(
            configuration: """
                host: {enabled: false}
                rule_files: []
                global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1m}
                scrape_configs:
                  - job_name: federate
                    honor_labels: true
                    metrics_path: /federate
                    params: {"match[]": ['{job=~"node|prometheus"}']}
                    static_configs: [{targets: ["127.0.0.1:\(port)"]}]
                """)
        defer { withExtendedLifetime((exporter, peer)) {} }
        let theirs = "http://127.0.0.1:\(port)"
        try await until("samples of 40 s are in both", seconds: 90) {
            let query = "count_over_time(node_load1[2m])"
            let counts = [
                try? await queryValue(theirs, query), try? await queryValue(agent.url, query),
            ]
            return counts.allSatisfy { ($0 ?? 0) >= 20 }
        }
        let span = try await sharedSpan(theirs, agent.url)
        var failures: [String] = []
        for query in ParityQueries.all {
            for isRange in [false, true] {
                let difference = try await difference(
                    theirs, agent.url, request(query, span, isRange: isRange))
                if let difference {
                    failures.append(
                        "\(isRange ? "range  " : "instant") \(query)\n    \(difference)")
                }
            }
        }
        print("\(ParityQueries.all.count) queries, instant and range; \(failures.count) differ")
        #expect(ParityQueries.all.count >= 200)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    /// From 30 s before the end on, both have every sample; the end lies half-way between scrapes.
    private func sharedSpan(_ left: String, _ right: String) async throws -> TimeRange {
        let query = "timestamp(node_load1)"
        let latest = [try await queryValue(left, query), try await queryValue(right, query)]
        let last = latest.compactMap { $0 }.min() ?? 0
        // Two scrapes back, so that no sample is on its way; 0.5 to 1.5 s after one of either job.
        let other = try await queryValue(left, "timestamp(up{job=\"prometheus\"})") ?? 0
        var end = Millis(last * 1000) - 4000 + 1000
        for shift in stride(from: Millis(0), to: 2000, by: 100) {
            let gaps = [last, other].map { sample in
                let gap = (end + shift - Millis(sample * 1000)) % 2000
                return min((gap + 2000) % 2000, 2000 - (gap + 2000) % 2000)
            }
            if gaps.allSatisfy({ $0 > 200 }) && (end + shift) % 1000 > 100 {
                end += shift
                break
            }
        }
        return TimeRange(from: end - 20_000, through: end)
    }

    private func request(_ query: String, _ span: TimeRange, isRange: Bool) -> String {
        let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let end = Double(span.through) / 1000
        if !isRange { return "/api/v1/query?query=\(text)&time=\(end)" }
        return
            "/api/v1/query_range?query=\(text)&start=\(Double(span.from) / 1000)&end=\(end)&step=4"
    }

    /// What is different in two answers; nil when nothing is.
    private func difference(
        _ left: String, _ right: String, _ request: String
    ) async throws -> String? {
        let (a, b) = (try await get(left + request), try await get(right + request))
        guard a.status == b.status else {
            return
                "status \(a.status) and \(b.status): \(text(a).prefix(200)) \(text(b).prefix(200))"
        }
        let (mine, yours) = (try JSON(a.body), try JSON(b.body))
        guard let type = mine["data"]?["resultType"]?.text else {
            return mine["errorType"]?.text == yours["errorType"]?.text ? nil : text(b)
        }
        guard type == yours["data"]?["resultType"]?.text else { return "types differ: \(type)" }
        let (left, right) = (points(mine), points(yours))
        guard left.keys == right.keys else {
            let odd = Set(left.keys).symmetricDifference(right.keys).sorted().prefix(3)
            return "\(left.count) and \(right.count) points; only in one: \(odd)"
        }
        for (key, value) in left {
            let other = right[key] ?? ""
            if !isClose(value, other) { return "\(key): \(value) and \(other)" }
        }
        return nil
    }

    private func isClose(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        guard let a = Double(left), let b = Double(right) else { return false }
        let scale = max(a.magnitude, b.magnitude)
        return (a - b).magnitude <= tolerance * scale || scale < 1e-12
    }

    /// Values by series and time.
    private func points(_ document: JSON) -> [String: String] {
        let data = document["data"]
        var found: [String: String] = [:]
        let type = data?["resultType"]?.text
        if type == "scalar" || type == "string" {
            return ["": data?["result"]?.items?.last?.text ?? ""]
        }
        for one in data?["result"]?.items ?? [] {
            let labels = (one["metric"]?.fields ?? []).map { "\($0.key)=\($0.value.text ?? "")" }
            let name = labels.sorted().joined(separator: ",")
            for point in one["values"]?.items ?? [one["value"]].compactMap({ $0 }) {
                let time = point.items?.first?.double ?? 0
                found["\(name) @ \(time)"] = point.items?.last?.text ?? ""
            }
        }
        return found
    }
}
