import Basics
import Testing

@Suite struct LabelsTests {
    @Test func `labels are sorted by byte, and empty values do not exist`() {
        let labels: Labels = ["b": "2", "a": "1", "c": "", "__name__": "up"]
        #expect(labels.map(\.name) == ["__name__", "a", "b"])
        #expect(labels["c"] == nil && labels["a"] == "1" && labels.metric == "up")
        #expect(labels.description == #"up{a="1", b="2"}"#)
    }

    @Test func `texts that Swift calls equal stay apart`() {
        let composed: Labels = ["a": "\u{e9}"]
        let decomposed: Labels = ["a": "e\u{301}"]
        #expect(composed != decomposed)
    }

    @Test func `order is label by label`() {
        let small: Labels = ["a": "1"]
        let longer: Labels = ["a": "1", "b": "0"]
        let larger: Labels = ["a": "2"]
        #expect([larger, longer, small].sorted() == [small, longer, larger])
    }

    @Test func `long values survive`() {
        let text = String(repeating: "x", count: 300)
        let labels: Labels = ["a": text, "b": "y"]
        #expect(labels["a"] == text && labels["b"] == "y" && labels.count == 2)
        #expect(Labels.isWellFormed(labels.bytes))
        #expect(!Labels.isWellFormed(Array(labels.bytes.dropLast())))
    }

    @Test func `the fingerprint is Alertmanager's`() {
        // As captured from Alertmanager 0.25.
        let labels: Labels = ["alertname": "AlwaysFiring", "severity": "page"]
        #expect(labels.fingerprintText == "2a7a97fbf890646a")
    }
}

@Suite struct NumberTests {
    @Test(arguments: [
        (1.0, "1", "1"), (0.1, "0.1", "0.1"), (100_000, "100000", "100000"),
        (1_000_000, "1e+06", "1000000"), (1e21, "1e+21", "1e+21"),
        (1e20, "1e+20", "100000000000000000000"), (1.5e-5, "1.5e-05", "0.000015"),
        (1e-7, "1e-07", "1e-7"), (-2.5, "-2.5", "-2.5"),
        (123_456_789.125, "1.23456789125e+08", "123456789.125"), (.infinity, "+Inf", "+Inf"),
        (-.infinity, "-Inf", "-Inf"), (.nan, "NaN", "NaN"), (-0.0, "-0", "-0"),
        (.leastNonzeroMagnitude, "5e-324", "5e-324"),
        (.greatestFiniteMagnitude, "1.7976931348623157e+308", "1.7976931348623157e+308"),
    ])
    func `numbers print as Go prints them`(_ value: Double, _ shortest: String, _ api: String) {
        #expect(numberText(value) == shortest)
        #expect(numberText(value, .api) == api)
    }

    @Test func `what is printed reads back to the same bits`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            for style in [NumberStyle.shortest, .api, .plain] {
                #expect(Double(numberText(value, style))?.bitPattern == value.bitPattern)
            }
        }
    }
}

@Suite struct DurationTests {
    @Test(arguments: [
        ("5m", 300_000), ("1h30m", 5_400_000), ("0", 0), ("1y", 31_536_000_000), ("250ms", 250),
        ("1d12h", 129_600_000),
    ])
    func `durations read as Prometheus reads them`(_ text: String, _ millis: Millis) {
        #expect(parseDuration(text) == millis)
    }

    @Test(arguments: ["", "5", "m", "1m1h", "1h1h", "-5m", "1.5h", "5 m", "99999999999y"])
    func `anything else is no duration`(_ text: String) { #expect(parseDuration(text) == nil) }

    @Test(arguments: [0, 1, 999, 60_000, 5_400_000, 86_400_000, 31_536_000_000, 123_456_789])
    func `what is written reads back`(_ millis: Millis) {
        #expect(parseDuration(durationText(millis)) == millis)
    }
}

@Suite struct CalendarTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2026-11-21T03:05:11.456Z", 1_795_230_311_456),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("1969-12-31T23:59:59.000Z", -1000),
    ])
    func `times and their texts agree`(_ text: String, _ millis: Millis) {
        #expect(CivilTime(millis).rfc3339 == text)
        #expect(parseRFC3339(text) == millis)
    }

    @Test func `offsets and fractions are understood, nonsense is not`() {
        #expect(parseRFC3339("2026-11-21T11:05:11+08:00") == parseRFC3339("2026-11-21T03:05:11Z"))
        #expect(parseRFC3339("2026-11-21") == parseRFC3339("2026-11-21T00:00:00Z"))
        for bad in ["", "2026-13-01", "2026-11-21T25:00:00Z", "2026-11-21T03:05:11Zx", "20261121"] {
            #expect(parseRFC3339(bad) == nil, "\(bad)")
        }
    }

    @Test func `sets are ordered label by label, by byte`() {
        let values = ["a", "aa", "ab", "b", "é", String(repeating: "x", count: 200), "a,b", "ba"]
        var sets: [Labels] = [.empty]
        for first in values {
            sets.append([first: "v"])
            for second in values {
                sets.append(["__name__": first, "job": second])
                sets.append(["__name__": "metric", first: second, "zone": first])
            }
        }
        /// The order as it is told: pairs of texts, by their bytes.
        func precedes(_ left: Labels, _ right: Labels) -> Bool {
            let a = left.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
            let b = right.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
            for (x, y) in zip(a, b) where x != y { return x.lexicographicallyPrecedes(y) }
            return a.count < b.count
        }
        for left in sets {
            for right in sets {
                #expect((left < right) == precedes(left, right), "\(left) and \(right)")
            }
        }
    }
}
