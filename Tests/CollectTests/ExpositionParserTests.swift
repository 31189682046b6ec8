// The scrape parser: what it takes, what it refuses and how it says so.

import Basics
import Glibc
import Testing

@testable import Collect

@Suite struct ExpositionParserTests {
    private func parsed(_ text: String, openMetrics: Bool = false) throws -> [String] {
        try readExposition(bytes(text), openMetrics: openMetrics).map {
            "\($0.labels) \(numberText($0.value))" + ($0.time.map { " \($0)" } ?? "")
        }
    }

    private func fault(_ text: String, openMetrics: Bool = false) -> String? {
        do {
            _ = try parsed(text, openMetrics: openMetrics)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a plain exposition yields its samples`() throws {
        let text = """
            # HELP a Some help
            # TYPE a counter
            a 1
            a{b="c",d="e"} 2.5 1600000000000
              a{ b = "x" , } -3
            # just a remark
            b{le="+Inf"}4
            """
        #expect(
            try parsed(text) == [
                "a 1", #"a{b="c", d="e"} 2.5 1600000000000"#, #"a{b="x"} -3"#, #"b{le="+Inf"} 4"#,
            ])
    }

    @Test func `quoted names are read as UTF-8`() throws {
        let text = "{\"my.metric\",\"läbel\"=\"1\"} 2\n# TYPE \"my.metric\" gauge\n"
        #expect(try parsed(text) == [#"{"my.metric", "läbel"="1"} 2"#])
    }

    @Test func `escapes in label values are undone`() throws {
        #expect(try parsed(#"a{b="x\"y\\z\n\t"} 1"#) == [#"a{b="x\"y\\z\n\\t"} 1"#])
    }

    @Test func `a fault names its line and what stood there`() {
        #expect(fault("a 1\nb abc\n") == #"line 2: expected value after metric, got "abc""#)
        #expect(fault("a 1 x\n") == #"line 1: expected timestamp or new record, got "x""#)
        #expect(fault("\n\na{b=} 1\n")?.hasPrefix("line 3: expected a quoted value") == true)
        #expect(fault("a{b=\"c} 1\n") == "line 1: a label value is not closed")
        #expect(fault("a{b=\"1\",b=\"2\"} 1\n") == #"line 1: label "b" is given twice"#)
        #expect(fault("a 0x10\n") != nil)
        #expect(fault("a 1_000\n") != nil)
        #expect(fault("1a 1\n") != nil)
        #expect(fault("a{1b=\"c\"} 1\n") != nil)
        #expect(fault("a{b=\"c\"\"d\"} 1\n") != nil)
        #expect(fault("# TYPE a thing\n") == #"line 1: invalid metric type "thing""#)
        #expect(fault("a \n") == "line 1: expected value after metric, got the end of the line")
    }

    @Test func `invalid UTF-8 in a label is refused`() {
        let text = bytes("a{b=\"") + [0xff] + bytes("\"} 1\n")
        #expect(throws: ExpositionError.self) { try readExposition(text) }
    }

    @Test func `OpenMetrics needs its end mark and its times are seconds`() throws {
        let text = "# TYPE a counter\na_total 1 123.456 # {t=\"x } y\"} 0.5 1\na_created 5\n# EOF\n"
        #expect(try parsed(text, openMetrics: true) == ["a_total 1 123456", "a_created 5"])
        #expect(fault("a 1\n", openMetrics: true) == "line 1: data does not end with # EOF")
        #expect(fault("# EOF\na 1\n", openMetrics: true) == "line 2: unexpected data after # EOF")
        #expect(fault("a 1 NaN\n# EOF\n", openMetrics: true) != nil)
        #expect(
            fault("# UNIT a seconds\n# EOF\n", openMetrics: true)
                == #"line 1: unit "seconds" is not the end of metric name "a""#)
    }

    @Test func `bucket bounds and quantiles take one form`() throws {
        let text = """
            # TYPE h histogram
            h_bucket{le="1"} 1
            h_bucket{le="1e6"} 1
            h_bucket{le="0.00005"} 1
            h_bucket{le="123456789"} 1
            h_bucket{le="+Inf"} 1
            # TYPE s summary
            s{quantile="0"} 1
            # TYPE g gauge
            g{le="1"} 1
            """
        let labels = try readExposition(bytes(text)).map(\.labels)
        #expect(
            labels.compactMap { $0["le"] ?? $0["quantile"] }
                == ["1.0", "1e+06", "5e-05", "1.23456789e+08", "+Inf", "0.0", "1"])
    }

    @Test func `a guess never changes what is read`() throws {
        let text = bytes("a{b=\"c\"} 1\na {b=\"c\"} 2\nab 3\n")
        for guess in ["a{b=\"c\"}", "a", "ab", "", "a{b=\"c\"} 1\na {b=\"c\"} 2\nab 3\n"] {
            var seen: [String] = []
            try text.withUnsafeBytes { raw in
                var parser = ExpositionParser(raw, openMetrics: false)
                try bytes(guess).withUnsafeBytes { hint in
                    while try parser.next(expecting: hint) != nil {
                        seen.append(String(decoding: parser.seriesBytes, as: UTF8.self))
                    }
                }
            }
            #expect(seen == ["a{b=\"c\"}", "a {b=\"c\"}", "ab"], "guess \(guess)")
        }
    }

    @Test(.enabled(if: openMetricsFolder != nil, "no shared test data on this machine"))
    func `a real exposition of 237 families is read whole`() throws {
        let text = try readAll((openMetricsFolder ?? "") + "/alltypes.237mfs.prom.txt")
        let samples = text.split(separator: 0x0a).filter { $0.first != UInt8(ascii: "#") }.count
        #expect(try parseAll(text).lines == samples)
        #expect(try readExposition(text).count == samples)
    }
}

@Suite struct NumberScanTests {
    @Test(arguments: [
        "0", "-0", "1", "+1", "1.5", ".5", "5.", "1e3", "1E-3", "123456789012345678",
        "0.1", "0.30000000000000004", "1e22", "1e23", "9007199254740993", "4.9e-324", "1e-400",
        "1.7976931348623157e308", "0000000000000000000000000000000001.2e-1",
        "123456789012345678901234567890", "0.000000000000000000000000000001", "8.999999999999998",
    ])
    func `a number is the nearest double`(_ text: String) {
        #expect(parseNumber(text)?.bitPattern == strtod(text, nil).bitPattern)
    }

    @Test func `random numbers are the nearest double`() {
        var random = Seeded(state: 7)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
            guard value.isFinite else { continue }
            #expect(parseNumber(value.description) == value)
            let short = (Double(Int.random(in: 0...1_000_000_000, using: &random)) / 1000)
            #expect(parseNumber(short.description) == short)
        }
    }

    @Test func `names of special values are read as Go reads them`() {
        #expect(parseNumber("NaN")?.isNaN == true)
        #expect(parseNumber("+Inf") == .infinity)
        #expect(parseNumber("-inf") == -.infinity)
        #expect(parseNumber("Infinity") == .infinity)
        for text in [
            "", "-", "+NaN", "-nan", "1e", "1e+", ".", "0x1", "1_0", "1e400", "Infi", "1 ",
        ] {
            #expect(parseNumber(text) == nil, "\(text)")
        }
    }
}
