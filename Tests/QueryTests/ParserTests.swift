// Reading and printing: what is printed parses to the same tree, and no text does harm.

import Basics
import Query
import Testing

@Suite struct ParserTests {
    private func expectRoundTrip(_ query: String, sourceLocation: SourceLocation = #_sourceLocation)
    {
        guard let tree = try? parseExpression(query, options: everything) else { return }
        for text in [tree.description, tree.formatted] {
            do {
                let again = try parseExpression(text, options: everything)
                #expect(
                    again.unplaced == tree.unplaced, "\(query) became \(text)",
                    sourceLocation: sourceLocation)
            } catch {
                Issue.record(
                    "\(query) became \(text), which does not parse: \(error.text(in: text))",
                    sourceLocation: sourceLocation)
            }
        }
    }

    @Test(arguments: [
        ("sum(rate(x_total{a=\"b\"}[5m])) by (c)", "sum by (c) (rate(x_total{a=\"b\"}[5m]))"),
        ("SUM without()(x)", "sum without () (x)"),
        ("topk by(a)(3,x)", "topk by (a) (3, x)"),
        ("a+on(b,c)group_left(d)e", "a + on (b, c) group_left (d) e"),
        ("a and ignoring(b) c", "a and ignoring (b) c"),
        ("a>bool 1", "a > bool 1"),
        ("a + on() b", "a + on () b"),
        ("- -1", "1"),
        ("-a^2", "-a ^ 2"),
        ("(-1)^2", "(-1) ^ 2"),
        ("0x10", "16"),
        ("1h30m", "1h30m"),
        ("{\"my.metric\",\"a.b\"=\"c\"}", "{\"my.metric\",\"a.b\"=\"c\"}"),
        ("{__name__=\"up\",a=~'x'}", "{\"up\",a=~\"x\"}"),
        ("foo[300] offset -90 @ 1.5", "foo[5m] @ 1.500 offset -1m30s"),
        ("foo[1h:] @ end()", "foo[1h:] @ end()"),
        ("foo[1h:60]", "foo[1h:1m]"),
        ("foo[2m*(10+5)]", "foo[30m]"),
        ("label_join(a,\"b\",'\\'',`\\`)", "label_join(a, \"b\", \"'\", \"\\\\\")"),
        ("count_values(\"\\xc5\", a)", "count_values(\"\\xc5\", a)"),
        ("by + sum{a=\"b\"} + offset + start", "by + sum{a=\"b\"} + offset + start"),
        ("sum by (by, \"a-b\", on) (x)", "sum by (by, \"a-b\", on) (x)"),
    ])
    func `queries are printed as Prometheus prints them`(_ query: String, _ printed: String) throws
    {
        let tree = try parseExpression(query, options: everything)
        #expect(tree.description == printed)
        expectRoundTrip(query)
    }

