// Folders and files for tests of the records and the logs.

import Basics
import Glibc

/// A new empty folder, removed when this goes away.
final class RecordsScratch: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8) + [0]
        template.withUnsafeMutableBytes { bytes in
            _ = bytes.bindMemory(to: CChar.self).baseAddress.map { mkdtemp($0) }
        }
        path = String(decoding: template.dropLast(), as: UTF8.self)
    }

    deinit { RecordsScratch.remove(path) }

    private static func remove(_ path: String) {
        for name in (try? Files.system.list(path)) ?? [] {
            let inner = "\(path)/\(name)"
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }

    /// The bytes of a file.
    static func contents(_ path: String) -> [UInt8] {
        guard let file = try? Files.system.open(path, .read) else { return [] }
        defer { Files.system.close(file) }
        let size = (try? Files.system.size(file)) ?? 0
        return (try? Files.system.read(file, 0, size)) ?? []
    }

    /// Replaces a file.
    static func write(_ bytes: [UInt8], to path: String) {
        unlink(path)
        guard let file = try? Files.system.open(path, .append) else { return }
        defer { Files.system.close(file) }
        bytes.withUnsafeBytes { try? Files.system.write(file, $0) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// SplitMix64; the same numbers on every machine.
struct RecordsRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
