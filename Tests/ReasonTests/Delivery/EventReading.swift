// Reads events, CSV and histories for the tests of delivery and decisions.

import Basics
import Bytes
import Foundation
import Reason

let minute: Millis = 60_000
let hour: Millis = 3_600_000
let day: Millis = 86_400_000

func at(_ text: String) -> Millis { parseRFC3339(text) ?? 0 }

func event(
    _ kind: EventKind, _ id: String, _ time: Millis, team: String = "", repository: String = "",
    service: String = "", actor: String = "", isBot: Bool = false,
    _ fields: [String: EventValue] = [:]
) -> Event {
    Event(
        id: id, source: "test", kind: kind, time: time, team: team, repository: repository,
        service: service, actor: actor, isBot: isBot, fields: fields)
}

private let testFolder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()

func fixture(_ name: String) throws -> [Event] {
    let text = try String(
        contentsOf: testFolder.appending(path: "Fixtures/\(name)"), encoding: .utf8)
    return try text.split(separator: "\n").map { try readEvent(JSON(text: String($0))) }
}

private func readEvent(_ json: JSON) throws -> Event {
    var fields: [String: EventValue] = [:]
    for (key, value) in json["fields"]?.fields ?? [] {
        if let text = value.text { fields[key] = .text(text) }
        if let number = value.double { fields[key] = .number(number) }
        if let flag = value.boolean { fields[key] = .bool(flag) }
    }
    return Event(
        id: json["id"]?.text ?? "", source: json["source"]?.text ?? "",
        kind: EventKind(rawValue: json["kind"]?.text ?? "") ?? .commit,
        time: Millis(json["time"]?.double ?? 0), team: json["team"]?.text ?? "",
        repository: json["repository"]?.text ?? "", service: json["service"]?.text ?? "",
        actor: json["actor"]?.text ?? "", fields: fields)
}

/// The shared data, from `MARTLET_DATA` or beside the package; nil when it is not there.
func sharedData(_ path: String) -> URL? {
    let base =
        ProcessInfo.processInfo.environment["MARTLET_DATA"].map { URL(filePath: $0) }
        ?? testFolder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/data")
    let file = base.appending(path: path)
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
}

/// A real history as events: commits, merges of changes, tags as releases.
func history(_ name: String) throws -> [Event] {
    guard let file = sharedData("histories/\(name).jsonl") else { return [] }
    var events: [Event] = []
    var merged: Set<Int> = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let row = try JSON(text: String(line))
        let sha = row["sha"]?.text ?? ""
        if row["kind"]?.text == "tag" {
            let version = row["name"]?.text ?? ""
            events.append(
                event(
                    .release, "tag-\(version)", Millis(row["time"]?.int ?? 0) * 1000,
                    repository: name, ["version": .text(version), "sha": .text(sha)]))
            continue
        }
        let committed = Millis(row["committed"]?.int ?? 0) * 1000
        var fields: [String: EventValue] = [
            "sha": .text(sha), "parents": .number(Double(row["parents"]?.int ?? 1)),
            "committed": .number(Double(committed)),
            "authored": .number(Double((row["authored"]?.int ?? 0) * 1000)),
        ]
        for key in ["added", "deleted", "files"] {
            if let number = row[key]?.double { fields[key] = .number(number) }
        }
        let isBot = row["bot"]?.boolean ?? false
        let author = row["author"]?.text ?? ""
        if let change = row["change"]?.int {
            // The first commit that names a change is its merge.
            if merged.insert(change).inserted {
                events.append(
                    event(
                        .change, "change-\(change)", committed, repository: name, actor: author,
                        isBot: isBot,
                        [
                            "change": .text(String(change)), "action": .text("merged"),
                            "sha": .text(sha),
                        ]))
            }
        }
        events.append(
            event(
                .commit, sha, committed, repository: name, actor: author, isBot: isBot, fields))
    }
    return events
}

/// Rows of a simple CSV (no quotes) as dictionaries.
func csv(_ file: URL) throws -> [[String: String]] {
    let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
    guard let head = lines.first?.split(separator: ",", omittingEmptySubsequences: false) else {
        return []
    }
    return lines.dropFirst().map { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return Dictionary(
            zip(head.map(String.init), cells), uniquingKeysWith: { first, _ in first })
    }
}

/// The golden sets' times: RFC 3339, or `2023-4-10 6:51:47` without padding.
func looseTime(_ text: String) -> Millis? {
    if let time = parseRFC3339(text) { return time }
    let numbers = text.split { "- :".contains($0) }.compactMap { Int($0) }
    guard numbers.count == 6 else { return nil }
    let days = CivilTime.days(year: numbers[0], month: numbers[1], day: numbers[2])
    return days * day + Millis(numbers[3]) * hour + Millis(numbers[4]) * minute
        + Millis(numbers[5]) * 1000
}

/// SplitMix64 for seeds that are printed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
