// The files that a path was and is: what rotation renamed (`app.log.1`) or copied before it truncated
// (copytruncate), oldest first, and at the end the path itself. A follower that has finished one goes
// on with the next; so nothing is lost when a file was rotated twice between two looks, or while the
// agent was down. A file is recognised by its inode, a copy by its first bytes.

internal import Basics
internal import Bytes

/// A file of the chain.
struct ChainLink {
    var path: String
    var status: LogFileStatus
}

/// Looks at the files around a path.
struct FileChain {
    /// Bytes at the start of a file that identify its content; a first line with a time is shorter.
    static let headBytesMax = 1024

    let path: String
    let files: LogFiles

    private var slash: String.Index? { path.lastIndex(of: "/") }
    private var folder: String {
        guard let slash else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
    private var name: String { slash.map { String(path[path.index(after: $0)...]) } ?? path }

    /// Everything in the path's folder that is a readable file, but the path itself.
    func neighbours() -> [ChainLink] {
        let prefix = slash.map { String(path[...$0]) } ?? ""
        return files.list(folder).compactMap { other in
            guard other != name, !isCompressed(other), let status = files.status(prefix + other),
                !status.isFolder
            else { return nil }
            return ChainLink(path: prefix + other, status: status)
        }
    }

    /// The rotated siblings of the path, oldest first.
    func siblings() -> [ChainLink] {
        neighbours().compactMap { link -> (link: ChainLink, rank: Int)? in
            guard let suffix = rotationSuffix(of: link.path, base: path) else { return nil }
            return (link, Int(suffix.dropFirst()) ?? 0)
        }.sorted { left, right in
            // Of two files written in one moment `.2` is older than `.1`; a date sorts as a text.
            let (a, b) = (left.link, right.link)
            if a.status.modified != b.status.modified {
                return a.status.modified < b.status.modified
            }
            return left.rank != right.rank ? left.rank > right.rank : a.path < b.path
        }.map(\.link)
    }

    /// The file to read after one that is finished; nil while the path is missing.
    func next(after finished: LogFileStatus) -> ChainLink? {
        guard let status = files.status(path), !status.isFolder else { return nil }
        let siblings = siblings().filter { $0.status.identity != status.identity }
        let newer: ArraySlice<ChainLink>
        if let index = siblings.firstIndex(where: { $0.status.identity == finished.identity }) {
            newer = siblings[(index + 1)...]
        } else {
            newer = siblings.filter { $0.status.modified > finished.modified }[...]
        }
        return newer.first ?? ChainLink(path: path, status: status)
    }

    /// Where the file of a position is now: under any name in the folder, or as a copy.
    func find(_ position: LogPosition) -> ChainLink? {
        let identity = LogFileIdentity(device: position.device, inode: position.inode)
        if let status = files.status(path), status.identity == identity,
            holds(ChainLink(path: path, status: status), position)
        {
            return ChainLink(path: path, status: status)
        }
        let neighbours = neighbours()
        if let moved = neighbours.first(where: { $0.status.identity == identity }),
            holds(moved, position)
        {
            return moved
        }
        guard position.headBytes > 0 else { return nil }
        return neighbours.filter { rotationSuffix(of: $0.path, base: path) != nil }
            .sorted { $0.status.modified > $1.status.modified }
            .first { holds($0, position) }
    }

    /// True when a file is long enough for a position and begins as the position's file did.
    private func holds(_ link: ChainLink, _ position: LogPosition) -> Bool {
        guard link.status.bytes >= max(position.offset, Int64(position.headBytes)),
            let file = try? files.open(link.path)
        else { return false }
        defer { files.close(file) }
        guard let head = try? files.read(file, 0, position.headBytes) else { return false }
        return head.count == position.headBytes && crc32c(head) == position.headChecksum
    }
}
