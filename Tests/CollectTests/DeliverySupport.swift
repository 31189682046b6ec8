// What the tests of deliveries share: the sample payloads, and a people book with a fixed salt.

import Basics
import Bytes
import Collect
import Foundation

let payloads: URL? = {
    let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["MARTLET_DATA"].map { URL(filePath: $0) }
    let candidates = [
        named, root.appending(path: "../shared/data"),
    ]
    return candidates.compactMap { $0?.appending(path: "payloads").standardizedFileURL }.first {
        FileManager.default.fileExists(atPath: $0.appending(path: "signatures.csv").path)
    }
}()

func payload(_ path: String) throws -> [UInt8] {
    guard let payloads else { throw CocoaError(.fileNoSuchFile) }
    return try Array(Data(contentsOf: payloads.appending(path: path)))
}

func payloadFiles(_ folder: String) throws -> [String] {
    guard let payloads else { return [] }
    return try FileManager.default.contentsOfDirectory(
        atPath: payloads.appending(path: folder).path
    ).sorted()
}

let testSalt = Array("a salt of tests, sixteen and more".utf8)

func testSource(_ kind: DeliveryKind) -> DeliverySourceConfig {
    var source = DeliverySourceConfig(
        kind: kind, name: "shop", secrets: [DeliverySecret(text: "martlet-dev-secret")])
    source.team = "blue"
    return source
}

/// Reads a payload as if it had come by hook.
func read(
    _ kind: DeliveryKind, _ body: [UInt8], headers: [String: String] = [:], subpath: String = "",
    people: PeopleBook = PeopleBook(salt: testSalt),
    change: (inout DeliverySourceConfig) -> Void = { _ in }
) throws -> NormalisedDelivery {
    var source = testSource(kind)
    change(&source)
    let delivery = RawDelivery(
        source: source.source, id: "d1", receivedAt: 1_772_442_000_000, headers: headers,
        subpath: subpath, body: body)
    return try Normaliser(source: source, people: people).read(delivery)
}

func read(_ kind: DeliveryKind, json: String, headers: [String: String] = [:]) throws
    -> NormalisedDelivery
{
    try read(kind, Array(json.utf8), headers: headers)
}

/// Rows of a CSV file, for the tests alone.
func rows(ofCSV text: String) -> [[String]] {
    var (rows, row, cell, isQuoted) = ([[String]](), [String](), "", false)
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
        switch scalar {
        case "\"" where isQuoted && scalars.first == "\"":
            cell.append("\"")
            scalars.removeFirst()
        case "\"": isQuoted.toggle()
        case "," where !isQuoted:
            row.append(cell)
            cell = ""
        case "\r" where !isQuoted: break
        case "\n" where !isQuoted:
            rows.append(row + [cell])
            (row, cell) = ([], "")
        default: cell.unicodeScalars.append(scalar)
        }
    }
    if !row.isEmpty || !cell.isEmpty { rows.append(row + [cell]) }
    return rows
}
