import Basics
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("a|b|c", "b", true), ("a|b|c", "ab", false), ("node_.*", "node_cpu", true),
        (".*", "two\nlines", true), ("", "", true), ("(?i)abc", "ABC", true), ("a.c", "a\nc", true),
        ("^a$", "a", true), ("é+", "éé", true), ("[[:digit:]]+", "123", true),
        ("\\d+", "12x", false),
    ])
    func `a matcher's pattern matches the whole text`(
        _ source: String, _ text: String, _ expected: Bool
    ) throws {
        #expect(try Pattern(source, anchored: true).matches(text) == expected)
    }

    @Test(arguments: [
        #"(a)\1"#, "(?=a)", "(?!a)", "(?<=a)b", "(?>a)", "a++", "a*+", "a{1,2}+", "(?R)", "(*UTF)",
        "a\\",
        "(", "[", "*",
    ])
    func `what RE2 refuses is refused with a reason`(_ source: String) {
        #expect(throws: PatternError.self) { try Pattern(source, anchored: true) }
    }

    @Test func `a match that explodes is an error and not a non-match`() throws {
        let pattern = try Pattern("(a+a+)+[yz]", anchored: true)
        let text = String(repeating: "a", count: 64)
        #expect(throws: PatternError.self) { try pattern.matches(text) }
    }

    @Test func `groups are found with their places`() throws {
        let pattern = try Pattern("(?P<key>[a-z]+)=(x)?", anchored: false)
        let bytes = Array("-- ab= ".utf8)
        let found = try bytes.withUnsafeBytes { raw throws(PatternError) in
            try pattern.firstMatch(in: raw)
        }
        #expect(found == [3..<6, 3..<5, nil])
        #expect(pattern.groupNames == ["key": 1])
    }
}
