// A configuration file as text, to which a command adds an entry: everything that a person wrote, the
// comments too, stays as it is.

import Foundation

/// The text of a configuration file.
struct ConfigurationText {
    var text: String

    /// Adds an entry to a list of the root, which is begun when it is not there.
    ///
    /// - Parameters:
    ///   - entry: the lines of one list item, already indented by two.
    ///   - key: the list's key.
    /// - Throws: when the list is written in one line, where nothing can be added safely.
    mutating func add(_ entry: [String], to key: String) throws {
        var lines = text.components(separatedBy: "\n")
        if let index = lines.firstIndex(where: { $0.hasPrefix("\(key):") }) {
            let rest = lines[index].dropFirst(key.count + 1).drop { $0 == " " }
            guard rest.isEmpty || rest.hasPrefix("#") || rest.hasPrefix("[]") else {
                throw failure(
                    "\(key): is written in one line; write it as a list with one item a line, then "
                        + "run this again")
            }
            if rest.hasPrefix("[]") { lines[index] = "\(key):" }
            lines.insert(contentsOf: entry, at: index + 1)
            text = lines.joined(separator: "\n")
            return
        }
        let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        text += end + (["\(key):"] + entry).joined(separator: "\n") + "\n"
    }
}
