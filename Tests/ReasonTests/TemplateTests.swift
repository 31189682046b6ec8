// Expansions are compared with what Debian's promtool 2.42 printed for the same templates.

import Basics
import Query
import Testing

@testable import Reason

/// Expands a template for the sample `x{instance="i",job="j"}`.
private func expand(
    _ text: String, value: Double = 1_000_000,
    answers: [String: [VectorSample]] = [:]
) throws(TemplateError) -> String {
    let labels: Labels = ["__name__": "x", "instance": "i", "job": "j"]
    let world = TemplateWorld(now: 0, externalURL: "http://m.example/p") {
        (query, at) throws(QueryError) in
        if query == "x" { return [VectorSample(labels: labels, time: at, value: value)] }
        if query == "vector(1)" { return [VectorSample(labels: .empty, time: at, value: 1)] }
        return answers[query] ?? []
    }
    let template = try Template(text, name: "__alert_A", variables: AlertTemplate.variables)
    let data = TemplateValue.record([
        ("Labels", .labels(labels)), ("ExternalLabels", .labels(.empty)),
        ("ExternalURL", .string("http://m.example/p")), ("Value", .float(value)),
    ])
    return try template.expand(
        data,
        variables: [
            "$labels": .labels(labels), "$value": .float(value),
            "$externalLabels": .labels(.empty), "$externalURL": .string("http://m.example/p"),
        ], world: world)
}

