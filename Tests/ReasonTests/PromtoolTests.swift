// The real promtool beside Martlet, over Prometheus' own examples, file by file: what one accepts the
// other accepts, what one refuses the other refuses. Debian's promtool is 2.42; where Prometheus 3.5
// differs by design Martlet follows 3.5, and a table says why.

import Basics
import Bytes
import Foundation
import Query
import Testing

@testable import Reason

private let promtool = "/usr/bin/promtool"
private let hasPromtool = FileManager.default.isExecutableFile(atPath: promtool)

private let check: ExpressionCheck = { (text) throws(QueryError) in _ = try parseExpression(text) }

private let paths: [String] = ["promtool-rule-tests", "rulefmt"].flatMap { folder in
    dataFiles("promql/\(folder)").map { "\(dataFolder)/promql/\(folder)/\($0.name)" }
}

private func accepts(_ words: [String], _ path: String) throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: promtool)
    process.arguments = words + [path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
}

private func name(_ path: String) -> String { (path as NSString).lastPathComponent }

@Suite(.enabled(if: hasPromtool && !paths.isEmpty, "no promtool or no shared data"))
struct PromtoolAgreement {
    /// Files of which Martlet says otherwise than promtool 2.42, and why.
    static let differencesOfTests = [
        "unittest.yml":
            "native histograms in series, which came after 2.42: they are read and skipped"
    ]
    static let differencesOfRules = [
        "utf-8_lname.good.yaml": "names of labels may be any UTF-8 since Prometheus 3",
        "legacy_validation_annotation.bad.yaml": "and so may names of annotations",
    ]

    @Test(arguments: paths) func `test rules passes and fails as promtool does`(_ path: String)
        throws
    {
        let theirs = try accepts(["test", "rules"], path)
        let ours = RuleTester().run(path)
        let differs = Self.differencesOfTests[name(path)] != nil
        #expect(
            (ours.isGood == theirs) != differs,
            "promtool \(theirs), here \(ours.isGood): \(ours.problems) \(ours.failures)")
    }

    @Test(arguments: paths) func `check rules accepts and refuses as promtool does`(_ path: String)
        throws
    {
        let theirs = try accepts(["check", "rules"], path)
        let read = RuleFile.parse(try readText(path), file: path, check: check)
        let ours = !read.problems.contains { $0.level == .error }
        let differs = Self.differencesOfRules[name(path)] != nil
        #expect((ours == theirs) != differs, "promtool \(theirs), here \(ours): \(read.problems)")
    }

    @Test(arguments: paths.filter { $0.contains("/rulefmt/") })
    func `with the names of before Prometheus 3 there is no difference at all`(_ path: String)
        throws
    {
        let theirs = try accepts(["check", "rules"], path)
        let read = RuleFile.parse(
            try readText(path), file: path, names: .legacy, check: check)
        #expect(!read.problems.contains { $0.level == .error } == theirs, "\(read.problems)")
    }
}
