// What /metrics writes: both formats, negotiation, and what promtool thinks of it.

import Basics
import Bytes
import Glibc
import Testing

@testable import Collect

private let promtool: String? = {
    let places: [String] = ["/usr/bin/promtool", "/usr/local/bin/promtool"]
    return places.first { access($0, X_OK) == 0 }
}()

@Suite struct WriterTests {
    private let families: [MetricFamily] = [
        MetricFamily(
            name: "martlet_requests",
            metadata: MetricMetadata(kind: .counter, help: "Requests \\ of\nall"),
            samples: [.init(suffix: "_total", labels: ["path": "a\"b\\c\nd"], value: 3)]),
        MetricFamily(
            name: "martlet_wait_seconds",
            metadata: MetricMetadata(kind: .histogram, help: "Waiting.", unit: "seconds"),
            samples: [
                .init(suffix: "_bucket", labels: ["le": "0.5"], value: 1),
                .init(suffix: "_bucket", labels: ["le": "+Inf"], value: 2),
                .init(suffix: "_sum", value: 1.25), .init(suffix: "_count", value: 2),
            ]),
        MetricFamily(
            name: "martlet_build", metadata: MetricMetadata(kind: .info, help: "Build."),
            samples: [.init(suffix: "_info", labels: ["version": "1"], value: 1)]),
        MetricFamily(
            name: "martlet_level", metadata: MetricMetadata(kind: .unknown, help: "Level."),
            samples: [.init(value: .infinity)]),
    ]

    @Test func `text 0.0.4 names a family as its samples are named`() {
        let text = String(decoding: ExpositionWriter.bytes(families, as: .text), as: UTF8.self)
        #expect(
            text == """
                # HELP martlet_requests_total Requests \\\\ of\\nall
                # TYPE martlet_requests_total counter
                martlet_requests_total{path="a\\"b\\\\c\\nd"} 3
                # HELP martlet_wait_seconds Waiting.
                # TYPE martlet_wait_seconds histogram
                martlet_wait_seconds_bucket{le="0.5"} 1
                martlet_wait_seconds_bucket{le="+Inf"} 2
                martlet_wait_seconds_sum 1.25
                martlet_wait_seconds_count 2
                # HELP martlet_build_info Build.
                # TYPE martlet_build_info gauge
                martlet_build_info{version="1"} 1
                # HELP martlet_level Level.
                # TYPE martlet_level untyped
                martlet_level +Inf

                """)
    }

    @Test func `OpenMetrics passes the strict checker`() {
        let text = ExpositionWriter.bytes(families, as: .openMetrics)
        #expect(lintExposition(text, format: .openMetrics) == [])
        let shown = String(decoding: text, as: UTF8.self)
        #expect(shown.contains("# TYPE martlet_requests counter\n"))
        #expect(shown.contains("# UNIT martlet_wait_seconds seconds\n"))
        #expect(shown.contains("# TYPE martlet_build info\n"))
        #expect(shown.hasSuffix("# EOF\n"))
    }

    @Test func `a counter without the suffix is of unknown kind in OpenMetrics`() {
        let odd = MetricFamily(
            name: "odd", metadata: MetricMetadata(kind: .counter), samples: [.init(value: 1)])
        let text = ExpositionWriter.bytes([odd], as: .openMetrics)
        #expect(String(decoding: text, as: UTF8.self) == "# TYPE odd unknown\nodd 1\n# EOF\n")
    }

    @Test func `foreign names are quoted for who asks and bent for who does not`() {
        var writer = ExpositionWriter(format: .text)
        writer.sample("my.metric", ["a b": "1"], 1, time: 1500)
        var modern = ExpositionWriter(
            format: ExpositionFormat(isOpenMetrics: true, version: "1.0.0", escaping: .allowUTF8))
        modern.sample("my.metric", ["a b": "1"], 1, time: 1500)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "my_metric{a_b=\"1\"} 1 1500\n")
        #expect(
            String(decoding: modern.bytes, as: UTF8.self)
                == "{\"my.metric\",\"a b\"=\"1\"} 1 1.500\n")
    }

    @Test(
        arguments: [
            (nil, "text/plain; version=0.0.4; charset=utf-8"),
            ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
            ("text/html,application/json;q=0.9", "text/plain; version=0.0.4; charset=utf-8"),
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,text/plain;version=0.0.4;q=0.3",
                "text/plain; version=0.0.4; charset=utf-8"
            ),
            (
                "text/plain;q=0.2, application/openmetrics-text; version=0.0.1; q=0.9",
                "application/openmetrics-text; version=0.0.1; charset=utf-8"
            ),
            (
                "application/openmetrics-text;version=1.0.0;q=0",
                "text/plain; version=0.0.4; charset=utf-8"
            ),
        ] as [(String?, String)])
    func `the highest q-value that can be served wins`(_ accept: String?, _ type: String) {
        #expect(negotiate(accept: accept).contentType == type)
    }

    @Test func `what a scrape asks for is what this server would send`() {
        #expect(
            acceptHeader(ScrapeProtocol.allCases)
                == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                + "application/openmetrics-text;version=0.0.1;q=0.4,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1")
        #expect(negotiate(accept: acceptHeader(ScrapeProtocol.allCases)).isOpenMetrics)
        #expect(format(contentType: "text/plain; charset=utf-8") == .text)
        #expect(format(contentType: "text/html") == nil)
        #expect(format(contentType: nil) == nil)
    }

    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func `promtool finds no fault with 0.0.4`() throws {
        let path = "/tmp/martlet-writer-\(getpid()).prom"
        let text = ExpositionWriter.bytes(Array(families.prefix(3)), as: .text)
        let file = try Files.system.open(path, .append)
        defer { try? Files.system.remove(path) }
        try text.withUnsafeBytes { raw in try Files.system.write(file, raw) }
        Files.system.close(file)
        let status = system(
            "\(promtool ?? "false") check metrics < \(path) > /dev/null 2>&1")
        #expect(status == 0, "promtool check metrics ended with \(status >> 8)")
    }
}
