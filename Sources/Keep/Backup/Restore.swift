// Restoring: every file of a back-up is checked first, then all are copied to a folder that held nothing.
// The agent that starts there reads journal and blocks as after any stop.

public import Basics

/// Puts a back-up in place.
///
/// - Parameter progress: told after each file, checked and copied: done, in all.
/// - Throws: ``BackupError`` when the back-up is none or damaged, or the folder holds something; then
///   nothing has been put in place.
public func restore(
    _ backup: String, to folder: String, files: Files = .system,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
) throws(BackupError) -> BackupManifest {
    guard let bytes = try? files.contents(backup + "/" + BackupFolder.manifestName),
        let manifest = BackupManifest(bytes)
    else { throw .noBackup(backup) }
    let total = manifest.files.count * 2
    do {
        guard try files.list(folder).isEmpty else { throw BackupError.notEmpty(folder) }
        for (index, file) in manifest.files.enumerated() {
            try check(file, in: backup, files)
            progress(index + 1, total)
        }
        try files.makeFolder(folder)
        for (index, file) in manifest.files.enumerated() {
            let target = folder + "/" + file.path
            if let slash = target.lastIndex(of: "/") {
                try files.makeFolder(String(target[..<slash]))
            }
            try BackupFolder.copy(backup + "/" + file.path, target, files)
            progress(manifest.files.count + index + 1, total)
        }
        try files.syncFolder(folder)
    } catch let error as BackupError {
        throw error
    } catch {
        throw .failed("\(error)")
    }
    return manifest
}

private func check(
    _ file: BackupManifest.File, in backup: String, _ files: Files
) throws(BackupError) {
    do {
        let found = try BackupFolder.measure(backup + "/" + file.path, files)
        guard found.bytes == file.bytes else {
            throw BackupError.damaged(
                path: file.path, reason: "has \(found.bytes) bytes, not \(file.bytes)")
        }
        guard found.checksum == file.checksum else {
            throw BackupError.damaged(path: file.path, reason: "fails its checksum")
        }
    } catch let error as BackupError {
        throw error
    } catch {
        throw .damaged(path: file.path, reason: "cannot be read: \(error)")
    }
}
