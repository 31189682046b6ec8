// Paths with wildcards: `*` and `?` within a name, `[abc]` and `[!a-z]`, `**` for any number of
// folders. Hidden names are matched only by a pattern that begins with a point. Also here: which
// names are a rotated sibling of another, by the suffix that rotation gives (`.1`, `-20261121`).

/// A path that may have wildcards.
struct PathPattern: Sendable, Equatable {
    /// Folders that `**` goes down; deeper trees are not logs.
    private static let depthMax = 8

    let text: String

    init(_ text: String) { self.text = text }

    /// The files that match now, sorted.
    func matches(_ files: LogFiles) -> [String] {
        let parts = text.split(separator: "/").map(String.init)
        var found: Set<String> = []
        expand(text.hasPrefix("/") ? "/" : "", parts[...], files, depth: 0, &found)
        return found.sorted()
    }

    private func expand(
        _ base: String, _ parts: ArraySlice<String>, _ files: LogFiles, depth: Int,
        _ found: inout Set<String>
    ) {
        guard let part = parts.first else { return }
        let rest = parts.dropFirst()
        func join(_ name: String) -> String {
            base.isEmpty || base.hasSuffix("/") ? base + name : "\(base)/\(name)"
        }
        func take(_ name: String) {
            guard let status = files.status(join(name)) else { return }
            if rest.isEmpty {
                if !status.isFolder { found.insert(join(name)) }
            } else if status.isFolder {
                expand(join(name), rest, files, depth: depth, &found)
            }
        }
        let folder = base.isEmpty ? "." : base
        if part == "**" {
            expand(base, rest, files, depth: depth, &found)
            guard depth < PathPattern.depthMax else { return }
            for name in files.list(folder) where !name.hasPrefix(".") {
                if files.status(join(name))?.isFolder == true {
                    expand(join(name), parts, files, depth: depth + 1, &found)
                }
            }
        } else if part.contains(where: { "*?[".contains($0) }) {
            let pattern = Array(part.utf8)
            for name in files.list(folder) where wildcard(pattern[...], Array(name.utf8)[...]) {
                take(name)
            }
        } else {
            take(part)
        }
    }
}

/// Tests one name of a path.
func wildcard(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
    var pattern = pattern
    var name = name
    // Where to go on when a later part does not fit: the last star, and the name behind what it took.
    var star: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    while true {
        if pattern.first == UInt8(ascii: "*") {
            pattern = pattern.dropFirst()
            star = (pattern, name)
            continue
        }
        if let byte = name.first, let rest = afterOne(pattern, byte) {
            pattern = rest
            name = name.dropFirst()
            continue
        }
        if name.isEmpty && pattern.isEmpty { return true }
        guard let last = star, !last.name.isEmpty else { return false }
        pattern = last.pattern
        name = last.name.dropFirst()
        star = (pattern, name)
    }
}

/// What is left of a pattern that took one byte; nil when it does not take it.
private func afterOne(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> ArraySlice<UInt8>? {
    guard let first = pattern.first else { return nil }
    if first == UInt8(ascii: "?") { return pattern.dropFirst() }
    guard first == UInt8(ascii: "["),
        let close = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]"))
    else { return first == byte ? pattern.dropFirst() : nil }
    var set = pattern[(pattern.startIndex + 1)..<close]
    let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
    if isNegated { set = set.dropFirst() }
    var isIn = false
    while let low = set.popFirst() {
        if set.first == UInt8(ascii: "-"), set.count >= 2 {
            let high = set[set.startIndex + 1]
            set = set.dropFirst(2)
            isIn = isIn || low <= byte && byte <= high
        } else {
            isIn = isIn || low == byte
        }
    }
    return isIn != isNegated ? pattern[(close + 1)...] : nil
}

/// The suffix that rotation gave a name (`app.log.1` of `app.log`: `.1`); nil for anything else.
func rotationSuffix(of name: String, base: String) -> String? {
    guard name.hasPrefix(base), name.utf8.count > base.utf8.count else { return nil }
    let suffix = name.dropFirst(base.count)
    guard let first = suffix.first, ".-_".contains(first), suffix.contains(where: \.isNumber),
        suffix.utf8.allSatisfy({ byte in
            isDigit(byte) || byte == 0x2e || byte == 0x2d || byte == 0x5f || byte == 0x54
                || byte == 0x5a
        })
    else { return nil }
    return String(suffix)
}

/// True for names whose content is compressed.
func isCompressed(_ name: String) -> Bool {
    [".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip"].contains { name.hasSuffix($0) }
}
