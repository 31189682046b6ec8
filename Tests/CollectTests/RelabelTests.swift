// Every action of relabelling, its validation, and a fuzz that must not crash.

import Basics
import Bytes
import Testing

@testable import Collect

@Suite struct RelabelTests {
    private let labels: Labels = [
        "__name__": "up", "a": "Foo", "b": "bar", "c": "bar", "__meta_x": "1",
    ]

    private func relabelled(_ yaml: String) throws -> Labels? {
        let (rules, problems) = try read(yaml)
        #expect(problems == [])
        return try relabel(labels, rules)
    }

    private func read(_ yaml: String) throws -> ([RelabelRule], [String]) {
        let problems = Problems(file: "f")
        let root = try YAML.parse("rules:\n" + yaml)
        let rules = RelabelRule.read(Section(root, path: "", problems: problems), "rules")
        return (rules, problems.all.map(\.text))
    }

    @Test func `replace fills groups, deletes on an empty result and skips without a match`() throws
    {
        #expect(
            try relabelled(
                "- {source_labels: [a, b], regex: '(.)oo;(b.*)', target_label: '${1}_x', replacement: '$2-$1-$$'}"
            )?["F_x"]
                == "bar-F-$")
        #expect(
            try relabelled("- {source_labels: [a], target_label: b, replacement: ''}")?["b"] == nil)
        #expect(try relabelled("- {source_labels: [a], regex: no, target_label: b}")?["b"] == "bar")
        #expect(try relabelled("- {target_label: d, replacement: fixed}")?["d"] == "fixed")
        #expect(
            try relabelled(
                "- {source_labels: [a], regex: '(?P<first>.).*', target_label: d, replacement: '${first}1'}"
            )?["d"] == "F1")
        #expect(
            try relabelled("- {source_labels: [a, b], separator: '', target_label: d}")?["d"]
                == "Foobar")
    }

    @Test func `keep, drop and their equal forms decide`() throws {
        #expect(try relabelled("- {action: keep, source_labels: [a], regex: F.*}") != nil)
        #expect(try relabelled("- {action: keep, source_labels: [a], regex: F}") == nil)
        #expect(try relabelled("- {action: drop, source_labels: [a], regex: Foo}") == nil)
        #expect(try relabelled("- {action: keepequal, source_labels: [b], target_label: c}") != nil)
        #expect(try relabelled("- {action: keepequal, source_labels: [a], target_label: c}") == nil)
        #expect(try relabelled("- {action: dropequal, source_labels: [b], target_label: c}") == nil)
    }

    @Test func `hashmod agrees with Prometheus`() throws {
        // The value that Prometheus computes for "baz" modulo 1000.
        let rule = try RelabelRule(.hashmod, sourceLabels: ["c"], modulus: 1000, targetLabel: "d")
        #expect(try relabel(["c": "baz"], [rule])?["d"] == "976")
        #expect(
            md5(Array("abc".utf8)).map { String($0, radix: 16) }.joined()
                == "90150983cd24fb0d6963f7d28e17f72")
        #expect(md5([UInt8](repeating: 0x61, count: 119)).count == 16)
    }

    @Test func `names are mapped, dropped and kept by expression, values change case`() throws {
        #expect(
            try relabelled("- {action: labelmap, regex: __meta_(.*), replacement: m_$1}")?["m_x"]
                == "1")
        #expect(try relabelled("- {action: labeldrop, regex: __meta_.*}")?["__meta_x"] == nil)
        #expect(
            try relabelled("- {action: labelkeep, regex: a|__name__}") == [
                "__name__": "up", "a": "Foo",
            ])
        #expect(
            try relabelled("- {action: lowercase, source_labels: [a], target_label: a}")?["a"]
                == "foo")
        #expect(
            try relabelled("- {action: uppercase, source_labels: [a], target_label: d}")?["d"]
                == "FOO")
    }

    @Test(arguments: [
        ("- {action: hashmod, source_labels: [a], target_label: b}", "modulus above 0"),
        ("- {action: replace}", "requires a target_label"),
        ("- {action: nonsense}", "unknown relabel action nonsense"),
        ("- {action: labeldrop, regex: a, source_labels: [b]}", "requires only 'regex'"),
        (
            "- {action: keepequal, source_labels: [a], target_label: b, regex: x}",
            "requires only 'source_labels'"
        ),
        ("- {action: lowercase, target_label: a, replacement: x}", "takes no replacement"),
        ("- {action: keep, source_labels: [a], regex: '('}", "regular expression"),
        ("- {action: keep, source_label: [a]}", "did you mean rules[0].source_labels"),
    ])
    func `a faulty rule is refused with the reason`(_ yaml: String, _ reason: String) throws {
        let (_, problems) = try read(yaml)
        let wanted = reason.hasPrefix("did you mean") ? "did you mean source_labels" : reason
        #expect(problems.contains { $0.contains(wanted) }, "\(problems)")
    }

    @Test func `random rules on random labels never crash`() throws {
        let seed: UInt64 = 2024
        var random = Seeded(state: seed)
        let texts = [
            "a", "b", "", "$1", "${1}", "$", "${", "x$1y", "é", "__name__", "$$", "${name}",
        ]
        let patterns = ["(.*)", "a|b", "(a)(b)?", "", "[ab]+", "(?i)A", ".*\\d"]
        for _ in 0..<5000 {
            func text() -> String { texts.randomElement(using: &random) ?? "" }
            let rule = try RelabelRule(
                RelabelRule.Action.allCases.randomElement(using: &random) ?? .keep,
                sourceLabels: [text(), text()], separator: text(),
                regex: patterns.randomElement(using: &random) ?? "", modulus: 3,
                targetLabel: text(), replacement: text())
            let labels = Labels([(text(), text()), (text(), "v")].filter { !$0.0.isEmpty })
            if let result = try relabel(labels, [rule, rule]) {
                #expect(Labels.isWellFormed(result.bytes), "seed \(seed)")
            }
        }
    }
}
