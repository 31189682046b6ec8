// `martlet check`: what is wrong with a file, before it is used. Exit status 1 when something is.

import ArgumentParser
import Basics
import Bytes
import Collect
import Foundation
import Query
import Reason

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration, rules, routing or an exposition.",
        subcommands: [CheckConfig.self, CheckRules.self, CheckNotify.self, CheckMetrics.self])
}

struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check a configuration file; --print shows what is in force.",
        discussion: """
            martlet check config                  the file that `martlet run` would read
            martlet check config martlet.yml --print
            """)

    @Argument(help: "The file; without it ./martlet.yml, then /etc/martlet/martlet.yml.")
    var file: String?
    @Flag(name: .customLong("print"), help: "Print the configuration in force, secrets left out.")
    var prints = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        do {
            let configuration = try Configuration.load(file)
            for warning in configuration.warnings { remark("\(warning)") }
            if prints {
                print(configuration.text)
            } else if json {
                print("{\"status\":\"ok\",\"warnings\":\(configuration.warnings.count)}")
            } else {
                let subject = configuration.file ?? "no file: the built-in defaults"
                print("ok  \(subject)  \(configuration.warnings.count) warnings")
                print(configuration.archiveSizeText)
            }
        } catch let error as ConfigurationError {
            for problem in error.problems { remark("\(problem)") }
            let errors = error.problems.filter { $0.level == .error }.count
            throw failure(
                "\(errors) errors; nothing of this file is used until they are gone", status: 1)
        } catch let error as StartError {
            throw failure(error.description)
        }
    }
}

struct CheckRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Check rule files in Prometheus' format.",
        discussion: """
            martlet check rules alerts/*.yml
            martlet check rules --name-validation legacy rules.yml
            """)

    @Argument(help: "The files.") var files: [String]
    @Option(help: "The letters of names: utf8, or legacy as before Prometheus 3.")
    var nameValidation = "utf8"
    @Flag(help: "Doubled rules are errors too.") var lintFatal = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard let names = NameValidation(rawValue: nameValidation) else {
            throw failure("--name-validation is utf8 or legacy")
        }
        var problems: [Problem] = []
        var lines: [String] = []
        for file in files {
            guard let text = try? readText(file) else { throw failure("cannot read \(file)") }
            let (groups, found) = RuleFile.parse(
                text, file: file, names: names, check: checkExpression)
            problems += found
            let rules = groups.reduce(0) { $0 + $1.rules.count }
            if !found.contains(where: { $0.level == .error }) {
                lines.append("ok  \(file)  \(groups.count) groups, \(rules) rules")
            }
        }
        if json {
            print(problemsJSON(problems))
        } else {
            for line in lines { print(line) }
            for problem in problems { remark("\(problem)") }
        }
        if problems.contains(where: { $0.level == .error }) { throw ExitCode(1) }
        if lintFatal && !problems.isEmpty { throw ExitCode(1) }
    }
}

struct CheckMetrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Check an exposition on standard input.",
        discussion: """
            curl -s http://127.0.0.1:8080/metrics | martlet check metrics
            curl -s -H 'Accept: application/openmetrics-text' … | martlet check metrics --openmetrics
            """)

    @Flag(name: .customLong("openmetrics"), help: "Hold it against OpenMetrics 1.0.")
    var isOpenMetrics = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
        if bytes.isEmpty { throw failure("nothing came on standard input") }
        let endsLikeOpenMetrics = bytes.suffix(6).elementsEqual("# EOF\n".utf8)
        let format: ExpositionFormat = isOpenMetrics || endsLikeOpenMetrics ? .openMetrics : .text
        let findings = lintExposition(bytes, format: format)
        if json {
            print(
                problemsJSON(
                    findings.map {
                        Problem(
                            $0.level == .error ? .error : .warning, file: "-", line: $0.line,
                            column: 1,
                            text: $0.text)
                    }))
        } else {
            for finding in findings { print(finding.description) }
            if findings.isEmpty { print("ok") }
        }
        if findings.contains(where: { $0.level == .error }) { throw ExitCode(1) }
    }
}

/// Parses an expression as rules have it.
@Sendable func checkExpression(_ text: String) throws(QueryError) {
    _ = try parseExpression(text)
}

/// Problems as a JSON list.
func problemsJSON(_ problems: [Problem]) -> String {
    var writer = JSONWriter()
    writer.beginArray()
    for problem in problems {
        writer.beginObject()
        writer.field("level", problem.level.rawValue)
        writer.field("file", problem.file)
        writer.key("line")
        writer.number(problem.line)
        writer.key("column")
        writer.number(problem.column)
        writer.field("text", problem.text)
        writer.endObject()
    }
    writer.endArray()
    return String(decoding: writer.bytes, as: UTF8.self)
}
