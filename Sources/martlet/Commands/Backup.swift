// `martlet backup` and `martlet restore`: the whole data folder at one moment, from an agent that goes
// on running or from a folder that nobody holds, and back into a folder that holds nothing.

import ArgumentParser
import Basics
import Bytes
import Foundation
import Keep

struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a back-up of the data folder, while the agent runs.",
        discussion: """
            martlet backup /var/backups/martlet-monday       the agent on ./data or 127.0.0.1:9797
            martlet backup /mnt/safe/martlet --data ./data

            The folder must be empty or not exist. Blocks get a second name where the file system
            allows that, so a back-up beside the data costs little; copy it elsewhere to survive the
            disk. `martlet restore` checks every file before it puts one in place.
            """)

    @Argument(help: "Where the back-up is written, on the agent's machine.") var folder: String
    @OptionGroup var door: AgentDoor
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let target = URL(filePath: folder).standardizedFileURL.path
        if door.url == nil, let data = door.data, FolderLock.holder(of: data) == nil {
            return try offline(data, target)
        }
        var body = JSONWriter()
        body.beginObject()
        body.field("folder", target)
        body.endObject()
        let answer = try door.open().ask(
            "POST", "/api/martlet/v1/backup", body: body.bytes)
        try say(files: answer.data["files"]?.int ?? 0, bytes: answer.data["bytes"]?.int ?? 0)
    }

    private func offline(_ data: String, _ target: String) throws {
        do {
            var configuration = try Configuration.load(door.config)
            configuration.data = data
            let stores = try Stores(configuration, clock: .system, registry: Registry())
            defer { stores.close() }
            let manifest = try stores.backUp(to: target, time: Clock.system.now())
            try say(files: manifest.files.count, bytes: manifest.bytes)
        } catch {
            throw failure("\(error)", status: 1)
        }
    }

    private func say(files: Int, bytes: Int) throws {
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.field("folder", folder)
            writer.key("files")
            writer.number(files)
            writer.key("bytes")
            writer.number(bytes)
            writer.endObject()
            print(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            print("\(folder): \(files) files, \(bytesText(bytes))")
            print("Put it back with: martlet restore \(folder) --data FOLDER")
        }
    }
}

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a back-up into an empty data folder.",
        discussion: """
            martlet restore /var/backups/martlet-monday --data ./data && martlet run --data ./data

            Every file is checked against the back-up's list first; a damaged one stops the restore
            before anything is written.
            """)

    @Argument(help: "The folder of a back-up.") var folder: String
    @Option(help: "The data folder; it must be empty or not exist.") var data = "./data"
    @Flag(help: "Print no progress.") var quiet = false

    func run() throws {
        let isTerminal = isatty(STDERR_FILENO) == 1
        do {
            let manifest = try restore(folder, to: data) { done, total in
                guard isTerminal, !quiet else { return }
                let line = "\r\(done * 100 / max(total, 1)) % checked and copied"
                FileHandle.standardError.write(Data(line.utf8))
            }
            if isTerminal && !quiet { FileHandle.standardError.write(Data("\n".utf8)) }
            print(
                "\(data): \(manifest.files.count) files, \(bytesText(manifest.bytes)), as of "
                    + CivilTime(manifest.time).rfc3339)
        } catch {
            throw failure("\(error)")
        }
    }
}

/// `12.3 MB`.
private func bytesText(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000 && unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\(numberText((value * 10).rounded() / 10)) \(units[unit])"
}

extension Stores {
    /// Writes a back-up of everything at rest to a folder that holds nothing.
    func backUp(to folder: String, time: Millis) throws(BackupError) -> BackupManifest {
        let backup = try BackupFolder(folder)
        try records.backUp(to: backup)
        try series.backUp(to: backup)
        try logs.backUp(to: backup)
        try predictions.backUp(to: backup)
        try profiles.backUp(to: backup)
        try PairKeeper.backUp(self.folder, to: backup)
        try backup.add(self.folder + "/anomalies.state", as: "anomalies.state")
        return try backup.finish(time: time)
    }
}