@Suite struct Templates {
    static let cases: [(String, String)] = [
        ("{{ $value }}", "1e+06"),
        (
            #"{{ printf "%v %g %d %q %5.2f|%-5s|%05d|%x|%t|%8.3e|%+d|%s|%d" $value $value 3 "a\"b" 3.14159 "ab" 42 255 true 12345.678 5 3 "x" }}"#,
            #"1e+06 1e+06 3 "a\"b"  3.14|ab   |00042|ff|true|1.235e+04|+5|%!s(int=3)|%!d(string=x)"#
        ),
        (
            "{{ humanize $value }}|{{ humanize1024 $value }}|{{ humanizeDuration $value }}|{{ humanizePercentage $value }}|{{ humanizeTimestamp 1435065584.128 }}",
            "1M|976.6ki|11d 13h 46m 40s|1e+08%|2015-06-23 13:19:44.128 +0000 UTC"
        ),
        (
            #"{{ title "foo bar" }}|{{ stripPort "h:80" }}|{{ stripDomain "a.b.c:80" }}|{{ reReplaceAll "(a+)b" "$1-" "aab ab" }}|{{ match "a.c" "xabcx" }}|{{ toTime 1435065584.128 }}|{{ $labels }}|{{ $labels.nope }}|{{ .Labels.job }}"#,
            "Foo Bar|h|a:80|aa- a-|true|2015-06-23 13:19:44.128 +0000 UTC|map[__name__:x instance:i job:j]||j"
        ),
        (#"{{ range query "vector(1)" }}{{ . }}{{ end }}"#, "{map[] 1}"),
        (#"{{ printf "%s %d" $value }}"#, "%!s(float64=1e+06) %!d(MISSING)"),
        (
            #"{{ index $labels "job" }}|{{ len $labels }}|{{ slice "abcdef" 1 3 }}|{{ html "<a>" }}|{{ urlquery "a b" }}|{{ print 1 2 "a" 3 "b" "c" }}|{{ println "x" }}"#,
            "j|3|bc|&lt;a&gt;|a+b|1 2a3bc|x\n"
        ),
        (
            #"{{ define "x" }}[{{ .arg0 }} {{ .arg1 }}]{{ end }}{{ template "x" (args 1 "b") }}{{ block "y" . }}{{ .Value }}{{ end }}"#,
            "[1 b]1e+06"
        ),
        (
            #"{{ with $x := 0 }}a{{ else }}b{{ end }}{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}{{ range $i, $e := query "x" }}{{ $i }}{{ $e.Labels.job }}{{ $e | value }}{{ end }}"#,
            "b__name__=x;instance=i;job=j;0j1e+06"
        ),
        (
            #"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }} {{- " a " -}}  b {{/* c */}}{{ and 1 0 }}{{ or 0 "z" }}{{ not 1 }}{{ eq 1 2 1 }}{{ lt 1 2 }}"#,
            "2 a b 0zfalsetruetrue"
        ),
        ("{{ . }}", "{map[__name__:x instance:i job:j] map[] http://m.example/p 1e+06}"),
        (
            #"{{ query "x" | sortByLabel "job" | first | label "job" }} {{ (query "x" | first).Value }} {{ $externalLabels.a }}"#,
            "j 1e+06 "
        ),
        (
            #"{{ 1.5 }} {{ 1e3 }} {{ 0x10 }} {{ true }} {{ "s" }} {{ `raw` }} {{ 'a' }} {{ 1000000.0 }}"#,
            "1.5 1000 16 true s raw 97 1e+06"
        ),
        (
            #"{{ (toTime 1435065584.128).Format "2006-01-02T15:04:05Z07:00" }} {{ (toTime 3.0).Unix }}"#,
            "2015-06-23T13:19:44Z 3"
        ),
        (
            #"{{ printf "%6.2f%%|%v|%v|%T|%U|%c|%o|%b|%X|%#x|% d|%e" 12.3456 $labels true 1 65 65 8 5 255 255 5 1.5 }}"#,
            " 12.35%|map[__name__:x instance:i job:j]|true|int|U+0041|A|10|101|FF|0xff| 5|1.500000e+00"
        ),
        (#"{{ with query "x" }}{{ . | first | value }}{{ else }}none{{ end }}"#, "1e+06"),
        (
            #"{{ printf "%.3f" "a" }} {{ printf "%d" 1.5 }} {{ printf "%s" true }} {{ printf "%z" 1 }} {{ printf "%" }} {{ printf "%[2]d %[1]d" 1 2 }} {{ printf "%*d" 5 3 }}"#,
            "%!f(string=a) %!d(float64=1.5) %!s(bool=true) %!z(int=1) %!(NOVERB) 2 1     3"
        ),
        (
            #"{{ if eq $labels.job "k" }}k{{ else if eq $labels.job "j" }}j{{ else }}-{{ end }}"#,
            "j"
        ),
        (#"{{ range query "none" }}x{{ else }}empty{{ end }}"#, "empty"),
        (
            "{{ range $i, $e := query \"x\" }}{{ if $i }}, {{ end }}{{ $e.Value }}{{ break }}{{ end }}",
            "1e+06"
        ),
        (
            #"{{ parseDuration "1h30m" }} {{ pathPrefix }} {{ externalURL }} {{ tableLink "a b" }}"#,
            "5400 /p http://m.example/p /graph?g0.expr=a+b&g0.tab=1"
        ),
        (#"{{ toDuration 5400.0 }} {{ (toDuration 90.0).Minutes }}"#, "1h30m0s 1.5"),
        ("no {{/* a comment */ -}}   \n action", "no action"),
        (
            #"{{ "x" | printf "%s-%s" "y" }} {{ ge 2.5 2.5 }} {{ ne "a" "b" }} {{ toUpper "é" }}"#,
            "y-x true true É"
        ),
        (
            #"{{ reReplaceAll "(?P<first>.)(.)" "${2}${first}" "abcd" }}{{ stripDomain "10.0.0.1:80" }}{{ stripPort "[::1]:9" }}"#,
            "badc10.0.0.1:80::1"
        ),
    ]

    @Test(arguments: cases) func `expand as promtool does`(_ template: String, _ expected: String)
        throws
    {
        #expect(try expand(template) == expected)
    }

    static let numbers: [(Double, String)] = [
        (0, "0|0|0s|0%"), (1, "1|1|1s|100%"),
        (123_456_789, "123.5M|117.7Mi|1428d 21h 33m 9s|1.235e+10%"),
        (.infinity, "+Inf|+Inf|+Inf|+Inf%"), (999.96, "1000|1000|16m 39s|1e+05%"),
        (1023.99, "1.024k|1024|17m 3s|1.024e+05%"), (59.9999, "60|60|60s|6000%"),
        (100_000, "100k|97.66ki|1d 3h 46m 40s|1e+07%"), (0.5, "500m|0.5|500ms|50%"),
        (-0.0000005, "-500n|-5e-07|-500ns|-5e-05%"), (.nan, "NaN|NaN|NaN|NaN%"),
    ]

    @Test(arguments: numbers) func `humanise as promtool does`(_ value: Double, _ expected: String)
        throws
    {
        let text =
            "{{ humanize $value }}|{{ humanize1024 $value }}|{{ humanizeDuration $value }}|{{ humanizePercentage $value }}"
        #expect(try expand(text, value: value) == expected)
    }

    static let failures: [(String, String)] = [
        ("{{ gt $value 5 }}", "error calling gt: incompatible types for comparison"),
        ("{{ .Foo }}", "can't evaluate field Foo in type struct"),
        (
            #"{{ humanize "abc" }}"#,
            #"error calling humanize: strconv.ParseFloat: parsing "abc": invalid syntax"#
        ),
        (
            #"{{ first (query "nope") }}"#,
            "error calling first: first() called on vector with no elements"
        ),
        (#"{{ template "nope" . }}"#, #"template "nope" not defined"#),
        (#"{{ index (query "x") 9 }}"#, "error calling index: index out of range: 9"),
        (#"{{ index $labels 3 }}"#, "error calling index: value has type int; should be string"),
        (
            #"{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}"#,
            "exceeded maximum template depth"
        ),
        ("{{ range 999999 }}{{ range 999999 }}x{{ end }}{{ end }}", "limit"),
    ]

    @Test(arguments: failures) func `say what failed`(_ template: String, _ reason: String) {
        let error = #expect(throws: TemplateError.self) { try expand(template) }
        #expect(error?.reason.contains(reason) == true, "\(error.map(\.description) ?? "")")
        #expect(error?.executing != nil)
    }

    static let broken: [(String, Int, Int, String)] = [
        ("{{ $label.foo }}", 1, 4, #"undefined variable "$label""#),
        ("{{ nope }}", 1, 4, #"function "nope" not defined"#),
        ("a\nb {{ if }}x{{ end }}", 2, 9, "missing value"),
        ("{{ if true }}x", 1, 7, "unexpected EOF"),
        ("{{ end }}", 1, 10, "unexpected {{end}}"),
        ("{{ \"abc }}", 1, 4, "unterminated quoted string"),
        ("{{ 1 ", 1, 1, "unclosed action"),
        ("{{ break }}", 1, 4, "outside {{range}}"),
        ("{{ (1 }}", 1, 7, "unexpected"),
        ("{{ /* x }}", 1, 4, "unclosed comment"),
        ("{{ nil }}", 1, 4, "nil is not a command"),
    ]

    @Test(arguments: broken) func `refuse what does not parse, with its place`(
        _ template: String, _ line: Int, _ column: Int, _ reason: String
    ) {
        let error = #expect(throws: TemplateError.self) {
            try Template(template, name: "t", variables: AlertTemplate.variables)
        }
        #expect(error?.reason.contains(reason) == true, "\(error.map(\.description) ?? "")")
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func `survive any text`() {
        var random = SystemRandomNumberGenerator()
        let seed = random.next()
        var generator = SplitMix(seed: seed)
        let pieces = [
            "{{", "}}", "{{-", " -}}", "if ", "end", "range", "$x", ":=", "|", "(", ")", ".A",
            "\"a\"",
            "`", "printf", " ", "1.5", "else", "define", "with", "template", "/*", "*/", "\n", "é",
            "nil",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1..<14, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            _ = try? expand(text)
        }
        #expect(Bool(true), "seed \(seed)")
    }

    @Test func `a failing template leaves its error in the text`() throws {
        let template = try Template(
            "{{ .Nope }}", name: "__alert_A", variables: AlertTemplate.variables)
        let data = AlertTemplate(
            labels: .empty, value: 1, externalLabels: .empty, world: TemplateWorld(now: 0))
        let text = data.expand(RuleText(name: "s", source: "{{ .Nope }}", template: template))
        #expect(text.hasPrefix("<error expanding template: error executing template __alert_A: "))
    }
}

/// A small seeded generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
