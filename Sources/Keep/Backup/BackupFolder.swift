// A back-up on disk: the files of a data folder at one moment, and `BACKUP.json`, which lists them with
// size and CRC32C. It is written last, so a folder without it is no back-up; restoring checks every file
// against it before the first is put in place.

public import Basics
internal import Bytes
internal import Glibc

/// What a back-up holds.
public struct BackupManifest: Sendable, Equatable {
    public struct File: Sendable, Equatable {
        /// Relative to the folder.
        public var path: String
        public var bytes: Int
        public var checksum: UInt32
    }

    public var time: Millis
    public var files: [File]

    public var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
}

/// Why a back-up cannot be made or used.
public enum BackupError: Error, CustomStringConvertible {
    case notEmpty(String)
    case noBackup(String)
    case damaged(path: String, reason: String)
    case failed(String)

    public var description: String {
        switch self {
        case .notEmpty(let folder):
            "\(folder) is not empty; name a folder that is, or that does not exist yet"
        case .noBackup(let folder):
            "\(folder) is no finished back-up: it has no readable BACKUP.json"
        case .damaged(let path, let reason):
            "the back-up is damaged: \(path) \(reason); nothing was restored"
        case .failed(let reason): reason
        }
    }
}

/// A folder that a back-up is written to.
public final class BackupFolder {
    static let manifestName = "BACKUP.json"
    /// Bytes read and written at a time.
    private static let pieceBytes = 4 << 20

    public let path: String
    private let files: Files
    private var listed: [BackupManifest.File] = []

    /// Makes the folder; one that holds anything is refused.
    public init(_ path: String, files: Files = .system) throws(BackupError) {
        self.path = path
        self.files = files
        do {
            try files.makeFolder(path)
            guard try files.list(path).isEmpty else { throw BackupError.notEmpty(path) }
        } catch let error as BackupError {
            throw error
        } catch {
            throw .failed("\(error)")
        }
    }

    /// The place of a file that somebody else writes, below the folder; its own folder is made.
    func place(_ name: String) throws(FileError) -> String {
        if let slash = name.lastIndex(of: "/") {
            try files.makeFolder(path + "/" + name[..<slash])
        }
        return path + "/" + name
    }

    /// Lists a file that somebody else wrote.
    func take(_ name: String) throws(FileError) {
        let (bytes, checksum) = try BackupFolder.measure(path + "/" + name, files)
        listed.append(BackupManifest.File(path: name, bytes: bytes, checksum: checksum))
    }

    /// Adds a file that never changes: as a second name for it where the file system allows that.
    func link(_ source: String, as name: String) throws(FileError) {
        let target = try place(name)
        if Glibc.link(source, target) != 0 { try BackupFolder.copy(source, target, files) }
        try take(name)
    }

    /// Adds a copy of a file.
    func copy(_ source: String, as name: String) throws(FileError) {
        try BackupFolder.copy(source, try place(name), files)
        try take(name)
    }

    /// Adds a copy of a small file that is replaced as a whole when it changes, if it is there.
    public func add(_ source: String, as name: String) throws(BackupError) {
        do throws(FileError) {
            try copy(source, as: name)
        } catch {
            if !error.isMissing { throw .failed("\(error)") }
        }
    }

    /// Writes the list; only then is it a back-up.
    public func finish(time: Millis) throws(BackupError) -> BackupManifest {
        let manifest = BackupManifest(time: time, files: listed.sorted { $0.path < $1.path })
        do throws(FileError) {
            let temporary = path + "/" + BackupFolder.manifestName + ".tmp"
            let handle = try files.open(temporary, .create)
            defer { files.close(handle) }
            try files.writeAll(manifest.encoded, to: handle)
            try files.sync(handle)
            try files.rename(temporary, path + "/" + BackupFolder.manifestName)
            try files.syncFolder(path)
        } catch {
            throw .failed("\(error)")
        }
        return manifest
    }

    static func measure(
        _ path: String, _ files: Files
    ) throws(FileError) -> (bytes: Int, checksum: UInt32) {
        var (bytes, checksum): (Int, UInt32) = (0, 0)
        let handle = try files.open(path, .read)
        defer { files.close(handle) }
        while true {
            let piece = try files.read(handle, bytes, pieceBytes)
            if piece.isEmpty { return (bytes, checksum) }
            checksum = crc32c(piece, seed: checksum)
            bytes += piece.count
        }
    }

    static func copy(_ source: String, _ target: String, _ files: Files) throws(FileError) {
        let input = try files.open(source, .read)
        defer { files.close(input) }
        let output = try files.open(target, .create)
        defer { files.close(output) }
        var offset = 0
        while true {
            let piece = try files.read(input, offset, pieceBytes)
            if piece.isEmpty { break }
            try files.writeAll(piece, to: output)
            offset += piece.count
        }
        try files.sync(output)
    }
}

extension BackupManifest {
    static let version = 1

    var encoded: [UInt8] {
        var json = JSONWriter(capacity: files.count * 96)
        json.beginObject()
        json.key("version")
        json.number(BackupManifest.version)
        json.key("time")
        json.raw(String(time))
        json.key("files")
        json.beginArray()
        for file in files {
            json.beginObject()
            json.field("path", file.path)
            json.key("bytes")
            json.number(file.bytes)
            json.key("crc32c")
            json.number(Int(file.checksum))
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// Reads the list of a back-up; nil when it is none, or names a file outside its folder.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(bytes), json["version"]?.int == BackupManifest.version,
            let time = json["time"]?.int, let items = json["files"]?.items
        else { return nil }
        self.time = Millis(time)
        files = []
        for item in items {
            guard let path = item["path"]?.text, let bytes = item["bytes"]?.int,
                let sum = item["crc32c"]?.int, let checksum = UInt32(exactly: sum),
                !path.hasPrefix("/"), !path.split(separator: "/").contains("..")
            else { return nil }
            files.append(File(path: path, bytes: bytes, checksum: checksum))
        }
    }
}