    @Test func `long queries are printed over several lines`() throws {
        let query =
            "sum by (job) (rate(http_requests_total{code=~\"5..\",job=\"api-server\"}[5m])) / sum by (job)"
            + " (rate(http_requests_total{job=\"api-server\"}[5m])) > 0.05"
        let tree = try parseExpression(query)
        #expect(
            tree.formatted == """
                    sum by (job) (rate(http_requests_total{code=~"5..",job="api-server"}[5m]))
                  /
                    sum by (job) (rate(http_requests_total{job="api-server"}[5m]))
                >
                  0.05
                """)
        expectRoundTrip(query)
    }

    @Test func `a node knows the bytes it came from`() throws {
        let query = "  sum by (a) (rate(x[5m] offset 1m)) + 1"
        let tree = try parseExpression(query)
        #expect(tree.span == Span(from: 2, end: 40))
        guard case .binary(let node) = tree, case .aggregation(let sum) = node.left,
            case .call(let rate) = sum.expression
        else { throw QueryError.execution("another tree") }
        #expect(sum.span == Span(from: 2, end: 36))
        #expect(rate.span == Span(from: 14, end: 35))
        #expect(rate.arguments[0].span == Span(from: 19, end: 34))
    }

    @Test func `a fault carries its bytes and its text`() {
        let query = "up +\n  sum(1)"
        do throws(QueryError) {
            _ = try parseExpression(query)
            Issue.record("it parsed")
        } catch {
            #expect(
                error
                    == .parse(
                        reason:
                            "expected type instant vector in aggregation expression, got scalar",
                        from: 11, through: 12))
            #expect(error.text(in: query).hasPrefix("2:7: parse error: expected type"))
        }
    }

    @Test func `all selectors are found`() throws {
        let tree = try parseExpression(
            "a{b=\"c\"} + rate({__name__=~\"d.*\"}[5m]) + max_over_time(e[1h:])")
        #expect(
            tree.selectors == [
                [Matcher("b", equals: "c"), Matcher("__name__", equals: "a")],
                [try Matcher("__name__", .matches, "d.*")],
                [Matcher("__name__", equals: "e")],
            ])
        #expect(tree.valueType == .vector)
        #expect(try parseExpression("a[5m]").valueType == .matrix)
        #expect(try parseExpression("1 + time()").valueType == .scalar)
        #expect(try parseExpression("\"x\"").valueType == .string)
    }

    @Test func `what is experimental is off unless it is asked for`() throws {
        for query in [
            "mad_over_time(a[5m])", "limitk(1, a)", "info(a)", "a[5m+1m]", "a offset (5m)",
        ] {
            #expect(throws: QueryError.self, "\(query)") { try parseExpression(query) }
            #expect(throws: Never.self, "\(query)") {
                try parseExpression(query, options: everything)
            }
        }
        // Everything else is on.
        for function in Function.allCases where !function.isExperimental {
            #expect(function.rawValue.utf8.count > 1)
        }
        #expect(Function.allCases.filter { !$0.isExperimental }.count == 73)
    }

    @Test func `match selectors parse like queries`() throws {
        #expect(try parseSelector("up{a!=\"b\"}").count == 2)
        for text in ["", "up[5m]", "{}", "1", "up + up", "up{"] {
            #expect(throws: QueryError.self, "\(text)") { try parseSelector(text) }
        }
    }

    @Test func `nesting has a limit`() {
        let deep = [
            String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000),
            String(repeating: "-", count: 100_000) + "a",
            Array(repeating: "1", count: 100_000).joined(separator: "+"),
            Array(repeating: "1", count: 100_000).joined(separator: "^"),
            "a" + String(repeating: "[5m:]", count: 100_000),
            String(repeating: "abs(", count: 100_000) + "a"
                + String(repeating: ")", count: 100_000),
            // Chains in brackets, each short, that make a high tree together.
            String(repeating: "(", count: 200) + "1"
                + String(repeating: String(repeating: "+1", count: 200) + ")", count: 200),
            "a[" + String(repeating: "(", count: 100_000) + "1"
                + String(repeating: ")", count: 100_000)
                + "]",
        ]
        for query in deep {
            do throws(QueryError) {
                _ = try parseExpression(query, options: everything)
                Issue.record("it parsed: \(query.prefix(20))")
            } catch {
                #expect(error.text(in: "").contains("levels"), "\(query.prefix(20))")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no text crashes the parser`(_ seed: UInt64) {
        print("seed \(seed)")
        var random = SplitMix(seed: seed)
        let words = [
            "sum", "by", "(", ")", "[", "]", "{", "}", ",", "5m", "1", "0x1f", "1e3", "\"a\"",
            "'b'", "`c`",
            "a", "b:c", "rate", "offset", "@", "start", "end", "+", "-", "*", "/", "^", "%", "==",
            "!=",
            "=~", "!~", "=", "<", ">", "bool", "on", "ignoring", "group_left", "and", "or",
            "unless",
            "atan2", "topk", "count_values", ":", "#x\n", "\n", "NaN", "Inf", "\\", "\"\\x", "é",
            "🪶", ".",
            "label_replace", "time", "vector", "info", "_", "$", "~", "!", ";", "\u{0}", "1h30m",
            "999y",
        ]
        for _ in 0..<4_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...14, using: &random) {
                text += random.pick(words) + (random.chance(60) ? " " : "")
            }
            expectRoundTrip(text)
            // And the same with a byte changed.
            var bytes = Array(text.utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            expectRoundTrip(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `what is generated is printed and parsed to the same tree`(_ seed: UInt64) throws {
        print("seed \(seed)")
        var generator = QueryGenerator(seed: seed)
        for _ in 0..<1_500 {
            let query = generator.query()
            #expect(throws: Never.self, "\(query)") {
                try parseExpression(query, options: everything)
            }
            expectRoundTrip(query)
        }
    }
}
