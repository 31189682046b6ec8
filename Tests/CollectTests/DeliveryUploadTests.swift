import Basics
import Bytes
import Collect
import Foundation
import Testing

private func upload(
    _ kind: UploadKind, _ bytes: [UInt8], change: (inout UploadContext) -> Void = { _ in }
) throws -> NormalisedDelivery {
    var context = UploadContext(time: 1_700_000_000_000)
    change(&context)
    return try readUpload(kind, bytes, context: context, people: PeopleBook(salt: testSalt))
}

private func upload(_ kind: UploadKind, _ text: String) throws -> NormalisedDelivery {
    try upload(kind, Array(text.utf8))
}

private func reason(_ kind: UploadKind, _ text: String) -> String {
    do {
        return "taken: \(try upload(kind, text).events.count)"
    } catch let error as DeliveryError {
        return error.reason
    } catch {
        return "\(error)"
    }
}

@Suite struct DeliveryUploadTests {
    @Test(.enabled(if: payloads != nil, "the payloads are not here"))
    func `every report is read or refused with a reason`() throws {
        let folders: [(String, UploadKind, Set<String>)] = [
            ("junit", .junit, ["junitResult.xml", "testXxe-xxe.xml"]),
            (
                "coverage", .coverage,
                ["cobertura.empty.xml", "jacoco.empty.xml", "lcov.empty.xml"]
            ),
            ("jmeter", .jtl, ["test_results_stats.csv"]),
        ]
        for (folder, kind, expected) in folders {
            var refused = Set<String>()
            for file in try payloadFiles(folder) {
                let bytes = try payload("\(folder)/\(file)")
                do {
                    let result = try upload(kind, bytes)
                    #expect(result.events.count + result.ignored.count > 0, "\(file)")
                    #expect(Set(result.events.map(\.id)).count == result.events.count)
                    #expect(try upload(kind, bytes) == result)
                } catch let error as DeliveryError {
                    #expect(!error.detail.isEmpty)
                    refused.insert(file)
                }
            }
            #expect(refused == expected, "\(folder)")
        }
    }

    @Test func `a JUnit suite is counted by its cases, not by its attributes`() throws {
        let result = try upload(
            .junit,
            """
            <testsuites tests="99"><testsuite name="outer" time="-1">
            <testsuite name="inner" tests="7" timestamp="2021-03-07T10:36:56 UTC">
            <testcase name="a" time="1,234.5"/><testcase name="b"><failure/><error/></testcase>
            <testcase name="c"><skipped/></testcase><testcase name="d"><flakyFailure/></testcase>
            </testsuite></testsuite></testsuites>
            """)
        let event = try #require(result.events.first)
        #expect(result.events.count == 1)
        #expect(event["suite"] == .text("inner"))
        #expect(event["passed"] == .number(2) && event["errors"] == .number(1))
        #expect(event["failed"] == .number(0) && event["skipped"] == .number(1))
        #expect(event["flaky"] == .number(1))
        #expect(event["durationMillis"] == .number(1_234_500))
        #expect(event.time == parseRFC3339("2021-03-07T10:36:56Z"))
    }

