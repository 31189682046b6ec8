// Small text files: configuration, secrets, rules. Read whole, through the real disk.

import Basics
import Foundation

/// Why the agent or a command cannot go on; the text says what, where and what to do next.
struct StartError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

/// The text of a file.
func readText(_ path: String) throws(FileError) -> String {
    let handle = try Files.system.open(path, .read)
    defer { Files.system.close(handle) }
    let size = try Files.system.size(handle)
    return String(decoding: try Files.system.read(handle, 0, size), as: UTF8.self)
}

extension String {
    /// Without white space at either end.
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Paths that match a shell pattern, sorted; a path without one stands for itself.
func expand(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
        found.gl_pathv[index].map { String(cString: $0) }
    }
}
