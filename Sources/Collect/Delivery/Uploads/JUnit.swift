// JUnit XML: one event a suite that has tests of its own. What is counted is the cases, because the
// attributes of a suite disagree with them in many a real report. Suites may be nested, be there
// twice, or fail without a case.

internal import Basics

extension Upload {
    fileprivate struct Suite {
        var name: String
        var time: Millis?
        var cases = 0
        var failed = 0
        var errors = 0
        var skipped = 0
        var flaky = 0
        var durationMillis = 0.0
        var declaredMillis: Double?
    }

    fileprivate struct Case {
        var failed = false
        var error = false
        var skipped = false
        var flaky = false
    }

    mutating func junit() throws(DeliveryError) {
        var reader = try XMLReader(bytes)
        var suites: [Suite] = []
        var test: Case?
        var count = 0
        while let token = try reader.next() {
            switch token {
            case .start(let name, let attributes, let depth):
                if depth == 1 && name != "testsuites" && name != "testsuite" {
                    throw DeliveryError(
                        "not_junit", "the root is <\(name.prefix(40))>, not testsuite or testsuites"
                    )
                }
                switch name {
                case "testsuite":
                    suites.append(
                        Suite(
                            name: attributes["name"] ?? "",
                            time: attributes["timestamp"].flatMap(parseStamp),
                            declaredMillis: junitMillis(attributes["time"])))
                case "testcase":
                    test = Case()
                    if !suites.isEmpty {
                        suites[suites.count - 1].durationMillis +=
                            junitMillis(attributes["time"]) ?? 0
                    }
                case "failure", "error":
                    if test != nil {
                        if name == "failure" { test?.failed = true } else { test?.error = true }
                    } else if !suites.isEmpty {
                        // The suite itself failed, before a case ran.
                        suites[suites.count - 1].cases += 1
                        suites[suites.count - 1].errors += 1
                    }
                case "skipped", "ignored": test?.skipped = true
                case "flakyFailure", "flakyError": test?.flaky = true
                default: break
                }
            case .end(let name, _):
                if name == "testcase", let ended = test, !suites.isEmpty {
                    suites[suites.count - 1].take(ended)
                    test = nil
                } else if name == "testsuite", let suite = suites.popLast() {
                    put(suite, count)
                    count += 1
                }
            case .text: break
            }
        }
        if result.events.isEmpty { ignore("junit.without_tests") }
    }

    private mutating func put(_ suite: Suite, _ index: Int) {
        guard suite.cases > 0 else { return }
        let passed = suite.cases - suite.failed - suite.errors - suite.skipped
        let millis = suite.durationMillis > 0 ? suite.durationMillis : suite.declaredMillis
        add(
            .testRun, "tests/\(index)", at: suite.time,
            [
                "suite": .text(String(suite.name.prefix(200))), "passed": .number(Double(passed)),
                "failed": .number(Double(suite.failed)), "errors": .number(Double(suite.errors)),
                "skipped": .number(Double(suite.skipped)), "flaky": .number(Double(suite.flaky)),
                "durationMillis": .maybe(millis),
            ])
    }
}

extension Upload.Suite {
    /// One case counts once: an error before a failure before a skip.
    fileprivate mutating func take(_ test: Upload.Case) {
        cases += 1
        if test.error {
            errors += 1
        } else if test.failed {
            failed += 1
        } else if test.skipped {
            skipped += 1
        } else if test.flaky {
            flaky += 1
        }
    }
}

/// Seconds as reports write them: `1.5`, `1,234.5`, `0,5`; negative ones are a clock that was set.
func junitMillis(_ text: String?) -> Double? {
    guard var text, !text.isEmpty else { return nil }
    if text.contains(",") {
        let isDecimal =
            !text.contains(".")
            && (text.hasPrefix("0,")
                || text.count { $0 == "," } == 1
                    && text.split(separator: ",").last?.count != 3)
        text = text.replacing(",", with: isDecimal ? "." : "")
    }
    guard let seconds = Double(text), seconds.isFinite, seconds >= 0 else { return nil }
    return (seconds * 1000).rounded()
}
