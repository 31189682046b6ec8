// Discovery by files: each file is a list of groups, JSON or YAML, and each target learns which file it
// came from. A file that cannot be read or is half written keeps what it said before, so that an editor
// saving a list does not take down monitoring. Changes are found by reading again: the files are small.

internal import Basics
internal import Bytes

/// What the files of a job say, and what they said before.
struct TargetFiles {
    private struct Known {
        var bytes: [UInt8]
        var groups: [TargetGroup]
    }

    private var known: [String: Known] = [:]
    /// Faults of the last reading, each with the file's name.
    private(set) var faults: [String] = []

    /// Reads all files again.
    ///
    /// - Returns: the groups of all files, in order of their names.
    mutating func read(_ discoveries: [FileDiscovery], _ files: Files) -> [TargetGroup] {
        faults = []
        let paths = Set(discoveries.flatMap(\.patterns).flatMap { matching($0, files) }).sorted()
        for gone in known.keys where !paths.contains(gone) { known[gone] = nil }
        for path in paths { refresh(path, files) }
        return paths.flatMap { known[$0]?.groups ?? [] }
    }

    private mutating func refresh(_ path: String, _ files: Files) {
        do throws(FileError) {
            let bytes = try files.contents(path)
            if known[path]?.bytes == bytes { return }
            do throws(TargetFileError) {
                known[path] = Known(bytes: bytes, groups: try targetGroups(bytes, path: path))
            } catch {
                faults.append("\(path): \(error.reason)")
            }
        } catch {
            faults.append("\(error)")
        }
    }

    /// The files that a pattern names; `*` only in the last part.
    private func matching(_ pattern: String, _ files: Files) -> [String] {
        guard pattern.contains("*") else { return [pattern] }
        let cut = pattern.lastIndex(of: "/")
        let folder = cut.map { String(pattern[..<$0]) } ?? "."
        let last = cut.map { pattern[pattern.index(after: $0)...] } ?? pattern[...]
        let parts = last.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let names = try? files.list(folder.isEmpty ? "/" : folder) else {
            return []
        }
        return names.filter { name in
            name.hasPrefix(parts[0]) && name.hasSuffix(parts[1])
                && name.utf8.count >= parts[0].utf8.count + parts[1].utf8.count
        }.map { folder + "/" + $0 }
    }
}

/// Why a list of targets cannot be read.
struct TargetFileError: Error {
    var reason: String
}

/// Reads a list of groups; JSON is YAML too, so one reader serves both.
func targetGroups(_ bytes: [UInt8], path: String) throws(TargetFileError) -> [TargetGroup] {
    let root: YAML
    do throws(YAMLError) {
        root = try YAML.parse(String(decoding: bytes, as: UTF8.self))
    } catch {
        throw TargetFileError(reason: "\(error)")
    }
    if root.fields?.isEmpty == true { return [] }
    guard let items = root.items else {
        throw TargetFileError(reason: "expected a list of groups with targets and labels")
    }
    let problems = Problems(file: path)
    let groups = items.map { TargetGroup(Section($0, path: "", problems: problems)) }
    if let first = problems.all.first {
        throw TargetFileError(reason: "line \(first.line): \(first.text)")
    }
    return groups.map { group in
        TargetGroup(
            targets: group.targets, labels: group.labels.setting("__meta_filepath", path))
    }
}
