// The sample payloads for tests of the agent: where they are, rows of their tables, and proofs.

import Bytes
import Foundation

let payloads: String = {
    let base = ProcessInfo.processInfo.environment["MARTLET_DATA"]
    return (base ?? root.deletingLastPathComponent().path + "/shared/data") + "/payloads"
}()

let samplesAreThere = FileManager.default.fileExists(atPath: payloads + "/signatures.csv")

/// Cells of a CSV with quotes.
func cells(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = ""
    var isQuoted = false
    var previous: Character = " "
    for character in text {
        if character == "\"" {
            if !isQuoted && previous == "\"" { cell.append("\"") }
            isQuoted.toggle()
        } else if !isQuoted && character == "," {
            row.append(cell)
            cell = ""
        } else if !isQuoted && character.isNewline {
            row.append(cell)
            rows.append(row)
            (row, cell) = ([], "")
        } else {
            cell.append(character)
        }
        previous = character
    }
    if !cell.isEmpty || !row.isEmpty { rows.append(row + [cell]) }
    return rows.filter { $0.count > 1 }
}

/// What a sender's API answered, row by row, from a table of captured rows.
func capturedRows(_ file: String) throws -> [JSON] {
    let table = cells(
        try String(contentsOfFile: "\(payloads)/backfill/\(file)", encoding: .utf8))
    guard let column = table.first?.firstIndex(of: "data") else { return [] }
    return try table.dropFirst().map { try JSON(text: $0[column]) }
}

/// HMAC-SHA256, by openssl, which is not what is under test.
func hmac(_ secret: String, _ message: Data) throws -> Data {
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/openssl")
    openssl.arguments = ["dgst", "-sha256", "-hmac", secret, "-binary"]
    let (input, output) = (Pipe(), Pipe())
    openssl.standardInput = input
    openssl.standardOutput = output
    try openssl.run()
    try input.fileHandleForWriting.write(contentsOf: message)
    try input.fileHandleForWriting.close()
    return try output.fileHandleForReading.readToEnd() ?? Data()
}
