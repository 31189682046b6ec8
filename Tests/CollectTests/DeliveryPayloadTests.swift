// Every sample payload through its reader: none crashes, each is read or refused with a reason, and no
// name or address of a person comes out in any field.

import Basics
import Bytes
import Collect
import Foundation
import Testing

private let kinds: [DeliveryKind] = [
    .asana, .cdevents, .circleci, .cloudevents, .devlake, .gerrit, .github, .gitlab, .jenkins,
    .jira,
    .pelorus, .trello,
]

/// Names with a blank, and e-mail addresses, wherever they stand under a key that names a person.
private func people(in json: JSON, under key: String = "") -> Set<String> {
    let nameKeys = [
        "name", "displayName", "fullName", "user_name", "emailAddress", "email", "user_email",
        "author_email", "author_name", "commit_author_email", "commit_author_name", "authorName",
    ]
    switch json {
    case .object(let fields):
        let isPerson = fields.contains {
            ["email", "emailAddress", "username", "displayName", "fullName"].contains($0.key)
        }
        return fields.reduce(into: []) { found, field in
            let inner = isPerson || field.key != "name" ? field.key : ""
            found.formUnion(people(in: field.value, under: inner))
        }
    case .array(let items):
        return items.reduce(into: []) { $0.formUnion(people(in: $1, under: key)) }
    case .string(let text):
        let isAddress = text.contains("@") && text.contains(".") && !text.contains(" ")
        let isName = nameKeys.contains(key) && text.contains(" ")
        return isName || (isAddress && key.lowercased().contains("mail")) ? [text] : []
    default: return []
    }
}

@Suite(.enabled(if: payloads != nil, "the payloads are not here"))
struct DeliveryPayloadTests {
    @Test(arguments: kinds)
    func `every payload is read or refused with a reason`(_ kind: DeliveryKind) throws {
        var (events, refused) = (0, [String]())
        for file in try payloadFiles(kind.rawValue) {
            let body = try payload("\(kind.rawValue)/\(file)")
            do {
                let result = try read(kind, body)
                events += result.events.count
                #expect(
                    result.events.count + result.ignored.count + result.faults.count > 0,
                    "\(kind) \(file) said nothing at all")
                for fault in result.faults { #expect(!fault.isEmpty) }
            } catch let error as DeliveryError {
                #expect(!error.detail.isEmpty)
                refused.append(file)
            }
        }
        #expect(events > 0 || kind == .cloudevents)
        let expected = kind == .gerrit ? ["DeserializeHashtagsChangedTest.json"] : []
        #expect(refused == expected)
    }

    @Test(arguments: kinds)
    func `no name and no address leaves in any field`(_ kind: DeliveryKind) throws {
        for file in try payloadFiles(kind.rawValue) {
            let body = try payload("\(kind.rawValue)/\(file)")
            for keepsTitles in [false, true] {
                guard let result = try? read(kind, body, change: { $0.keepsTitles = keepsTitles })
                else { continue }
                let text = result.events
                    .map { String(decoding: $0.json.encoded, as: UTF8.self) }.joined()
                #expect(maskedEmails(text) == text, "\(kind) \(file)")
                let lines = body.split(separator: 0x0a).compactMap { try? JSON(Array($0)) }
                let documents = (try? JSON(body)).map { [$0] } ?? lines
                for name in documents.reduce(into: Set<String>(), { $0.formUnion(people(in: $1)) })
                {
                    #expect(!text.contains(name), "\(kind) \(file) names \(name)")
                }
            }
        }
    }

    @Test(arguments: kinds)
    func `reading twice gives the same events with the same ids`(_ kind: DeliveryKind) throws {
        for file in try payloadFiles(kind.rawValue) {
            let body = try payload("\(kind.rawValue)/\(file)")
            guard let first = try? read(kind, body) else { continue }
            #expect(try read(kind, body) == first)
            #expect(Set(first.events.map(\.id)).count == first.events.count, "\(kind) \(file)")
        }
    }

    @Test(arguments: kinds)
    func `a payload cut or bent anywhere is read or refused`(_ kind: DeliveryKind) throws {
        var generator = BendingDice(seed: 42)
        for file in try payloadFiles(kind.rawValue).prefix(12) {
            let body = try payload("\(kind.rawValue)/\(file)")
            for _ in 0..<8 {
                var bent = Array(body.prefix(Int.random(in: 0...body.count, using: &generator)))
                if !bent.isEmpty {
                    bent[Int.random(in: 0..<bent.count, using: &generator)] ^= 0x15
                }
                _ = try? read(kind, bent)
            }
        }
    }
}

/// SplitMix64, so that a failure can be repeated from its seed.
private struct BendingDice: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
