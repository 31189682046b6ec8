// The record of a replay: pairs as JSON lines, appended as they come and read again when the replay is
// resumed. A last line that was cut off by a crash is left out and asked again.

import Basics
import Bytes
import Foundation
import Rehearse

/// A file of recorded pairs.
final class PairLog {
    private let path: String
    private let file: Basics.FileHandle

    struct Entry {
        var pair: Pair
        var meaning: Double?
    }

    init(_ path: String) throws {
        self.path = path
        do { file = try Files.system.open(path, .append) } catch {
            throw failure("cannot write \(path): \(error)")
        }
    }

    deinit { Files.system.close(file) }

    func append(_ pair: Pair, meaning: Double?) throws {
        var fields = pair.record.fields ?? []
        if let meaning { fields.append(("meaning", .number(meaning))) }
        let bytes = JSON.object(fields).encoded + [0x0a]
        try bytes.withUnsafeBytes { raw in try Files.system.write(file, raw) }
    }

    /// The pairs of a file; none when there is no file.
    static func read(_ path: String) throws -> [Entry] {
        guard isFile(path) else { return [] }
        let bytes = Array(try readText(path).utf8)
        let lines = bytes.split(separator: 0x0a)
        if let last = bytes.last, last != 0x0a { try heal(path) }
        return try lines.enumerated().compactMap { index, line in
            let json = try? JSON(Array(line))
            if let json, let pair = Pair(record: json) {
                return Entry(pair: pair, meaning: json["meaning"]?.double)
            }
            if index == lines.count - 1 { return nil }
            throw failure(
                "\(path), line \(index + 1) is no recorded pair; name another file with --record")
        }
    }

    /// Ends a line that a crash cut off, so that the next pair begins a new one.
    private static func heal(_ path: String) throws {
        let file = try Files.system.open(path, .append)
        defer { Files.system.close(file) }
        try [UInt8(0x0a)].withUnsafeBytes { raw in try Files.system.write(file, raw) }
    }
}