    @Test func `XML bombs, external entities and bent documents are refused`() {
        let bomb = """
            <!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuite>&b;</testsuite>
            """
        #expect(reason(.junit, bomb) == "xml_declarations")
        #expect(
            reason(.junit, "<!DOCTYPE r [<!ENTITY % sp SYSTEM \"file:///etc/passwd\">]><r/>")
                == "xml_declarations")
        let deep = String(repeating: "<testsuite>", count: 100_000)
        #expect(reason(.junit, deep) == "bad_xml")
        #expect(reason(.junit, "<testsuite name=\"&lol;\"/>") == "bad_xml")
        #expect(reason(.junit, "<testsuite><testcase></testsuite>") == "bad_xml")
        #expect(reason(.junit, "<testsuite") == "bad_xml")
        #expect(reason(.junit, "<testsuite/><testsuite/>") == "bad_xml")
        #expect(reason(.junit, "") == "empty")
        #expect(reason(.junit, "<html/>") == "not_junit")
    }

    @Test func `a document type that names a file is passed over and not fetched`() throws {
        let result = try upload(
            .coverage,
            """
            <?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://127.0.0.1:1/coverage-04.dtd">
            <coverage line-rate="0.99"><packages><package><classes><class filename="a.c"><lines>
            <line number="1" hits="99999999999999999999"/><line number="2" hits="0" branch="true"
            condition-coverage="50% (1/2)"/></lines></class><class filename="a.c"><lines>
            <line number="2" hits="3"/><line number="3" hits="0"/></lines></class></classes></package>
            </packages></coverage>
            """)
        let event = try #require(result.events.first)
        #expect(event["linesCovered"] == .number(2))
        #expect(event["linesValid"] == .number(3))
        #expect(event["branchesCovered"] == .number(1) && event["branchesValid"] == .number(2))
    }

    @Test func `LCOV without LF and LH, with a file twice, is counted by its lines`() throws {
        let event = try #require(
            try upload(
                .coverage,
                """
                TN:
                SF:src/a.ts
                DA:1,0
                DA:2,5000000000
                BRDA:2,0,0,-
                BRDA:2,0,1,4
                end_of_record
                SF:src/a.ts
                DA:1,3
                end_of_record
                """
            ).events.first)
        #expect(event["linesCovered"] == .number(2) && event["linesValid"] == .number(2))
        #expect(event["branchesCovered"] == .number(1) && event["branchesValid"] == .number(2))
    }

    @Test func `a JTL has percentiles by label, with and without a header`() throws {
        let rows = (1...100).map {
            "17000000000\($0 < 10 ? "0" : "")\($0 % 100),\($0),A,200,OK,t,text,true"
        }
        let plain = try upload(.jtl, rows.joined(separator: "\n"))
        let header =
            "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success"
        let headed = try upload(.jtl, ([header] + rows).joined(separator: "\r\n"))
        for result in [plain, headed] {
            let event = try #require(result.events.first)
            #expect(event["samples"] == .number(100) && event["errorShare"] == .number(0))
            #expect(event["p50Millis"] == .number(50) && event["p95Millis"] == .number(95))
            #expect(event["p99Millis"] == .number(99))
        }
    }

    @Test func `quoted line breaks and transaction controllers of a JTL`() throws {
        let result = try upload(
            .jtl,
            """
            timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success
            1700000000000,10,GET,500,"two
            lines, ""quoted\""",t,text,false
            1700000000000,10,T,200,"Number of samples in transaction : 1, number of failing samples : 1",t,,false
            """)
        #expect(result.events.map { $0["label"]?.text } == ["GET", "T"])
        #expect(result.events[0]["errorShare"] == .number(1))
        #expect(result.events[1]["isTransaction"] == .bool(true))
    }

    @Test func `a training log is read in both shapes`() throws {
        let result = try upload(
            .training,
            """
            {"epoch":1,"step":10,"loss":0.5,"val_loss":0.6,"time":1700000000}
            {"epoch":2,"metric":"accuracy","split":"validation","value":0.9}
            not json
            {"epoch":3,"loss":"nan"}
            """)
        #expect(result.events.count == 3 && result.faults.count == 1)
        #expect(
            result.events[0]["metric"] == .text("loss")
                && result.events[0]["split"] == .text("train"))
        #expect(result.events[1]["split"] == .text("validation"))
        #expect(result.events[2]["value"] == .number(0.9))
    }

    @Test func `lines of events keep their ids and lose their names`() throws {
        let result = try upload(
            .events,
            """
            {"id":"x","kind":"workItem","time":"2024-01-01T00:00:00Z","actor":"ann@example.org","team":"red",
             "fields":{"assignee":"Ann Lee","item":"X-1"}}
            """.replacing("\n", with: ""))
        let event = try #require(result.events.first)
        #expect(event.id == "x" && event.source == "upload" && event.team == "red")
        #expect(!event.actor.contains("@") && !event.actor.isEmpty)
        #expect(event["assignee"]?.text?.contains("Ann") == false)
        // What was exported comes back with the same pseudonyms.
        let again = try upload(.events, event.json.encoded)
        #expect(again.events == result.events)
    }

    @Test func `the same report for another commit is another event`() throws {
        let bytes = Array("<testsuite><testcase/></testsuite>".utf8)
        let first = try upload(.junit, bytes) { $0.sha = "a" }.events
        let second = try upload(.junit, bytes) { $0.sha = "b" }.events
        #expect(first.first?.id != second.first?.id)
        #expect(first.first?["sha"] == .text("a"))
    }
}
